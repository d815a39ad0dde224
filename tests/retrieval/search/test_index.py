"""The index ranks exactly as a float64 computation over all vectors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from dermtools.errors import QueryError
from dermtools.retrieval.search.index import FlatIndex


def brute_force(
    vectors: NDArray, ids: list[str], query: NDArray, allowed: NDArray | None = None
) -> list[tuple[int, float]]:
    difference = vectors.astype(np.float64) - query.astype(np.float64)
    distances = np.sqrt((difference * difference).sum(axis=1))
    rows = range(len(vectors)) if allowed is None else np.flatnonzero(allowed).tolist()
    return sorted(((row, float(distances[row])) for row in rows), key=lambda pair: (pair[1], ids[pair[0]]))


def case_ids(n: int, seed: int = 0) -> list[str]:
    return [f"case-{i:05d}" for i in np.random.default_rng(seed).permutation(n)]


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_ranking_equals_brute_force_with_ties_and_duplicates(data: st.DataObject) -> None:
    n, d = data.draw(st.integers(0, 90)), data.draw(st.integers(1, 9))
    # Few distinct values: many vectors are equal, and many more lie equally far.
    values = (
        st.sampled_from([0.0, 1.0, -1.0, 0.5, 1e-3, 3e18]) if data.draw(st.booleans()) else st.floats(-4, 4, width=32)
    )
    vectors = data.draw(hnp.arrays(np.float32, (n, d), elements=values))
    query = data.draw(hnp.arrays(np.float32, (d,), elements=values))
    allowed = data.draw(st.none() | hnp.arrays(np.bool_, (n,)))
    ids = case_ids(n)
    k = data.draw(st.integers(1, 100))
    ranking = FlatIndex.build(vectors, ids).rank(query, allowed, first=data.draw(st.integers(1, 8)))
    expected = brute_force(vectors, ids, query, allowed)
    assert list(itertools.islice(ranking, k)) == expected[:k]
    assert list(ranking) == expected
    assert ranking.total == len(expected)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_ranking_equals_brute_force_where_float32_cannot_tell_neighbours_apart(scale: float) -> None:
    rng = np.random.default_rng(3)
    center = rng.standard_normal(256)
    # 2,000 vectors at distances from the query that differ by about 1e-6 of themselves.
    directions = rng.standard_normal((2000, 256))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    vectors = ((center + directions * (1 + 1e-6 * rng.random((2000, 1)))) * scale).astype(np.float32)
    query = (center * scale).astype(np.float32)
    ids = case_ids(2000)
    got = list(itertools.islice(FlatIndex.build(vectors, ids).rank(query, first=5), 50))
    assert got == brute_force(vectors, ids, query)[:50]


def test_rows_that_are_not_allowed_never_shorten_the_ranking() -> None:
    vectors = np.random.default_rng(0).standard_normal((3000, 32)).astype(np.float32)
    ids = case_ids(3000)
    index = FlatIndex.build(vectors, ids)
    allowed = np.ones(3000, bool)
    allowed[[row for row, _ in brute_force(vectors, ids, vectors[7])[:400]]] = False
    got = list(itertools.islice(index.rank(vectors[7], allowed, first=5), 5))
    assert got == brute_force(vectors, ids, vectors[7], allowed)[:5]


def test_numbers_too_large_for_float32_squares_are_ranked_all_the_same() -> None:
    vectors = np.full((200, 4), 3e19, np.float32) * np.arange(200, dtype=np.float32)[:, None]
    ids = case_ids(200)
    query = np.full(4, -3e19, np.float32)
    assert list(FlatIndex.build(vectors, ids).rank(query)) == brute_force(vectors, ids, query)


@pytest.mark.parametrize(
    ("vector", "message"),
    [
        (np.zeros(3), r"shape \(3,\); this case base needs \(4,\)"),
        (np.zeros((1, 4)), r"shape \(1, 4\)"),
        (np.array([0, np.nan, 0, 0]), "NaN or infinity"),
    ],
)
def test_a_query_vector_that_does_not_fit_is_refused(vector: NDArray, message: str) -> None:
    index = FlatIndex.build(np.zeros((2, 4), np.float32), ["a", "b"])
    with pytest.raises(QueryError, match=message):
        index.rank(vector)


def test_its_vectors_outlive_it() -> None:
    wanted = np.random.default_rng(0).normal(size=(2000, 64)).astype(np.float32)
    kept = FlatIndex.build(wanted, [str(row) for row in range(2000)]).vectors
    np.testing.assert_array_equal(kept, wanted)
    empty = FlatIndex.build(wanted[:0], []).vectors
    assert empty.shape == (0, 64)
