"""Cases that a Python program holds, as a source: a table of any kind in memory, or `Case`s with their pictures."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from dermtools.cases.case import Case, Problem, SourceCase, SourceData
from dermtools.cases.sources.assembly import assemble, make_task
from dermtools.cases.sources.held import Held
from dermtools.cases.sources.huggingface import is_dataset, named_records
from dermtools.cases.sources.load import load_source
from dermtools.cases.sources.options import SourceOptions
from dermtools.cases.sources.python_rows import KINDS, rows_of
from dermtools.cases.sources.table import ROW_OPTIONS, cases_of_rows
from dermtools.errors import SourceError
from dermtools.progress import Progress

ROWS_AT_ONCE = 64
"""Records of an iterator that are read together, with their pictures."""
_CASE_OPTIONS = ("questions", "split_seed", "split_fractions")
"""Options that apply to cases which are made already."""


def load_python(
    data: Any, options: SourceOptions | None = None, *, name: str | None = None, progress: Progress | None = None
) -> SourceData:
    """Read cases that a program holds, as `load_source` reads a file.

    Args:
        data: a pandas or polars DataFrame, a pyarrow Table or any other object with Arrow's stream, a list of dicts,
            a Hugging Face Dataset or DatasetDict, `hf:NAME` or the folder of a saved one, a list of `Case`,
            `(Case, picture)` or `SourceCase`, or a path as `load_source` takes it. A picture is a path, encoded bytes,
            a Pillow picture, or a uint8 array of shape (height, width) or (height, width, 3 or 4).
        options: which column plays which role, and the rest of how it is read.
        name: of the source, as the case base keeps it; by default the kind of `data`.
        progress: told while pictures are compared, which only making splits needs.

    Raises:
        SourceError: it is nothing of that, a column is missing, or no row makes a case.
    """
    options = options or SourceOptions()
    if options.vectors is not None:
        options = replace(options, without_pictures=True)
    if isinstance(data, str | os.PathLike):
        found = load_source(os.fspath(data), options=options, progress=progress)
        return replace(found, name=name or found.name)
    name = name or kind_of(data)
    if isinstance(data, Sequence) and data and not isinstance(data, str | bytes) and _is_case(data[0]):
        options.refuse_others("list of cases", *_CASE_OPTIONS)
        found = _of_cases(data, name)
    else:
        options.refuse_others("table in memory", *ROW_OPTIONS)
        found = cases_of_rows(rows_of(data, name), options, name=name, where=name)
    return assemble(found, name, options, progress)


def streamed(data: Iterable[Any], options: SourceOptions, name: str) -> Iterator[SourceCase | Problem]:
    """The cases of an iterator, one by one, and what is wrong with others; a few are held at a time.

    It gives `Case`, `(Case, picture)`, `SourceCase`, or dicts, whose columns are those of the first few.

    Raises:
        SourceError: as `load_python`, or it gives something else.
    """
    items = named_records(data) if is_dataset(data) else iter(data)
    first = next(items, None)
    if first is None:
        raise SourceError(f"{name} is empty; give {KINDS}")
    items = chain([first], items)
    if _is_case(first):
        options.refuse_others("stream of cases", *_CASE_OPTIONS)
        for number, item in enumerate(items):
            yield _case(item, name, number)
        return
    options.refuse_others("stream of rows", *ROW_OPTIONS)
    start = 0
    while part := list(islice(items, ROWS_AT_ONCE)):
        rows = rows_of(part, name, start)
        start += len(part)
        found = cases_of_rows(rows, options, name=name, where=name)
        yield from found.problems
        yield from found.cases


def kind_of(data: object) -> str:
    """What to call data that has no name."""
    kind = type(data)
    library = kind.__module__.partition(".")[0]
    return kind.__name__ if library in ("builtins", "__main__") else f"{library} {kind.__name__}"


def _is_case(item: object) -> bool:
    return isinstance(item[0] if isinstance(item, tuple) and item else item, Case | SourceCase)


def _case(item: object, name: str, number: int) -> SourceCase | Problem:
    """One item as a case; a problem where it is none."""
    match item:
        case SourceCase():
            return item
        case Case():
            return SourceCase(item)
        case (Case() as case, str() | os.PathLike() as path):
            return SourceCase(case, Path(path).expanduser())
        case (Case() as case, bytes() as encoded):
            return SourceCase(case, encoded)
        case (Case() as case, None):
            return SourceCase(case)
        case (Case() as case, picture):
            return SourceCase(case, Held(f"{name} row {number}: the picture", lambda: picture))
    return Problem(f"{name} row {number}", f"is a {type(item).__name__}, not a Case or (Case, picture)")


def _of_cases(items: Sequence[object], name: str) -> SourceData:
    cases: dict[str, SourceCase] = {}
    problems = []
    for number, item in enumerate(items):
        found = _case(item, name, number)
        if isinstance(found, Problem):
            problems.append(found)
        elif found.case.case_id in cases:
            reason = f"case id {found.case.case_id!r} is taken by an earlier row"
            problems.append(Problem(f"{name} row {number}", reason))
        else:
            cases[found.case.case_id] = found
    labels: dict[str, set[str]] = {}
    for one in cases.values():
        for task, values in one.case.labels.items():
            labels.setdefault(task, set()).update(values)
    tasks = tuple(make_task(task, values) for task, values in sorted(labels.items()) if values)
    return SourceData(name, tasks, tuple(cases.values()), tuple(problems))
