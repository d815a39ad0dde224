"""Cases from DermaVQA-IIYI (Yim et al. 2024), from its files as they are published."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from dermtools.cases.case import AttributeValue, SourceData, Split
from dermtools.cases.groups import given_group
from dermtools.cases.sources import cells
from dermtools.cases.sources.assembly import make_task
from dermtools.cases.sources.encounters import CaseCollector, Encounter, read_encounters, read_json
from dermtools.cases.sources.options import SourceOptions
from dermtools.cases.sources.pictures import is_file
from dermtools.cases.sources.records import Row
from dermtools.cases.sources.rows import read_rows
from dermtools.errors import SourceError
from dermtools.text import one_line

METADATA = "df_mediqa-m3g-final.csv"
NUMBERS = "instanceid2encounterid.json"
SPLIT_LISTS = "split2encounterids.json"
SPLIT_FILES: dict[Split, tuple[str, ...]] = {
    "train": ("train.json",),
    "valid": ("valid_ht.json",),
    "test": ("test_ht_spanishtestsetcorrected.json", "test_ht.json"),
}
"""File names of each split, the preferred one first."""

LOCATIONS = (
    "abdomen", "arm", "armpit", "back", "backofhead", "chest", "chin", "ear", "elbow", "eyeregion", "face",
    "fingernail", "fingers", "fingers-interdigital", "foot", "foot-sole", "forearm", "forehead", "groin", "hand",
    "hand-back", "heel", "knee", "lips", "lowerback", "lowerleg", "mouth", "napeofneck", "neck", "nose", "palm",
    "scalp", "shoulder", "thigh", "toenail", "toes", "toes-interdigital", "tongue", "unidentifiable",
)  # fmt: skip
"""The closed label set of task `location`, sorted."""

_COLUMNS = ("encounter_id", "author_role", "anatomic_locations", "split", "sex", "age_norm")


def load_dermavqa(root: Path, options: SourceOptions) -> SourceData:
    """Read the DermaVQA-IIYI folder; one case an image, one group an encounter.

    The table's numeric encounter ids are joined to those of the JSON files through
    `instanceid2encounterid.json`. Labels are the encounter's, the same for all of its images. Pictures are
    found below `root`, or below the option `images`, in whatever folders and with whatever extension.

    Raises:
        SourceError: a file that is needed is missing or not what it should be, or no picture is found.
    """
    options.refuse_others("dermavqa", "tasks", "questions", "images", "without_pictures")
    options.requested_tasks("DermaVQA-IIYI", ("location",))
    listed = read_json(root / NUMBERS)
    if not isinstance(listed, dict):
        raise SourceError(f"{root / NUMBERS}: not a JSON object of encounter ids and numbers")
    numbers = {str(number): encounter_id for encounter_id, number in listed.items()}
    metadata = _read_metadata(root, numbers)
    found = CaseCollector(*(options.picture_folders or [root]), without_pictures=options.without_pictures)
    notes = [
        "DermaVQA-IIYI, Yim et al., MICCAI 2024, licence CC BY 4.0",
        "location labels are given per encounter, not per image; responses are left out",
    ]
    seen: set[str] = set()
    for split, names in SPLIT_FILES.items():
        name = next((name for name in names if is_file(root / name)), None)
        if name is None:
            notes.append(f"no {names[-1]}: split {split} is left out")
            continue
        if len(names) > 1:
            notes.append(f"split {split} is read from {name}")
        for encounter in read_encounters(root / name):
            encounter_id = encounter.text("encounter_id")
            if not encounter_id or encounter_id in seen:
                fault = "taken" if encounter_id else "empty"
                found.problem(encounter.where, f"encounter id {encounter_id!r} is {fault}")
                continue
            seen.add(encounter_id)
            _add(found, encounter, encounter_id, split, metadata.get(encounter_id))
    notes += _surplus(root, metadata, numbers, seen)
    return found.data(
        "DermaVQA-IIYI",
        [make_task("location", LOCATIONS)],
        notes,
        licence="CC BY 4.0",
        citation="Yim et al. 2024, DermaVQA: A Multilingual Visual Question Answering Dataset for Dermatology, MICCAI",
        url="https://osf.io/72rp3/",
        told=(f"recognised as DermaVQA-IIYI by its {METADATA} and {NUMBERS}; if it is not: --from folder",),
    )


def _add(found: CaseCollector, encounter: Encounter, encounter_id: str, split: Split, row: Row | None) -> None:
    """Add an encounter with what its table row says about it."""
    attributes = encounter.query()
    labels: tuple[str, ...] = ()
    if row is None:
        found.problem(encounter_id, f"has no row in {METADATA}, so no label")
    else:
        labels = found.known(
            cells.labels(row.cells["anatomic_locations"], "|", "anatomic_locations"), LOCATIONS, row.where
        )
        attributes |= _attributes(row)
        if (said := row.cells["split"]) != split:
            found.problem(row.where, f"says split {said!r}, {encounter.where} says {split}, which is kept")
    found.add(
        encounter, group_id=given_group(encounter_id), split=split, labels={"location": labels}, attributes=attributes
    )


def _read_metadata(root: Path, numbers: Mapping[str, str]) -> dict[str, Row]:
    """Table row of each encounter id; a row whose number is unknown goes by its number."""
    table = read_rows(root / METADATA)
    if missing := [column for column in _COLUMNS if column not in table.columns]:
        raise SourceError(
            f"{root / METADATA}: no column {missing[0]!r}; the columns are {one_line(', '.join(table.columns), 2000)}"
        )
    if table.problems:
        raise SourceError(f"{root / METADATA}: {table.problems[0].where} {table.problems[0].reason}")
    rows: dict[str, Row] = {}
    for row in table.rows:
        number = cells.text(row.cells["encounter_id"])
        encounter_id = numbers.get(number, number)
        if encounter_id in rows:
            raise SourceError(f"{root / METADATA}: {row.where} repeats encounter {number}")
        rows[encounter_id] = row
    return rows


def _attributes(row: Row) -> dict[str, AttributeValue]:
    texts = {column: cells.text(row.cells[column]) for column in ("sex", "author_role")}
    found: dict[str, AttributeValue] = {column: value for column, value in texts.items() if value}
    if age := cells.text(row.cells["age_norm"]):
        try:
            years = float(age)
        except ValueError as error:
            raise SourceError(f"{row.where}: age_norm {age!r} is no number") from error
        if not math.isfinite(years):
            raise SourceError(f"{row.where}: age_norm {age!r} is not finite")
        found["age"] = years
    return found


def _surplus(root: Path, metadata: Mapping[str, Row], numbers: Mapping[str, str], seen: set[str]) -> list[str]:
    """Notes on encounters that are listed somewhere but have no entry."""
    notes = []
    if rows := sorted(metadata.keys() - seen):
        notes.append(f"{len(rows)} rows of {METADATA} have no entry in the JSON files: {', '.join(rows)}")
    if is_file(root / SPLIT_LISTS):
        lists = read_json(root / SPLIT_LISTS)
        if not isinstance(lists, dict) or not all(isinstance(members, list) for members in lists.values()):
            raise SourceError(f"{root / SPLIT_LISTS}: not a JSON object of lists of encounter ids")
        listed = {numbers.get(str(number), str(number)) for members in lists.values() for number in members}
        if extra := sorted(listed - seen - metadata.keys()):
            notes.append(f"{len(extra)} encounters of {SPLIT_LISTS} have neither entry nor row: {', '.join(extra)}")
    return notes
