"""All metadata of one version of a case base, column by column, each read when it is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dermtools.cases.attribute_columns import AttributeColumns, objects
from dermtools.cases.case import Case
from dermtools.cases.column_values import Coded, Labels, Texts, coded, hash_matrix, labels
from dermtools.cases.row_index import RowIndex, RowOf
from dermtools.images.picture_hash import HASH_BYTES

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

LABEL_PREFIX = "label_"
PICTURE_HASH = "picture_hash"
"""A column that tables made before there was one lack, until they are written."""
IDS = ("case_id", "group_id")
"""What is read at once: who each row is, whatever becomes of the version on disk."""
TAKEN = 64
"""Cases that are fetched by themselves; when more are asked for, their columns are read whole."""
SMALL = 10_000
"""Rows of which columns are read whole at once."""


class ColumnSource(Protocol):
    """Where columns of one version come from."""

    def read(self, names: Sequence[str]) -> pa.Table:
        """Columns by name, all rows in order; raises a CaseBaseError where they cannot be read."""

    def take(self, rows: Sequence[int], names: Sequence[str]) -> pa.Table:
        """Some rows of them, in the order of `rows`."""

    def reading(self) -> AbstractContextManager[None]:
        """Around what makes values of cells: makes a CaseBaseError of a ValueError."""


class CaseColumns:
    """All metadata of one version of a case base, in row order. Row i of every column is the same case.

    Nothing is a Python object a row: columns are Arrow and numpy, and read when first used. Safe for threads.
    """

    def __init__(self, version: int, tasks: Sequence[str], source: ColumnSource) -> None:
        """Reads the ids; raises a CaseBaseError where they cannot be read."""
        self.version = version
        self._source = source
        self._lock = threading.RLock()
        self._made: dict[str, Any] = {}
        self._parsed: AttributeColumns | None = None
        self._indexes: dict[str, RowIndex] = {}
        self._taken = 0
        self.labels: Mapping[str, Labels] = _EachTask(tuple(tasks), self._column)
        """Task name to the labels of each row; `()` where unknown."""
        self.load(*IDS)

    @classmethod
    def held(cls, version: int, tasks: Sequence[str], table: pa.Table) -> CaseColumns:
        """Columns of an Arrow table in memory, as `columns.schema` has them, without vectors and pictures."""
        return cls(version, tasks, _Held(table))

    def picked(self, rows: NDArray[np.intp], version: int) -> CaseColumns:
        """Some rows of all columns, in the order of `rows`."""
        return CaseColumns(version, tuple(self.labels), _Picked(self._source, rows))

    def __len__(self) -> int:
        return len(self.case_ids)

    @property
    def case_ids(self) -> Texts:
        return self._texts("case_id")

    @property
    def group_ids(self) -> Texts:
        return self._texts("group_id")

    @property
    def content_hashes(self) -> Texts:
        """SHA-256 of each original picture without its metadata."""
        return self._texts("content_hash")

    @property
    def splits(self) -> Coded[str]:
        found: Coded[str] = self._column("split")
        return found

    @property
    def attributes(self) -> AttributeColumns:
        """Attribute name to the value of each row; None where unknown. A CaseBaseError where a cell is no JSON."""
        with self._lock:
            if self._parsed is None:
                cells = self._column("attributes")
                with self._source.reading():
                    self._parsed = AttributeColumns(cells)
            return self._parsed

    @property
    def widths(self) -> NDArray[np.int32]:
        """Pixels of the original pictures, shape (n,)."""
        found: NDArray[np.int32] = self._column("width")
        return found

    @property
    def heights(self) -> NDArray[np.int32]:
        found: NDArray[np.int32] = self._column("height")
        return found

    @property
    def picture_hashes(self) -> NDArray[np.uint8]:
        """Perceptual hashes of the stored pictures, shape (n, 32), contiguous; zeros where there is none."""
        found: NDArray[np.uint8] = self._column(PICTURE_HASH)[0]
        return found

    @property
    def unhashed(self) -> NDArray[np.int64]:
        """Rows whose picture was never hashed, since an earlier version stored it."""
        return np.flatnonzero(self._column(PICTURE_HASH)[1] & (self.widths > 0))

    @property
    def row_of(self) -> RowOf:
        """Case id to row; `row_of.of(ids)` gives the rows of many."""
        return RowOf(self.case_ids, self.index("case_id"))

    def index(self, name: str) -> RowIndex:
        """Rows by their `case_id`, `group_id` or `content_hash`."""
        with self._lock:
            if name not in self._indexes:
                self._indexes[name] = RowIndex(self._texts(name))
            return self._indexes[name]

    def load(self, *names: str) -> None:
        """Read columns of the table now, in one pass, all where none is named: whoever writes next keeps them so."""
        names = names or (*_MAKERS, *(LABEL_PREFIX + task for task in self.labels))
        with self._lock:
            if missing := [name for name in names if name not in self._made]:
                table = self._source.read(missing)
                with self._source.reading():
                    self._made |= {name: _MAKERS.get(name, labels)(table[name]) for name in missing}

    def case(self, row: int) -> Case:
        """The case of one row."""
        return self.cases([row])[0]

    def cases(self, rows: Sequence[int]) -> list[Case]:
        """The cases of some rows, in their order. A few are fetched by themselves, without their columns."""
        names = ("split", "attributes", *(LABEL_PREFIX + task for task in self.labels))
        with self._lock:
            self._taken += len(rows)
            whole = self._taken > TAKEN or len(self) <= SMALL
        if whole or all(name in self._made for name in names):
            self.load(*names)
            return self._cases(rows)
        taken = self._source.take(rows, [*IDS, *names])
        return CaseColumns.held(self.version, tuple(self.labels), taken)._cases(range(len(rows)))

    def _cases(self, rows: Sequence[int]) -> list[Case]:
        cells, splits, columns = self._column("attributes"), self.splits, self.labels.items()
        with self._source.reading():
            attributes = objects([cells[row] or "{}" for row in rows])
        return [
            Case.model_construct(
                case_id=self.case_ids[row],
                group_id=self.group_ids[row],
                split=splits[row],
                labels={task: found for task, column in columns if (found := column[row])},
                attributes={name: value for name, value in given.items() if value is not None},
            )
            for row, given in zip(rows, attributes, strict=True)
        ]

    def _texts(self, name: str) -> Texts:
        found: Texts = self._column(name)
        return found

    def _column(self, name: str) -> Any:
        if name not in self._made:
            self.load(name)
        return self._made[name]


class _EachTask(Mapping[str, Labels]):
    """The label columns, each read when it is asked for."""

    def __init__(self, tasks: Sequence[str], column: Callable[[str], Labels]) -> None:
        self._tasks, self._column = tasks, column

    def __getitem__(self, task: str) -> Labels:
        if task not in self._tasks:
            raise KeyError(task)
        return self._column(LABEL_PREFIX + task)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tasks)

    def __len__(self) -> int:
        return len(self._tasks)


class _Held:
    """Columns that are in memory already."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def read(self, names: Sequence[str]) -> pa.Table:
        return self._table.select(list(names))

    def take(self, rows: Sequence[int], names: Sequence[str]) -> pa.Table:
        return self.read(names).take(list(rows))

    def reading(self) -> AbstractContextManager[None]:
        return nullcontext()


class _Picked:
    """Some rows of another source."""

    def __init__(self, source: ColumnSource, rows: NDArray[np.intp]) -> None:
        self._source, self._rows = source, rows

    def read(self, names: Sequence[str]) -> pa.Table:
        return self._source.read(names).take(self._rows)

    def take(self, rows: Sequence[int], names: Sequence[str]) -> pa.Table:
        return self._source.take(self._rows[list(rows)].tolist(), names)

    def reading(self) -> AbstractContextManager[None]:
        return self._source.reading()


def _numbers(array: pa.ChunkedArray) -> NDArray[np.int32]:
    numbers: NDArray[np.int32] = array.to_numpy()
    return numbers


_MAKERS: Mapping[str, Callable[[pa.ChunkedArray], object]] = {
    "case_id": Texts,
    "group_id": Texts,
    "content_hash": Texts,
    "split": coded,
    "attributes": coded,
    "width": _numbers,
    "height": _numbers,
    PICTURE_HASH: partial(hash_matrix, width=HASH_BYTES),
}
"""What is made of each column of the table; of any other, labels."""
