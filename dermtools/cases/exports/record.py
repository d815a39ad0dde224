"""What an export says of itself for programs: `dermtools.json` in its folder, by which it is read in again exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from dermtools.cases.case import AttributeValue, Task
from dermtools.cases.identity import EmbedderIdentity
from dermtools.cases.manifest import SourceNote
from dermtools.errors import SourceError
from dermtools.files import read_record
from dermtools.version import __version__

RECORD_NAME = "dermtools.json"
FORMAT_VERSION = 1

To = Literal["csv", "parquet", "hf", "imagefolder"]
Kind = Literal["text", "integer", "number", "boolean", "json", "label", "labels"]
"""What a column holds. `json`: values of several types, each written as JSON. `label`: one at most."""
Role = Literal["case_id", "group_id", "split", "task", "attribute"]

FILE_NAME, IMAGE, VECTOR, VECTOR_ROW = "file_name", "image", "vector", "vector_row"
_EXACT = 2**53
"""Whole numbers below are exact as float64."""


class Column(BaseModel):
    """One column of the table: its name there, and what of a case it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    role: Role
    of: str = Field(default="", description="the task or attribute, by its own name")
    kind: Kind = "text"


class ExportRecord(BaseModel):
    """What lies in the folder and how to read it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format_version: int = FORMAT_VERSION
    dermtools_version: str = __version__
    to: To
    tables: tuple[str, ...] = Field(description="files with one row a case, below the folder, with `/`")
    columns: tuple[Column, ...]
    separator: str | None = Field(default=None, description="between the labels of a cell of a CSV")
    vectors: str | None = Field(default=None, description="the column, or the file of a CSV's; null without vectors")
    identity: EmbedderIdentity
    tasks: tuple[Task, ...]
    sources: tuple[SourceNote, ...] = ()
    cases: int
    pictures: bool


def read_export_record(folder: Path) -> ExportRecord:
    """The record of an export; a SourceError where it is missing, damaged or of a newer format."""
    return read_record(
        folder / RECORD_NAME,
        ExportRecord,
        newest=FORMAT_VERSION,
        error=SourceError,
        what="the record of an export",
        missing=f"{folder} is no export of dermtools: it has no {RECORD_NAME}; name its table itself",
        remedy="export again, or name the table itself with --from table",
    )


def attribute_kind(values: Sequence[AttributeValue | None]) -> Kind:
    """The narrowest kind that holds every value exactly."""
    known = [value for value in values if value is not None]
    types = {type(value) for value in known}
    whole = [value for value in known if type(value) is int]
    if types <= {str}:
        return "text"
    if types == {bool}:
        return "boolean"
    if types == {int} and all(-(2**63) <= value < 2**63 for value in whole):
        return "integer"
    if types <= {int, float} and all(abs(value) <= _EXACT for value in whole):
        return "number"
    return "json"


def free_name(wanted: str, taken: Callable[[str], bool]) -> str:
    """The name, or the first free one with `attribute_` before it."""
    while not wanted or taken(wanted):
        wanted = f"attribute_{wanted}"
    return wanted
