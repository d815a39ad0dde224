"""A case base goes out: its cases are chosen by a condition, and given as tables, data sets, arrays or a folder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.cases.case import SPLITS
from dermtools.cases.exports.arrays import Arrays, MultiLabel, arrays
from dermtools.cases.exports.extract import Choice, Extract
from dermtools.cases.exports.record import To
from dermtools.cases.exports.writing import PICTURED, ExportReport, write_export
from dermtools.cases.identifiers import identifying_attributes
from dermtools.errors import CaseBaseError, MissingExtraError, QueryError, require_extra
from dermtools.files import local_path
from dermtools.retrieval.search.fields import Fields
from dermtools.retrieval.search.where import matching_rows
from dermtools.text import instead

if TYPE_CHECKING:
    import datasets
    import pandas
    from numpy.typing import NDArray

    from dermtools.cases.columns import CaseColumns
    from dermtools.cases.manifest import Manifest
    from dermtools.cases.store import CaseStore
    from dermtools.progress import Progress

Where = str | Collection[str] | None


def chosen(
    store: CaseStore,
    where: Where,
    attributes: Collection[str],
    *,
    vectors: bool = False,
    pictures: bool | None = False,
    to: To | None = None,
) -> Extract:
    """The cases of the latest version for which the conditions hold; `pictures` of None is as the format has it.

    Raises:
        QueryError: a condition cannot be read, no case is left, or there is no such attribute.
    """
    manifest, columns = _latest(store)
    choice = Choice(attributes, vectors, to in PICTURED if pictures is None else pictures)
    return Extract(store.path, manifest, columns, _rows(columns, manifest, where), choice)


def export(
    extract: Extract, folder: str | Path, to: To, task: str | None, progress: Progress | None = None
) -> ExportReport:
    """Write a folder, and say what stayed and what may tell who somebody is; see `CaseBase.export`."""
    report = write_export(extract, local_path(folder, CaseBaseError), to, task=task, progress=progress)
    suspected = identifying_attributes({name: extract.cases.attributes[name] for name in extract.attributes})
    notes = [f"{name} looks like {kind}, and is in the export" for name, kind in suspected.items()]
    if report.left_out:
        how = "let one out with --attribute NAME, all with --all-attributes"
        notes.append(f"private attributes left out: {', '.join(report.left_out)}; {how}")
    return report.model_copy(update={"notes": tuple(notes)})


def to_pandas(extract: Extract) -> pandas.DataFrame:
    """A DataFrame; whole numbers and truth values stay what they are beside unknown ones."""
    import pyarrow as pa

    try:
        import pandas as library
    except ModuleNotFoundError:
        raise MissingExtraError("pandas is not installed; run: pip install pandas") from None
    nullable = {pa.int64(): library.Int64Dtype(), pa.bool_(): library.BooleanDtype()}
    frame: pandas.DataFrame = extract.table().to_pandas(types_mapper=nullable.get)
    return frame


def to_dataset(extract: Extract) -> datasets.DatasetDict:
    """The splits as data sets, in memory."""
    import pyarrow as pa

    from dermtools.cases.exports import huggingface

    library = require_extra("datasets", "datasets")

    def one(rows: Sequence[int]) -> Any:
        pieces = [huggingface.typed(piece, extract, [""] * len(piece)) for _, piece in extract.batches(rows)]
        return library.Dataset(library.table.InMemoryTable(pa.concat_tables(pieces)))

    return library.DatasetDict({split: one(rows) for split, rows in huggingface.split_rows(extract).items()})


def to_arrays(store: CaseStore, task: str, split: str | None, where: Where, multi_label: MultiLabel) -> Arrays:
    """Vectors, labels and groups; see `CaseBase.to_arrays`."""
    if split is not None and split not in SPLITS:
        raise QueryError(f"no split {split!r}; {instead(split, SPLITS)}")
    _latest(store)
    columns, vectors = store.columns_and_vectors()
    manifest = store.current_manifest()
    known = manifest.task(task)
    if known is None:
        raise QueryError(f"no task {task!r}; {instead(task, [one.name for one in manifest.tasks])}")
    rows = _rows(columns, manifest, where)
    if split is not None:
        rows = np.array(rows, np.int64)[columns.splits.mask(split)[rows]].tolist()
    return arrays(columns, vectors, rows, task, known.labels, multi_label)


def _latest(store: CaseStore) -> tuple[Manifest, CaseColumns]:
    store.version  # noqa: B018 - moves to what other processes have written
    columns = store.columns()
    return store.current_manifest(), columns


def _rows(columns: CaseColumns, manifest: Manifest, where: Where) -> list[int]:
    conditions = [where] if isinstance(where, str) else list(where or ())
    if not conditions:
        return list(range(len(columns)))
    fields = Fields(columns, manifest.tasks)
    masks: list[NDArray[np.bool_]] = [matching_rows(condition, fields) for condition in conditions]
    return np.flatnonzero(reduce(np.logical_and, masks)).tolist()
