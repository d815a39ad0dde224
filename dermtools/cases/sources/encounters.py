"""Encounters as the DermaVQA family writes them: a JSON list, each with text and several images."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dermtools.cases.case import AttributeValue, Case, Problem, SourceCase, SourceData, Split, Task
from dermtools.cases.sources.pictures import PictureIndex, picture_stem
from dermtools.cases.sources.rows import parse_json, read_text
from dermtools.errors import SourceError


@dataclass(frozen=True)
class Encounter:
    """One record of the JSON list, read field by field."""

    where: str
    fields: dict[str, object]

    def text(self, key: str) -> str:
        """Stripped text of a field; empty where it is missing or null. A SourceError where it is something else."""
        value = self.fields.get(key)
        if not isinstance(value, str | None):
            raise SourceError(f"{self.where}: {key!r} is {type(value).__name__}, not text")
        return (value or "").strip()

    def texts(self, key: str) -> tuple[str, ...]:
        """Texts of a field that holds a list of them, or one; each once, without empty ones. Raises as `text`."""
        value = self.fields.get(key)
        values = value if isinstance(value, list) else [value]
        texts = [item.strip() for item in values if isinstance(item, str)]
        if len(texts) + values.count(None) != len(values):
            raise SourceError(f"{self.where}: {key!r} holds something other than text")
        return tuple(dict.fromkeys(filter(None, texts)))

    def query(self) -> dict[str, AttributeValue]:
        """Title and content of the question in English, where there are any."""
        found = {"title_en": self.text("query_title_en"), "content_en": self.text("query_content_en")}
        return {name: value for name, value in found.items() if value}


def read_json(path: Path) -> object:
    """Value of a JSON file; a SourceError where it cannot be read or is not JSON."""
    try:
        return parse_json(read_text(path))
    except ValueError as error:
        raise SourceError(f"{path}: not readable as JSON ({error})") from error


def read_encounters(path: Path) -> list[Encounter]:
    """Encounters of a JSON file; a SourceError names the entry that is no object."""
    entries = read_json(path)
    if not isinstance(entries, list):
        raise SourceError(f"{path}: is a JSON {type(entries).__name__}, not a list of encounters")
    encounters = []
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            raise SourceError(f"{path} entry {number}: is {type(entry).__name__}, not an object")
        encounters.append(Encounter(f"{path.name} entry {number}", entry))
    return encounters


class CaseCollector:
    """Makes a case of each image of an encounter; keeps what went wrong beside them."""

    def __init__(self, *pictures: Path, without_pictures: bool = False) -> None:
        """Take pictures from anywhere below folders; a SourceError where there is none, unless none is needed."""
        self._pictures = PictureIndex(*pictures)
        self._without = without_pictures
        if not self._pictures and not without_pictures:
            remedy = "put images_train/ and the others there, or name their folder with the option 'images'"
            raise SourceError(f"{pictures[0]}: no picture below this folder; {remedy}")
        self._ids: set[str] = set()
        self.cases: list[SourceCase] = []
        self._problems: list[Problem] = []

    def add(
        self,
        encounter: Encounter,
        *,
        group_id: str,
        split: Split | None,
        labels: dict[str, tuple[str, ...]],
        attributes: dict[str, AttributeValue],
    ) -> int:
        """Add the encounter's images: all share its group, labels and attributes. Returns how many cases they made."""
        before = len(self.cases)
        images = encounter.texts("image_ids")
        known = {task: found for task, found in labels.items() if found}
        shared = {"encounter_id": group_id, "n_images": len(images), **attributes}
        if not images:
            self.problem(encounter.where, "names no image")
        for image in images:
            case_id = picture_stem(image)
            path = self._pictures.find(image, folder=f"images_{split}")
            if case_id in self._ids:
                self.problem(case_id, f"named again by {encounter.where}; the first is kept")
            elif path is None and not self._without:
                self.problem(case_id, f"no such picture: {image}")
            else:
                self._ids.add(case_id)
                case = Case(case_id=case_id, group_id=group_id, split=split, labels=known, attributes=shared)
                self.cases.append(SourceCase(case, path))
        return len(self.cases) - before

    def known(self, labels: Sequence[str], closed_set: Collection[str], where: str) -> tuple[str, ...]:
        """The labels that are in the closed set; the others are reported."""
        for label in (label for label in labels if label not in closed_set):
            self.problem(where, f"label {label!r} is not in the closed set and is left out")
        return tuple(label for label in labels if label in closed_set)

    def problem(self, where: str, reason: str) -> None:
        """Report one thing."""
        self._problems.append(Problem(where, reason))

    def data(self, name: str, tasks: Iterable[Task], notes: Iterable[str], **provenance: Any) -> SourceData:
        """What was collected, under the name of the data set; with licence, citation, url and what else is told."""
        return SourceData(name, tuple(tasks), tuple(self.cases), tuple(self._problems), tuple(notes), **provenance)
