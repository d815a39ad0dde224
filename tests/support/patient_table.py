"""A clinic's table of made-up patients, ingested with every column, and what a search of sent bytes looks for."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from dermtools.adapter import AdapterConfig, save_classifier, train
from dermtools.cases import SourceOptions, load_source
from dermtools.retrieval import CaseBase
from tests.support.pictures import picture

NOTE = "clinical_note"
HIV = "HIV positive"
LABELS = ("eczema", "naevus", "psoriasis")
PATIENTS = [
    {
        "patient_name": f"Quillfeather-{number}, Ottoline",
        "date_of_birth": f"19{40 + number}-0{1 + number % 9}-17",
        "phone_number": f"+49 30 5550{number:03}",
        NOTE: f"{HIV} Xylodrine {number}",
        "medical_record": f"MRN-77-{number:05}",
        "email": f"ottoline{number}@quillfeather.example",
    }
    for number in range(12)
]
COLUMNS = tuple(PATIENTS[0])
CELLS = {
    "patient_name": "Quillfeather-|Ottoline",
    "date_of_birth": r"19[45]\d-0\d-17",
    "phone_number": r"49 30 5550",
    NOTE: f"{HIV}|Xylodrine",
    "medical_record": "MRN-77-",
    "email": r"quillfeather\.example",
}
"""Column to the pattern of what stands in each of its cells and nowhere else."""

PROMPT = """\
id: mine
version: 1
description: A prompt that shows what is known of its examples.
template_format: f-string
variables:
  image: the picture
  labels: the classes
messages:
  - role: system
    text: "Choose one of {labels}. {instruction}"
  - placeholder: exemplars
  - role: user
    content:
      - image: "{image}"
exemplar:
  single:
    - role: user
      content:
        - image: "{image}"
        - text: "It is {label}."
        - text: "{attributes}"
  labels:
    - role: user
      content:
        - text: "One is {label}."
        - text: "{attributes}"
output:
  label:
    type: label
    description: the class
"""


def patient_base(folder: Path) -> CaseBase:
    """24 pictures of 12 patients, two a patient, every column kept; with a trained adapter for `diagnosis`."""
    pictures = folder / "pictures"
    pictures.mkdir()
    with (folder / "export.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, ["image", "patient_id", "diagnosis", "split", *COLUMNS])
        table.writeheader()
        for number in range(24):
            patient = number // 2
            (pictures / f"{number:02}.jpg").write_bytes(picture(number))
            split = "test" if patient % 4 == 3 else "valid" if patient % 4 == 2 else "train"
            known = {"image": f"pictures/{number:02}.jpg", "patient_id": f"p{patient}", "split": split}
            table.writerow(known | {"diagnosis": LABELS[patient % 3]} | PATIENTS[patient])
    case_base = CaseBase.create(folder / "casebase", embedder="descriptor")
    case_base.add(load_source(folder / "export.csv", options=SourceOptions(attributes="all")))
    save_classifier(case_base.path, train(case_base.store, "diagnosis", AdapterConfig(epochs=2)))
    return case_base


def told_of_patients(sent: bytes) -> set[str]:
    """Columns that are named, or a cell of which stands, in these bytes."""
    text = sent.decode("utf-8", "replace")
    return {name for name, cell in CELLS.items() if name in text or re.search(cell, text)}
