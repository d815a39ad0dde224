"""Exact Euclidean search over the vectors of one case base version."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dermtools.errors import QueryError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MARGIN = 16
"""Candidates beyond the requested k: FAISS ranks in float32, and in float64 the last places may come out otherwise."""
GROWTH = 4
BLOCK_ROWS = 4096
"""Rows whose float64 distances are computed at once."""


def _alone() -> None:
    """FAISS's threads do not come along with a fork, and it may wait for them for ever: it does without."""
    if faiss := sys.modules.get("faiss"):
        faiss.omp_set_num_threads(1)


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_alone)


@contextmanager
def one_thread() -> Iterator[None]:
    """FAISS on the calling thread alone: one query is too short for several to be woken and waited for.

    Measured on two cores at 10,000 to 1,000,000 x 1024: an exact search takes twice as long on both of them.
    """
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


class Ranked(Protocol):
    """Allowed rows with their Euclidean distances, from the nearest on; may be read several times, from the start.

    All of them come sooner or later, each once, with its distance in float64; so no list that is taken from it is
    short. Where a wider look finds a nearer row late, it comes late.
    """

    def __iter__(self) -> Iterator[tuple[int, float]]: ...

    @property
    def norm(self) -> float:
        """Euclidean norm of the query's vector."""

    @property
    def note(self) -> str:
        """What a reader has to know of the rows read so far: how far they may differ from the exact; "" if not."""


class VectorIndex(Protocol):
    """What finds rows near a vector in one version of a case base. Row i is `case_ids[i]` and `vectors[i]`."""

    @property
    def case_ids(self) -> Sequence[str]: ...

    @property
    def vectors(self) -> NDArray[np.float32]:
        """All vectors, float32, shape (n, d), read-only, mapped from a file where there is one."""

    @property
    def exact(self) -> FlatIndex:
        """The exact index over the same rows."""

    @property
    def note(self) -> str:
        """What a search by it has to say of itself; "" where it is exact."""

    def __len__(self) -> int: ...

    def rank(self, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None = None, *, first: int = 1) -> Ranked:
        """Rows from the nearest on, of those `allowed`, bool, shape (n,); the others are as if not there.

        `first` rows will probably be read. Raises a QueryError as `checked`.
        """


def checked_query(vector: NDArray[np.float32], dimension: int) -> NDArray[np.float32]:
    """The vector, float32, shape (d,); a QueryError where it has another shape or is not finite."""
    vector = np.ascontiguousarray(vector, dtype=np.float32)
    if vector.shape != (dimension,):
        raise QueryError(f"the query vector has shape {vector.shape}; this case base needs ({dimension},)")
    if not np.isfinite(vector).all():
        raise QueryError("the query vector holds NaN or infinity; embed the picture again")
    return vector


def by_distance(pairs: Iterable[tuple[int, float]], case_ids: Sequence[str]) -> list[tuple[int, float]]:
    """Rows with their distances, the nearest first; equal distances go by case id."""
    ordered = sorted(pairs, key=itemgetter(1))
    if any(one[1] == other[1] for one, other in pairwise(ordered)):  # ids are looked up only where they decide
        ordered.sort(key=lambda pair: (pair[1], case_ids[pair[0]]))
    return ordered


class GrowingRanking:
    """Rows with their distances, found as far as they are read; may be read several times, from the start."""

    def __init__(self, count: int, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None) -> None:
        """Of `count` rows, all where none is `allowed` by itself, bool, shape (count,)."""
        self._count = count
        self._vector, self._allowed = vector, allowed
        self.total = count if allowed is None else int(np.count_nonzero(allowed))
        """How many rows can be ranked."""
        self._ranked: list[tuple[int, float]] = []
        self._complete = self.total == 0

    @property
    def norm(self) -> float:
        """Euclidean norm of the query's vector."""
        return float(np.linalg.norm(self._vector))

    def __iter__(self) -> Iterator[tuple[int, float]]:
        position = 0
        while True:
            while position < len(self._ranked):
                yield self._ranked[position]
                position += 1
            if self._complete:
                return
            self._grow()

    def _grow(self) -> None:
        """Rank more rows than before; those already ranked stay the same."""
        raise NotImplementedError

    def _all_rows(self) -> NDArray[np.int64]:
        """Those that can be ranked."""
        return np.arange(self._count) if self._allowed is None else np.flatnonzero(self._allowed)


