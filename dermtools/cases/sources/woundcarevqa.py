"""Cases from WoundcareVQA (https://osf.io/xsj5u/), from its full file or its challenge release."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from dermtools.cases.case import SourceData
from dermtools.cases.groups import given_group, own_group
from dermtools.cases.sources.assembly import given_split, make_task
from dermtools.cases.sources.encounters import CaseCollector, Encounter, read_encounters
from dermtools.cases.sources.options import SourceOptions
from dermtools.cases.sources.pictures import is_file, picture_stem
from dermtools.text import few

ENTRIES = "woundcarevqa.json"
FULL_FOLDER = "dataset-full-original"
CHALLENGE_FOLDER = "dataset-challenge-mediqa-2025-wv"
CHALLENGE_FILES = ("train.json", "valid.json", "test.json")
"""The challenge release: one file a split, without where the questions come from."""
_SIGN, _LOOKED_AT = b'"wound_type"', 65536
"""What the challenge's first file has near its beginning, and no other set's `train.json`."""

_IMAGE_NAME = re.compile(r"IMG_(.+)_\d+")

INFECTION = ("infected", "not_infected", "unclear")
"""The closed label set of task `infection`, sorted."""

LOCATIONS = (
    "abdomen", "ankle", "arm", "armpit", "back", "backofhead", "chest", "chin", "ear", "elbow", "eyeregion", "face",
    "fingernail", "fingers", "fingers-interdigital", "foot", "foot-sole", "forearm", "forehead", "groin", "hand",
    "hand-back", "heel", "knee", "lips", "lowerback", "lowerleg", "mouth", "napeofneck", "neck", "nose", "palm",
    "scalp", "shoulder", "thigh", "toenail", "toes", "toes-interdigital", "tongue", "unidentifiable", "wrist",
)  # fmt: skip
DICTIONARY = {
    "anatomic_locations": LOCATIONS,
    "wound_type": ("arterial", "atypical", "diabetic", "pressure", "surgical", "traumatic", "unknown", "venous"),
    "wound_thickness": ("not_applicable", "stage_I", "stage_II", "stage_III", "stage_IV", "unstageable"),
    "tissue_color": ("hard_dry_black", "other", "pink_white", "red_granular", "red_moist", "yellow_brown_grey"),
    "drainage_amount": ("copious", "minimal", "moderate", "no_exudate", "not_applicable", "scant"),
    "drainage_type": ("not_applicable", "purulent", "sanguineous", "serosanguinous", "serous"),
    "infection": INFECTION,
}
"""Labels of each field that an annotator filled, as the published `data_dictionary.txt` lists them, sorted.

Each field can be a task; `infection` is one by default.
"""
METADATA = tuple(DICTIONARY)


def entry_files(root: Path) -> list[Path]:
    """The files of either layout, in the folder itself or in that of the published root; none where it is no such set.

    The full file comes before those of the challenge, which hold the same encounters.
    """
    for folder in (root, root / FULL_FOLDER):
        if is_file(folder / ENTRIES):
            return [folder / ENTRIES]
    for folder in (root, root / CHALLENGE_FOLDER):
        found = [path for name in CHALLENGE_FILES if is_file(path := folder / name)]
        if found and _is_of_set(found[0]):
            return found
    return []


def load_woundcarevqa(root: Path, options: SourceOptions) -> SourceData:
    """Read the WoundcareVQA folder; one case an image, one group an encounter.

    An entry without `encounter_id` takes the one in its image names (`IMG_ENC0001_0001.jpg`). Fields that
    are not tasks are attributes, several values of one joined by `|`. Labels that stand in no dictionary of the set
    are kept and reported, but for those of `infection`, whose set is closed.

    Raises:
        SourceError: the file is missing or not what it should be, or no picture is found.
    """
    options.refuse_others(
        "woundcarevqa", "tasks", "split_seed", "split_fractions", "questions", "images", "without_pictures"
    )
    tasks = options.requested_tasks("WoundcareVQA", METADATA) or ("infection",)
    found = CaseCollector(*(options.picture_folders or [root]), without_pictures=options.without_pictures)
    files = entry_files(root) or [root / ENTRIES]
    unlisted: Counter[tuple[str, str]] = Counter()
    for encounter in (encounter for path in files for encounter in read_encounters(path)):
        try:
            split = given_split(encounter.text("split"))
        except ValueError as error:
            found.problem(encounter.where, str(error))
            continue
        values = {field: encounter.texts(field) for field in METADATA}
        values["infection"] = found.known(values["infection"], INFECTION, encounter.where)
        attributes = encounter.query()
        attributes |= {field: "|".join(texts) for field, texts in values.items() if texts and field not in tasks}
        pictures = found.add(
            encounter,
            group_id=_group(encounter),
            split=split,
            labels={task: values[task] for task in tasks},
            attributes=attributes,
        )
        for field, texts in values.items():
            unlisted.update({(field, text): pictures for text in texts if text not in DICTIONARY[field]})
    for (field, label), count in sorted(unlisted.items()):
        found.problem(field, f"label {label!r} is not in the set's dictionary; kept, {count} pictures")
    labels = {task: {label for item in found.cases for label in item.case.labels.get(task, ())} for task in tasks}
    notes = (
        "WoundcareVQA, https://osf.io/xsj5u/, for scientific research only",
        "labels are given per encounter, not per image; responses are left out",
    )
    names = few([path.relative_to(root).as_posix() for path in files])
    told = [f"recognised as WoundcareVQA by its {names}; if it is not: --from folder"]
    if further := [field for field in METADATA if field not in tasks]:
        told.append(f"labels that could be tasks, too: --task {' --task '.join(further)}")
    if files[0].name != ENTRIES and (missing := sorted({*CHALLENGE_FILES} - {path.name for path in files})):
        told.append(f"no {' and no '.join(missing)}: those splits are left out")
    return found.data(
        "WoundcareVQA",
        [make_task(task, INFECTION if task == "infection" else labels[task]) for task in tasks],
        notes,
        licence="CC BY-NC 4.0, for scientific research only",
        citation="Yim et al. 2025, WoundcareVQA: A multilingual visual question answering benchmark for wound care",
        url="https://osf.io/xsj5u/",
        told=tuple(told),
    )


def _is_of_set(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _SIGN in file.read(_LOOKED_AT)
    except OSError:
        return False


def _group(encounter: Encounter) -> str:
    if given := encounter.text("encounter_id"):
        return given_group(given)
    for image in encounter.texts("image_ids"):
        if match := _IMAGE_NAME.fullmatch(picture_stem(image)):
            return given_group(match[1])
    return own_group(picture_stem(next(iter(encounter.texts("image_ids")), encounter.where)))
