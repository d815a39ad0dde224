"""An export is written: a folder with tables, pictures, a card and a record, that appears complete or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from pydantic import BaseModel, Field

from dermtools.cases.exports.card import card
from dermtools.cases.exports.extract import Extract
from dermtools.cases.exports.record import RECORD_NAME, To
from dermtools.cases.exports.tables import TableWriter
from dermtools.errors import QueryError
from dermtools.files import new_folder
from dermtools.progress import Progress, Silent
from dermtools.text import instead

FORMATS: tuple[To, ...] = get_args(To)
PICTURED: tuple[To, ...] = ("hf", "imagefolder")
"""Formats that hold pictures unless told otherwise."""


class ExportReport(BaseModel, frozen=True, extra="forbid"):
    """What an export wrote.

    `path` is what was written, `to` its format, `cases` how many there are in it; `notes` are what to know, one line
    each.
    """

    path: str
    to: To
    cases: int
    pictures: int = Field(description="files, or pictures inside the tables")
    without_picture: int = Field(description="cases that have none")
    attributes: tuple[str, ...] = Field(description="that went out")
    left_out: tuple[str, ...] = Field(description="private ones that did not")
    notes: tuple[str, ...] = ()


def write_export(
    extract: Extract, folder: Path, to: To, *, task: str | None = None, progress: Progress | None = None
) -> ExportReport:
    """Write an export; the folder is its owner's only, or its group's too under DERMTOOLS_SHARED.

    Args:
        folder: new or empty.
        to: `csv`; `parquet`; `hf`, which `datasets.load_dataset(folder)` reads; or `imagefolder`, one folder a class
            below one a split.
        task: whose labels name the folders of `imagefolder`.
        progress: told of every case.

    Raises:
        QueryError: another format, or the task is missing or not for this format.
        CaseBaseError: the folder holds something, or cannot be written.
    """
    if to not in FORMATS:
        raise QueryError(f"no format {to!r}; {instead(str(to), FORMATS)}")
    classes = _task(extract, task) if to == "imagefolder" else None
    if task is not None and classes is None:
        raise QueryError(f"{to} holds all tasks; leave the task out, which names the folders of imagefolder")
    if to == "imagefolder" and not extract.choice.pictures:
        raise QueryError("imagefolder is a folder of pictures; let them out, or choose csv or parquet")
    progress = progress or Silent()
    progress.start(len(extract), "writing cases")
    with new_folder(folder) as draft:
        writer = TableWriter(extract, draft, to, classes, progress)
        record = writer.write()
        (draft / RECORD_NAME).write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")
        (draft / "README.md").write_text(card(extract, record), encoding="utf-8")
    return ExportReport(
        path=str(folder),
        to=to,
        cases=len(extract),
        pictures=len(writer.files),
        without_picture=extract.has_picture.count(False),
        attributes=tuple(extract.attributes),
        left_out=tuple(extract.left_out),
    )


def _task(extract: Extract, wanted: str | None) -> str:
    names = [task.name for task in extract.manifest.tasks]
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted not in names:
        missing = "imagefolder needs a task" if wanted is None else f"no task {wanted!r}"
        raise QueryError(f"{missing}, whose labels name the folders; {instead(str(wanted or ''), names)}")
    return wanted
