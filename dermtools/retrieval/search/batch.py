"""Many searches over one version of a case base at once: the vectors are read once for all, not once a query.

Candidates of all queries come from FAISS's own search of many, a matrix product; from there on each search is
that of `pipeline`, with the same leak guard, filter, diversity and ranking in float64, so that it gives what it
gives alone. Where the candidates do not suffice for a query, its ranking goes on by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dermtools.retrieval.search.index import MARGIN, FlatIndex, Ranking, by_distance
from dermtools.retrieval.search.pipeline import eligible_rows, search_jointly

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.prediction import Query
    from dermtools.retrieval.search.diversity import Pair
    from dermtools.retrieval.search.leak_guard import Jpegs
    from dermtools.retrieval.search.neighbors import Neighbors
    from dermtools.retrieval.search.pipeline import SearchOptions
    from dermtools.retrieval.search.snapshot import Snapshot

AT_ONCE = 1024
"""Queries of one pass over the vectors."""
ROWS_AT_ONCE = 16_384
"""Rows that are gathered at once where a filter leaves some out: 64 MiB of vectors of 1024 numbers."""
OWN = 48
"""A query's own cases that room is made for among its candidates; with more, its ranking goes on by itself."""


def search_many(
    snapshot: Snapshot,
    queries: Sequence[tuple[Query, NDArray[np.float32]]],
    options: SearchOptions,
    jpegs: Jpegs,
    shown: frozenset[str] = frozenset(),
) -> list[Neighbors]:
    """What `pipeline.search` gives for each query with its embedding, float32, shape (d,), in their order.

    Raises as `pipeline.search`, for the first query that it would.
    """
    # One ranking a label and query; and a tuned index reads less for each than a pass over all vectors does.
    alone = options.diversity == "balanced" or not isinstance(snapshot.index, FlatIndex)
    if alone or len(queries) < 2:
        return [search_jointly(snapshot, query.name, [(query, v)], options, jpegs, shown) for query, v in queries]
    found: list[Neighbors] = []
    for start in range(0, len(queries), AT_ONCE):
        found += _searched(snapshot, queries[start : start + AT_ONCE], options, jpegs, shown)
    return found


def _searched(
    snapshot: Snapshot,
    queries: Sequence[tuple[Query, NDArray[np.float32]]],
    options: SearchOptions,
    jpegs: Jpegs,
    shown: frozenset[str],
) -> Iterator[Neighbors]:
    index, guard = snapshot.index.exact, snapshot.guard
    eligible, _ = eligible_rows(snapshot, options, shown)
    own = [len(guard.own_rows(query)) if options.leak_guard else 0 for query, _ in queries]
    first = options.looked_at + min(max(own), OWN)
    vectors = [vector for _, vector in queries]
    begun = first_ranked(index, vectors, eligible, first)
    everywhere: dict[int, list[Pair]] = dict(enumerate(begun)) if eligible is None else {}
    if eligible is not None and options.leak_guard:
        # The guard looks for copies among all cases, whatever the filter, where nothing known says whose a query is.
        unknown = [
            i for i, (query, _) in enumerate(queries) if not own[i] and query.group_id is None and query.text is None
        ]
        of_all = first_ranked(index, [vectors[i] for i in unknown], None, first)
        everywhere = dict(zip(unknown, of_all, strict=True))
    for i, (query, vector) in enumerate(queries):
        ahead = _Ahead(index, begun[i], everywhere.get(i, []))
        yield search_jointly(snapshot, query.name, [(query, vector)], options, jpegs, shown, index=ahead)


def first_ranked(
    index: FlatIndex, vectors: Sequence[NDArray[np.float32]], allowed: NDArray[np.bool_] | None, first: int
) -> list[list[Pair]]:
    """The nearest rows of each vector, finite, shape (d,), as `index.rank` gives them: `first` or more, or none yet."""
    total = len(index) if allowed is None else int(np.count_nonzero(allowed))
    count = first + MARGIN
    if not vectors or count >= total // 2:
        return [[] for _ in vectors]
    squared, rows = _candidates(index, np.stack(vectors), allowed, count)
    found = zip(vectors, rows, squared[:, -1].tolist(), strict=True)
    return [_sorted(index, vector, near, farthest) for vector, near, farthest in found]


def _candidates(
    index: FlatIndex, vectors: NDArray[np.float32], allowed: NDArray[np.bool_] | None, count: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Squared distances and rows of the `count` nearest of each vector, nearest first, each shape (n, count).

    FAISS takes no selector into a matrix product: with a filter, a block of allowed rows is gathered for all queries.
    """
    import faiss

    if allowed is None:
        return faiss.knn(vectors, index.vectors, count)
    heap = faiss.ResultHeap(len(vectors), count)
    for start in range(0, len(allowed), ROWS_AT_ONCE):
        rows = start + np.flatnonzero(allowed[start : start + ROWS_AT_ONCE])
        if len(rows):
            squared, places = faiss.knn(vectors, index.vectors[rows], min(count, len(rows)))
            heap.add_result(squared, rows[places])
    heap.finalize()
    return heap.D, heap.I


def _sorted(index: FlatIndex, vector: NDArray[np.float32], rows: NDArray[np.int64], farthest: float) -> list[Pair]:
    """Rows by distance in float64, then case id, as far as no row outside them can be as near."""
    if rows[-1] < 0 or not np.isfinite(farthest):
        return []
    # A matrix product's error goes with the norms, not with the distance: |x|^2 - 2xy + |y|^2. A row outside that is
    # nearer than the farthest candidate has at most the norm |x| + distance.
    size = 2 * float(np.linalg.norm(vector)) + max(farthest, 0.0) ** 0.5
    bound = farthest - index.rounding * size * size - 1e-30
    pairs = zip(rows.tolist(), index.distances(vector, rows).tolist(), strict=True)
    return by_distance((pair for pair in pairs if pair[1] ** 2 < bound), index.case_ids)


class _Begun(Ranking):
    """A ranking whose first rows were found together with those of others."""

    def __init__(
        self,
        index: FlatIndex,
        vector: NDArray[np.float32],
        allowed: NDArray[np.bool_] | None,
        first: int,
        begun: list[Pair],
    ) -> None:
        super().__init__(index, vector, allowed, first)
        self._ranked = begun

    def _grow(self) -> None:
        before = self._ranked
        super()._grow()
        if len(self._ranked) < len(before):  # both are right as far as they go, by bounds of two kinds
            self._ranked = before


@dataclass(frozen=True)
class _Ahead:
    """The index as one search of many sees it."""

    index: FlatIndex
    eligible: list[Pair]
    """The first rows of the ranking of those that the options allow."""
    everywhere: list[Pair]
    """The first of the ranking of all, where it was asked for."""

    def rank(self, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None = None, *, first: int = 1) -> Ranking:
        """As `FlatIndex.rank`; rows that are allowed are among those that the options allow."""
        if allowed is None:
            return _Begun(self.index, vector, None, first, self.everywhere)
        return _Begun(self.index, vector, allowed, first, [pair for pair in self.eligible if allowed[pair[0]]])