class FlatIndex:
    """FAISS flat L2 index that ranks as a float64 computation over all vectors would.

    FAISS finds candidates in float32; their distances are then computed in float64 from the same vectors.
    A candidate counts as ranked once no vector outside the candidates can be as near, by the rounding
    bound of the float32 sum; otherwise more candidates are fetched. Equal distances go by case id.
    """

    def __init__(self, faiss_index: Any, case_ids: Sequence[str]) -> None:
        import faiss

        self._faiss = faiss_index
        self.case_ids = case_ids
        self.dimension = int(faiss_index.d)
        size = faiss_index.ntotal * self.dimension
        flat = faiss.rev_swig_ptr(faiss_index.get_xb(), size) if size else np.empty(0, np.float32)
        held = np.asarray(_Held(faiss_index, flat))
        self.vectors: NDArray[np.float32] = held.reshape(faiss_index.ntotal, self.dimension)
        """The indexed vectors without a copy, float32, shape (n, d), read-only."""
        self.vectors.flags.writeable = False
        # A sum of d squares in float32 is off by at most about d roundings of 2^-24 each; doubled to be safe.
        self.rounding = (self.dimension + 8) * 2.0**-23

    note = ""

    @property
    def exact(self) -> FlatIndex:
        return self

    @classmethod
    def build(cls, vectors: NDArray[np.float32], case_ids: Sequence[str]) -> FlatIndex:
        """Index of vectors, float32, shape (n, d); row i belongs to case i."""
        import faiss

        index = faiss.IndexFlatL2(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index, case_ids)

    def __len__(self) -> int:
        return len(self.vectors)

    def rank(self, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None = None, *, first: int = 1) -> Ranking:
        """Rows from the nearest to the farthest, found as far as they are read; `first` will probably be.

        Those not `allowed`, bool, shape (n,), are as if not in the index. A QueryError where the vector, float32,
        shape (d,), has another shape or is not finite.
        """
        return Ranking(self, self.checked(vector), allowed, first)

    def checked(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """The vector, float32, shape (d,); a QueryError where it has another shape or is not finite."""
        return checked_query(vector, self.dimension)

    def candidates(
        self, vector: NDArray[np.float32], bits: NDArray[np.uint8] | None, count: int
    ) -> tuple[NDArray[np.int64], float]:
        """The `count` nearest rows by float32 distance, in no exact order, and the largest squared distance.

        `bits` is the bitmap of allowed rows, least significant bit first. Rows are -1 where FAISS found none.
        """
        import faiss

        parameters = None
        if bits is not None:
            # Measured at 100,000 x 1024: 3 % over a search without selector; the scan is bound by memory.
            selector = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
            parameters = faiss.SearchParameters()
            parameters.sel = selector
        with one_thread():
            squared, rows = self._faiss.search(vector[None, :], count, params=parameters)
        return rows[0], float(squared[0, -1])

    def nearest_of(self, vector: NDArray[np.float32], rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """The `count` rows of those given that are nearest by float32 distance, in no order."""
        import faiss

        if len(rows) <= count:
            return rows
        squared, rows = np.empty(len(rows), np.float32), np.ascontiguousarray(rows)
        library: Any = faiss
        places = (library.swig_ptr(part) for part in (squared, vector, self.vectors, rows))
        with one_thread():
            library.fvec_L2sqr_by_idx(*places, self.dimension, 1, len(rows))  # reads vectors where they lie
        return rows[np.argpartition(squared, count - 1)[:count]]

    def distances(self, vector: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Euclidean distances to the given rows, computed in float64; shape (len(rows),)."""
        wide, distances = vector.astype(np.float64), np.empty(len(rows))
        for start in range(0, len(rows), BLOCK_ROWS):
            part = slice(start, start + BLOCK_ROWS)
            distances[part] = np.sqrt(np.square(self.vectors[rows[part]] - wide).sum(axis=1))
        return distances


class _Held:
    """Memory of an index, which stays as long as an array over it does: FAISS's own views do not see to that."""

    def __init__(self, faiss_index: Any, flat: NDArray[np.float32]) -> None:
        self._index = faiss_index
        self.__array_interface__ = flat.__array_interface__


class Ranking(GrowingRanking):
    """All allowed rows with their distances, nearest first; may be read several times, from the start."""

    note = ""

    def __init__(
        self, index: FlatIndex, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None, first: int
    ) -> None:
        super().__init__(len(index), vector, allowed)
        self._index = index
        self._bits = None if allowed is None else np.packbits(allowed, bitorder="little")
        self._pool = first + MARGIN

    def _grow(self) -> None:
        if self._pool < self.total // 2:
            rows, farthest = self._index.candidates(self._vector, self._bits, self._pool)
            self._pool *= GROWTH
            # FAISS gives fewer than requested only where squares overflow float32.
            if rows[-1] >= 0:
                self._ranked = self._sorted(rows, farthest * (1 - self._index.rounding) - 1e-30)
                return
        self._complete = True
        self._ranked = self._sorted(self._all_rows(), np.inf)

    def _sorted(self, rows: NDArray[np.int64], squared_bound: float) -> list[tuple[int, float]]:
        """Rows by distance, then case id, as far as their squared distance lies below the bound."""
        distances = self._index.distances(self._vector, rows)
        near = distances**2 < squared_bound
        return by_distance(zip(rows[near].tolist(), distances[near].tolist(), strict=True), self._index.case_ids)
