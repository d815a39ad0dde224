"""Tables that are known by their columns: those of `known_sets.py`, and Hugging Face's ImageFolder."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from dermtools.cases.case import Problem, SourceCase, SourceData, Split
from dermtools.cases.groups import own_group
from dermtools.cases.sources.assembly import split_named
from dermtools.cases.sources.known_sets import KNOWN_SETS, known_set
from dermtools.cases.sources.options import SourceOptions
from dermtools.cases.sources.pictures import is_file
from dermtools.cases.sources.rows import JSON_LINES, is_table_name, parse_json
from dermtools.cases.sources.table import load_table
from dermtools.errors import SourceError
from dermtools.text import name_key

_IMAGE_FOLDER = "metadata"
_LONGEST_HEADER = 65536


def published_tables(folder: Path) -> list[Path]:
    """Tables of a folder that are known by their columns; those of its split folders where it has none itself."""
    own = _known_tables(folder)
    if own:
        return own
    parts = sorted(path for path in folder.iterdir() if path.is_dir() and split_named(path.name))
    return [table for part in parts for table in _known_tables(part)]


def load_published(folder: Path, options: SourceOptions, kind: str | None = None) -> SourceData:
    """Read the known table of a folder, or those of `train/`, `validation/` and `test/`, which then name the splits.

    `kind` is as for `load_table`.

    Raises:
        SourceError: no known table or several in one folder, and as `load_table`.
    """
    tables = published_tables(folder)
    if not tables:
        names = ", ".join(known.name for known in KNOWN_SETS)
        known = f"{names} or an ImageFolder (metadata.csv with file_name)"
        raise SourceError(f"{folder}: no table of {known}; name the table's file itself")
    for first, second in pairwise(tables):
        if first.parent == second.parent:
            raise SourceError(f"{folder}: {first.name} and {second.name} may both be the table; name one of the files")
    if tables[0].parent == folder:
        return load_table(tables[0], options, kind)
    return _joined(folder, {table.parent.name: load_table(table, options, kind) for table in tables})


def _known_tables(folder: Path) -> list[Path]:
    tables = (path for path in sorted(folder.iterdir()) if is_table_name(path) and is_file(path))
    return [path for path in tables if _is_known(path, set(map(name_key, _header(path))))]


def _is_known(path: Path, keys: set[str]) -> bool:
    if path.stem.lower() == _IMAGE_FOLDER and keys & {"filename", "imagefilename"}:
        return True
    return known_set(keys) is not None


def _header(path: Path) -> Collection[str]:
    """Names of a table's columns, from its first line or its schema; none where it cannot be read."""
    if path.suffix.lower() == ".parquet":
        import pyarrow
        import pyarrow.parquet

        try:
            return list(pyarrow.parquet.read_schema(path).names)
        except (OSError, pyarrow.ArrowException):
            return []
    try:
        with path.open("rb") as file:
            line = file.readline(_LONGEST_HEADER)
    except OSError:
        return []
    # Without zero bytes the Latin letters of UTF-16 are those of UTF-8, which is enough to know a set by its columns.
    text = line.replace(b"\0", b"").decode("utf-8-sig", errors="replace")
    if path.suffix.lower() not in JSON_LINES:
        return re.split("[,;\t|]", text)
    try:
        record = parse_json(text)
    except ValueError:
        return []
    return list(record) if isinstance(record, dict) else []


def _joined(folder: Path, parts: dict[str, SourceData]) -> SourceData:
    """One source of several: ids, and the places of problems, begin with the name of the part's folder."""
    cases = [_of_part(item, name) for name, data in parts.items() for item in data.cases]
    labels: dict[str, set[str]] = {}
    for task in (task for data in parts.values() for task in data.tasks):
        labels.setdefault(task.name, set()).update(task.labels)
    tasks = {task.name: task for data in parts.values() for task in data.tasks}
    return replace(
        next(iter(parts.values())),
        name=folder.resolve().name,
        tasks=tuple(task.model_copy(update={"labels": tuple(sorted(labels[name]))}) for name, task in tasks.items()),
        cases=tuple(cases),
        problems=tuple(Problem(f"{name}/{p.where}", p.reason) for name, data in parts.items() for p in data.problems),
        notes=tuple(dict.fromkeys(note for data in parts.values() for note in data.notes)),
        told=tuple(dict.fromkeys(word for data in parts.values() for word in data.told)),
    )


def _of_part(item: SourceCase, name: str) -> SourceCase:
    case = item.case
    case_id, split = f"{name}/{case.case_id}", split_named(name)
    group = own_group(case_id) if case.group_id == own_group(case.case_id) else case.group_id
    update: dict[str, str | Split | None] = {"case_id": case_id, "group_id": group, "split": case.split or split}
    return replace(item, case=case.model_copy(update=update))
