"""Search by a tuned FAISS index, its candidates refined by the exact vectors on the disk.

What is approximate is only which cases are met: distances are exact, a row that is not allowed is never met, and where
the index runs out of rows, it looks wider and then at all of them, so that no list comes out short.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.retrieval.search.index import GROWTH, MARGIN, FlatIndex, GrowingRanking, by_distance, one_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

TUNED_FOR = 5
"""Neighbours that recall is measured of; for more, more lists and candidates are looked at."""
FEW_ROWS = 5_000
"""Where a filter leaves no more rows, all of them are compared: that takes a few milliseconds."""


def search_parameters(index: Any, probes: int, bits: NDArray[np.uint8] | None = None) -> Any:
    """So many lists, and entries whose bit is set, least significant first; for an IVF index or one behind a PCA."""
    import faiss

    plain: Any = faiss.SearchParametersIVF
    behind: Any = faiss.SearchParametersPreTransform
    # FAISS keeps what is given here as long as it needs it, but not the bits: the caller does.
    chosen = {} if bits is None else {"sel": faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))}
    parameters = plain(nprobe=probes, **chosen)
    return behind(index_params=parameters) if isinstance(index, faiss.IndexPreTransform) else parameters


class TunedIndex:
    """An IVF index over most rows of an exact one; rows that it does not know are searched exactly."""

    def __init__(
        self, faiss_index: Any, exact: FlatIndex, rows: NDArray[np.int64] | None, probes: int, refined: int, note: str
    ) -> None:
        """`rows` holds the row of each entry of the index, -1 where it has gone; None where entry i is row i."""
        import faiss

        self._faiss = faiss_index
        self.lists = int(faiss.extract_index_ivf(faiss_index).nlist)
        self.exact, self.probes, self.refined, self.note = exact, probes, refined, note
        self._rows = rows
        self._alive: NDArray[np.bool_] | None = None
        self._new = np.empty(0, np.int64)
        """Rows that came since the index was made."""
        if rows is not None:
            self._alive = None if (rows >= 0).all() else rows >= 0
            known = np.zeros(len(exact), np.bool_)
            known[rows[rows >= 0]] = True
            self._new = np.flatnonzero(~known)
        ids = exact.case_ids
        self._newest = FlatIndex.build(exact.vectors[self._new], [ids[row] for row in self._new.tolist()])

    @property
    def case_ids(self) -> Sequence[str]:
        return self.exact.case_ids

    @property
    def vectors(self) -> NDArray[np.float32]:
        return self.exact.vectors

    @property
    def dimension(self) -> int:
        return self.exact.dimension

    def __len__(self) -> int:
        return len(self.exact)

    def rank(
        self, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None = None, *, first: int = 1
    ) -> TunedRanking:
        """As `VectorIndex.rank`."""
        return TunedRanking(self, self.exact.checked(vector), allowed, first)

    def near(
        self, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None, share: float, first: int, wider: int
    ) -> list[tuple[int, float]]:
        """At most `first` and some rows by exact distance, then case id. `share` of the rows is `allowed`.

        Where a filter leaves few rows of each list, as many more lists are looked into.
        """
        deeper = max(1.0, first / TUNED_FOR)
        probes = min(self.lists, ceil(self.probes * wider * sqrt(deeper) / max(share, 1e-9)))
        count = min(len(self), ceil(self.refined * wider * deeper))
        rows = self._entries(vector, allowed, probes, count)
        if self._rows is not None:
            rows = self._rows[rows]
        if len(self._new):
            among = None if allowed is None else allowed[self._new]
            newest = islice(self._newest.rank(vector, among, first=first), first + MARGIN)
            rows = np.concatenate([rows, self._new[[place for place, _ in newest]]])
        most = first + MARGIN
        rows = self.exact.nearest_of(vector, rows, most + MARGIN)
        pairs = zip(rows.tolist(), self.exact.distances(vector, rows).tolist(), strict=True)
        return by_distance(pairs, self.case_ids)[:most]

    def _entries(
        self, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None, probes: int, count: int
    ) -> NDArray[np.int64]:
        if self._rows is not None and allowed is not None:
            allowed = allowed[self._rows] if self._alive is None else allowed[self._rows] & self._alive
        elif allowed is None:
            allowed = self._alive
        bits = None if allowed is None else np.packbits(allowed, bitorder="little")
        with one_thread():
            _, found = self._faiss.search(vector[None, :], count, params=search_parameters(self._faiss, probes, bits))
        entries: NDArray[np.int64] = found[0]
        return entries[entries >= 0]


class TunedRanking(GrowingRanking):
    """Allowed rows, the nearest first as far as the index finds them; then wider, then all that are left."""

    def __init__(
        self, index: TunedIndex, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None, first: int
    ) -> None:
        super().__init__(len(index), vector, allowed)
        self._index = index
        self._first, self._wider = first, 1
        self._met = set[int]()
        self._rest: Iterator[tuple[int, float]] | None = None
        self.note = ""
        if self.total <= FEW_ROWS:
            self._begin_rest()

    def _grow(self) -> None:
        if self._rest is None and self._wider > GROWTH:
            self._begin_rest()
        if self._rest is not None:
            more = list(islice(self._rest, self._first + MARGIN))
            self._complete = not more
        else:
            index, share = self._index, self.total / len(self._index)
            more = index.near(self._vector, self._allowed, share, self._first * self._wider, self._wider)
            self._wider *= GROWTH
            self.note = index.note
        new = [pair for pair in more if pair[0] not in self._met]
        self._met.update(row for row, _ in new)
        self._ranked += new

    def _begin_rest(self) -> None:
        first = len(self._ranked) + self._first
        self._rest = iter(self._index.exact.rank(self._vector, self._allowed, first=first))
