"""What `CaseBase.add` takes: a source that was read, or anything that a Python program holds."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from operator import length_hint
from pathlib import Path
from typing import Any, Literal

from dermtools.cases.case import SourceData
from dermtools.cases.sources.from_python import kind_of, load_python, streamed
from dermtools.cases.sources.options import SourceOptions
from dermtools.cases.sources.vectors import Vectors
from dermtools.cases.sources.whole_columns import whole_columns
from dermtools.errors import SourceError
from dermtools.progress import Progress
from dermtools.retrieval.ingest.bulk import WholeSource
from dermtools.retrieval.ingest.streaming import Stream


def source_of(
    cases: Any,
    *,
    vectors: Any = None,
    tasks: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    attributes: Sequence[str] | Literal["all"] = (),
    options: SourceOptions | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> SourceData | Stream | WholeSource:
    """The source that `CaseBase.add` was given, as an ingest takes it.

    Raises:
        SourceError: it is nothing that cases can be read from, or an option does not fit it.
    """
    given: dict[str, Any] = {"tasks": tuple(tasks), "columns": dict(columns or {}), "attributes": attributes}
    if vectors is not None:
        given["vectors"] = vectors if isinstance(vectors, str | Path | Vectors) else Vectors.of(vectors)
    changed = {option: value for option, value in given.items() if value or option == "vectors"}
    if isinstance(cases, SourceData):
        if changed or options or name:
            raise SourceError("a SourceData is read already; give tasks, columns, vectors and the rest to load_source")
        return cases
    options = replace(options or SourceOptions(), **changed)
    if _is_stream(cases):
        if options.vectors is not None and not isinstance(options.vectors, str):
            raise SourceError("an iterator takes vectors as a column of its records, or in each SourceCase")
        if options.questions or options.map_labels is not None:
            raise SourceError("an iterator takes no questions and no map_labels, which need all labels; give a list")
        label = name or kind_of(cases)
        return Stream(label, streamed(cases, options, label), length_hint(cases), options)
    if (whole := whole_columns(cases, options)) is not None:
        rows = partial(load_python, cases, options, name=name, progress=progress)
        return WholeSource(name or kind_of(cases), whole, rows)
    return load_python(cases, options, name=name, progress=progress)


def _is_stream(cases: object) -> bool:
    """Whether cases come one after the other, and nobody knows how many there are or can ask for one."""
    whole = ("__len__", "__arrow_c_stream__", "to_arrow")
    return (
        isinstance(cases, Iterable)
        and not isinstance(cases, str | bytes | os.PathLike)
        and not any(hasattr(cases, name) for name in whole)
    )
