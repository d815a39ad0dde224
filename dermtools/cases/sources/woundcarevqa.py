"""Cases from WoundcareVQA (https://osf.io/xsj5u/), from its `woundcarevqa.json`."""

from __future__ import annotations

import re
from pathlib import Path

from dermtools.cases.case import SourceData
from dermtools.cases.groups import given_group, own_group
from dermtools.cases.sources.assembly import given_split, make_task
from dermtools.cases.sources.encounters import CaseCollector, Encounter, read_encounters
from dermtools.cases.sources.options import SourceOptions
from dermtools.cases.sources.pictures import picture_stem

ENTRIES = "woundcarevqa.json"
INFECTION = ("infected", "not_infected", "unclear")
"""The closed label set of task `infection`, sorted."""

METADATA = (
    "anatomic_locations", "wound_type", "wound_thickness", "tissue_color", "drainage_amount", "drainage_type",
    "infection",
)  # fmt: skip
"""Fields that an annotator filled; each can be a task, `infection` is one by default."""

_IMAGE_NAME = re.compile(r"IMG_(.+)_\d+")


def load_woundcarevqa(root: Path, options: SourceOptions) -> SourceData:
    """Read the WoundcareVQA folder; one case an image, one group an encounter.

    An entry without `encounter_id` takes the one in its image names (`IMG_ENC0001_0001.jpg`). Fields that
    are not tasks are attributes, several values of one joined by `|`.

    Raises:
        SourceError: the file is missing or not what it should be, or no picture is found.
    """
    options.refuse_others("woundcarevqa", "tasks", "split_seed", "split_fractions", "questions", "images")
    tasks = options.requested_tasks("WoundcareVQA", METADATA) or ("infection",)
    found = CaseCollector(*(options.picture_folders or [root]))
    for encounter in read_encounters(root / ENTRIES):
        try:
            split = given_split(encounter.text("split"))
        except ValueError as error:
            found.problem(encounter.where, str(error))
            continue
        values = {field: encounter.texts(field) for field in METADATA}
        values["infection"] = found.known(values["infection"], INFECTION, encounter.where)
        attributes = encounter.query()
        attributes |= {field: "|".join(texts) for field, texts in values.items() if texts and field not in tasks}
        found.add(
            encounter,
            group_id=_group(encounter),
            split=split,
            labels={task: values[task] for task in tasks},
            attributes=attributes,
        )
    labels = {task: {label for item in found.cases for label in item.case.labels.get(task, ())} for task in tasks}
    notes = (
        "WoundcareVQA, https://osf.io/xsj5u/, for scientific research only",
        "labels are given per encounter, not per image; responses are left out",
    )
    tasks_found = [make_task(task, INFECTION if task == "infection" else labels[task]) for task in tasks]
    return found.data("WoundcareVQA", tasks_found, notes)


def _group(encounter: Encounter) -> str:
    if given := encounter.text("encounter_id"):
        return given_group(given)
    for image in encounter.texts("image_ids"):
        if match := _IMAGE_NAME.fullmatch(picture_stem(image)):
            return given_group(match[1])
    return own_group(picture_stem(next(iter(encounter.texts("image_ids")), encounter.where)))
