"""Search by the index that Lance keeps beside the table, for case bases that no memory holds.

Candidates come from the index; their distances are computed in float64 from the exact vectors. Rows that are not
allowed are passed over, and so many more candidates are fetched that no list comes out short: where few rows are
allowed, those are ranked exactly, and where the index has given all that it finds, so is the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from dermtools.cases.lance_table import CaseTable
from dermtools.cases.vector_search import is_indexed, nearest, scanned, taken
from dermtools.retrieval.search.index import GROWTH, MARGIN, FlatIndex, GrowingRanking, by_distance, checked_query

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.cases.columns import CaseColumns
    from dermtools.cases.row_index import RowOf
    from dermtools.cases.store import CaseStore

EXACT_ROWS = 2048
"""So many allowed rows or fewer are read and ranked exactly: 8 MB of vectors of 1024 numbers."""
MOST = 20_000
"""Candidates that are asked of the index; beyond them all vectors are read."""


def lance_index(store: CaseStore) -> tuple[CaseColumns, LanceIndex] | None:
    """Columns and index of the version that the store is at, where its manifest says to search by Lance's index."""
    columns, manifest = store.columns(), store.manifest
    how = manifest.lance_search
    if how is None or store.own_folder != store.backend.own_folder or not is_indexed(store.table):
        return None
    table = CaseTable.open(store.path, columns.version)  # stays there while the store moves on
    dimension = manifest.identity.dimension
    return columns, LanceIndex(table, columns.case_ids, columns.row_of, dimension, how.probes, how.refine, how.note)


class TakenVectors:
    """All vectors, float32, shape (n, d), of which those that are asked for are read; or all, as an array of numpy."""

    def __init__(self, table: CaseTable, shape: tuple[int, int]) -> None:
        self._table = table
        self.shape = shape

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> NDArray[np.float32]:
        places = np.arange(len(self))[rows]
        return taken(self._table, places.reshape(-1).tolist(), self.shape[1]).reshape(*places.shape, self.shape[1])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self._table.vectors(*self.shape).astype(dtype or np.float32, copy=False)


@dataclass(frozen=True, eq=False)
class LanceIndex:
    """What finds rows near a vector through Lance's index of one version of a table; see `VectorIndex`."""

    table: CaseTable
    case_ids: Sequence[str]
    row_of: RowOf
    dimension: int
    probes: int
    """Partitions that are looked through."""
    refine: int
    """Candidates for each row that is wanted, which are compared by their exact vectors."""
    note: str = ""
    """What a search by it has to say of itself, e.g. `approximate, recall@5 0.99 measured on 500 queries`."""

    def __len__(self) -> int:
        return len(self.case_ids)

    @property
    def vectors(self) -> NDArray[np.float32]:
        """All vectors, float32, shape (n, d); those that are asked for are read."""
        return cast("NDArray[np.float32]", TakenVectors(self.table, (len(self), self.dimension)))

    @cached_property
    def exact(self) -> FlatIndex:
        """The exact index over the same rows: it reads all vectors into memory."""
        return FlatIndex.build(self.table.vectors(len(self), self.dimension), self.case_ids)

    def rank(
        self, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None = None, *, first: int = 1
    ) -> LanceRanking:
        """Rows from the nearest on, of those `allowed`, bool, shape (n,); `first` will probably be read.

        Raises:
            QueryError: the vector, float32, shape (d,), has another shape or is not finite.
        """
        return LanceRanking(self, checked_query(vector, self.dimension), allowed, first)


class LanceRanking(GrowingRanking):
    """Allowed rows with their distances, each once, and all sooner or later; may be read several times.

    Nearest first as far as one look goes; where a wider look finds a nearer row late, it comes late.
    """

    def __init__(
        self, index: LanceIndex, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None, first: int
    ) -> None:
        super().__init__(len(index), vector, allowed)
        self._index = index
        # What is not allowed may be the nearest of all, as the query's own cases are; half of all rows never are.
        self._wanted = first + MARGIN + min(len(index) - self.total, 4 * (first + MARGIN))
        self._seen: set[int] = set()
        self._approximate = False

    @property
    def note(self) -> str:
        """What a reader has to know of the rows read so far; "" where they are exact."""
        return self._index.note if self._approximate else ""

    def _grow(self) -> None:
        if self.total <= EXACT_ROWS:
            rows = self._all_rows()
            self._extend(rows, taken(self._index.table, rows.tolist(), self._index.dimension))
            self._complete = True
        elif self._wanted <= MOST:
            self._approximate = True
            ids, vectors = nearest(
                self._index.table, self._vector, self._wanted, probes=self._index.probes, refine=self._index.refine
            )
            rows = self._index.row_of.of(ids)
            self._extend(rows, vectors)
            self._wanted = self._wanted * GROWTH if len(ids) == self._wanted else MOST + 1
        else:
            self._rest()

    def _rest(self) -> None:
        """All rows that are left, exactly; vectors are read a few at a time."""
        start = 0
        found: list[tuple[int, float]] = []
        for vectors in scanned(self._index.table):
            rows = np.arange(start, start + len(vectors))
            start += len(vectors)
            found += self._new(rows, vectors)
        self._ranked += by_distance(found, self._index.case_ids)
        self._complete = True

    def _extend(self, rows: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        new = by_distance(self._new(rows, vectors), self._index.case_ids)
        self._ranked += new
        self._seen.update(row for row, _ in new)

    def _new(self, rows: NDArray[np.int64], vectors: NDArray[np.float32]) -> list[tuple[int, float]]:
        keep = np.array([row not in self._seen for row in rows.tolist()], np.bool_)
        if self._allowed is not None:
            keep &= self._allowed[rows]
        wide = self._vector.astype(np.float64)
        distances = np.sqrt(np.square(vectors[keep] - wide).sum(axis=1))
        return list(zip(rows[keep].tolist(), distances.tolist(), strict=True))
