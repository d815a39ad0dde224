"""Which labels a user joins or drops: a table with the columns old, new and, where needed, task; or a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dermtools.cases.label_map import LabelMap, LabelRule
from dermtools.cases.sources import cells
from dermtools.cases.sources.rows import read_rows
from dermtools.errors import SourceError
from dermtools.text import one_line

_COLUMNS = ("old", "new", "task")


def read_label_map(rules: str | Path | Mapping[str, str | None]) -> LabelMap:
    """From a file, or from old label to new label for all tasks, None to drop it. Raises as `LabelMap` and the file."""
    if isinstance(rules, Mapping):
        return LabelMap(LabelRule("map_labels", old, new or "") for old, new in rules.items())
    return _read(Path(rules).expanduser())


def _read(path: Path) -> LabelMap:
    """The rules of a file; a SourceError names the row that is wrong."""
    table = read_rows(path)
    columns = {column.strip().casefold(): column for column in table.columns}
    if not {"old", "new"} <= columns.keys() <= set(_COLUMNS):
        listing = one_line(", ".join(map(repr, table.columns)), 2000)
        raise SourceError(f"{path}: the columns are {listing}; a label map has old, new and, where needed, task")
    if table.problems:
        raise SourceError(f"{path}: {table.problems[0].where} {table.problems[0].reason}")
    rules = []
    for row in table.rows:
        old, new, task = (cells.text(row.cells.get(columns.get(name, ""))) for name in _COLUMNS)
        if old or new or task:
            rules.append(LabelRule(row.where, old, new, task))
    if not rules:
        raise SourceError(f"{path}: holds no row; write one a label: the old label, the new one")
    return LabelMap(rules)
