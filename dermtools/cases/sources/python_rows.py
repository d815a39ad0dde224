"""Rows that a Python program holds: a data frame, an Arrow table, a list of records, a Hugging Face data set.

What speaks Arrow is read through Arrow, so that neither pandas nor polars is a dependency. Pictures stay where they
are until they are used (`Held`).
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from dermtools.cases.case import Problem
from dermtools.cases.sources.arrow import array_cells, picture_columns, rows_of_columns
from dermtools.cases.sources.header import repeated
from dermtools.cases.sources.held import Held
from dermtools.cases.sources.huggingface import dataset_rows, is_dataset
from dermtools.cases.sources.records import Row, Rows
from dermtools.errors import SourceError

if TYPE_CHECKING:
    import pyarrow as pa

KINDS = (
    "a pandas or polars DataFrame, a pyarrow Table, a list of dicts, a Hugging Face Dataset, or cases: Case, or "
    "(Case, picture)"
)
_PLAIN = (str, bytes, bool, int, float)
_UNKNOWN = ("NAType", "NaTType")
"""Classes of what stands for a missing value in pandas."""


def rows_of(data: Any, name: str, start: int = 0) -> Rows:
    """The rows of a data frame, table, data set or list of dicts; each is `NAME row I`, counted from `start` in a list.

    Raises:
        SourceError: it is nothing of that, has no row, or two columns of one name.
    """
    if is_dataset(data):
        rows = dataset_rows(data, name)
    elif hasattr(data, "__arrow_c_stream__") or hasattr(data, "to_arrow"):
        rows = _frame_rows(data, name)
    elif isinstance(data, Sequence) and not isinstance(data, str | bytes):
        rows = _record_rows(data, name, start)
    else:
        raise SourceError(f"a {type(data).__name__} is no set of cases; give {KINDS}")
    if not rows.rows:
        why = f"{rows.problems[0].where} {rows.problems[0].reason}" if rows.problems else f"{name} has no row"
        raise SourceError(f"{why}; give {KINDS}")
    return rows


def _frame_rows(data: Any, name: str) -> Rows:
    """Rows through Arrow; column by column where one of them holds objects that Arrow does not know."""
    import pyarrow as pa

    names = [str(column) for column in getattr(data, "column_names", None) or data.columns]
    if (twice := repeated(names)) is not None:
        raise SourceError(f"{name}: column {twice!r} is there more than once; rename one of them")
    # polars would give the addresses of Python objects as bytes.
    if not any(str(kind) == "Object" for kind in getattr(data, "dtypes", ())):
        try:
            return arrow_rows(pa.table(data) if hasattr(data, "__arrow_c_stream__") else data.to_arrow(), name)
        except (pa.ArrowException, TypeError, ValueError) as error:
            if not hasattr(data, "columns"):
                raise SourceError(f"{name} cannot be read ({str(error).partition(chr(10))[0]})") from error
    return _rows(names, [list(data[column]) for column in data.columns], name)


def arrow_rows(table: pa.Table, name: str) -> Rows:
    """Rows of an Arrow table; its pictures are read from it one by one."""
    table = table.drop_columns([column for column in table.column_names if column.startswith("__index_level_")])
    pictures = picture_columns(table.schema)
    columns = [
        _held(values, column, name) if column in pictures else array_cells(values)
        for column, values in zip(table.column_names, table.columns, strict=True)
    ]
    return rows_of_columns(name, table.schema, columns, first=0)


def _held(values: pa.ChunkedArray, column: str, name: str) -> list[Held | None]:
    known = values.is_valid().to_pylist()
    return [
        Held(f"{name} row {row}: column {column!r}", partial(_cell, values, row)) if there else None
        for row, there in enumerate(known)
    ]


def _cell(values: pa.ChunkedArray, row: int) -> object:
    return values[row].as_py()


def _record_rows(records: Sequence[Any], name: str, start: int) -> Rows:
    good = {row: record for row, record in enumerate(records, start) if isinstance(record, Mapping)}
    names = dict.fromkeys(str(column) for record in good.values() for column in record)
    table = _rows(list(names), [[record.get(column) for record in good.values()] for column in names], name, list(good))
    table.problems += [
        Problem(f"{name} row {row}", f"is a {type(record).__name__}, not a dict")
        for row, record in enumerate(records, start)
        if row not in good
    ]
    return table


def _rows(names: Sequence[str], columns: Sequence[Sequence[Any]], name: str, numbers: Sequence[int] = ()) -> Rows:
    """Rows of columns of Python objects; `numbers` are the rows' own where some were left out."""
    numbers = numbers or range(len(columns[0]) if columns else 0)
    plain = [
        [_plain(cell, f"{name} row {row}: column {column!r}") for row, cell in zip(numbers, cells, strict=True)]
        for column, cells in zip(names, columns, strict=True)
    ]
    pictures = tuple(column for column, cells in zip(names, plain, strict=True) if _are_pictures(cells))
    table = Rows(tuple(names), untyped=False, pictures=pictures)
    table.rows = [
        Row(f"{name} row {row}", dict(zip(names, record, strict=True)))
        for row, record in zip(numbers, zip(*plain, strict=True), strict=True)
    ]
    return table


def _are_pictures(cells: Iterable[object]) -> bool:
    first = next((cell for cell in cells if cell is not None), None)
    return isinstance(first, Held | bytes) or (isinstance(first, dict) and first.keys() == {"bytes", "path"})


def _plain(cell: Any, where: str) -> object:
    """A cell as JSON and Arrow would have it; pictures are held."""
    if cell is None or type(cell) in _PLAIN or isinstance(cell, datetime.date):
        return None if type(cell).__name__ in _UNKNOWN else cell
    if isinstance(cell, np.generic):
        return cell.item()
    if isinstance(cell, os.PathLike):
        return os.fspath(cell)
    if isinstance(cell, bytearray | memoryview):
        return bytes(cell)
    if isinstance(cell, Image.Image):
        return Held(where, lambda: cell)
    if hasattr(cell, "__array__") and hasattr(cell, "ndim"):
        if cell.ndim > 1:
            return Held(where, lambda: cell)
        values = np.asarray(cell)
        return values if values.ndim and values.dtype.kind in "fiu" else values.tolist()
    if isinstance(cell, list | tuple | set | frozenset):
        return [_plain(item, where) for item in cell]
    if isinstance(cell, Mapping):
        return {str(key): value for key, value in cell.items()}
    return None if type(cell).__name__ in _UNKNOWN else cell
