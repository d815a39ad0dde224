"""Whatever is filtered: nothing left out is met, no list is short, and distances are exact."""

from __future__ import annotations

from itertools import islice
from typing import Any

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.clustered import Clustered, drawn
from dermtools.retrieval.indexing import approximate
from dermtools.retrieval.indexing.approximate import TunedIndex
from dermtools.retrieval.search.index import FlatIndex

N, D = 3_000, 16
VECTORS = drawn(Clustered(D), N)
EXACT = FlatIndex.build(VECTORS, [f"c{i:04d}" for i in range(N)])


def index_of(kind: str, rows: np.ndarray | None = None, probes: int = 4, refined: int = 20) -> TunedIndex:
    """Over the first entries, whose rows are `rows`."""
    built: Any = faiss.index_factory(D, kind)
    built.train(VECTORS)
    held = VECTORS if rows is None else VECTORS[np.maximum(rows, 0)]
    built.add(np.ascontiguousarray(held))
    return TunedIndex(built, EXACT, rows, probes, refined, "approximate")


MOVED = np.random.default_rng(1).permutation(N)[:2_500]
MOVED[::7] = -1
INDEXES = [
    index_of("IVF32,SQ8"),
    index_of("PCA8,IVF32,SQ8"),
    index_of("IVF32,PQ8x4fs"),
    index_of("RR16,IVF32,RaBitQ", refined=60),
    index_of("IVF32,SQ8", MOVED),
    index_of("IVF32,PQ8x4fs", MOVED),
]


@pytest.fixture(autouse=True)
def filters_are_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approximate, "FEW_ROWS", 50)


def right(vector: np.ndarray, allowed: np.ndarray, k: int) -> list[int]:
    apart = np.square(VECTORS.astype(np.float64) - vector).sum(axis=1)
    return [row for row in np.argsort(apart, kind="stable").tolist() if allowed[row]][:k]


@settings(deadline=None, max_examples=60)
@given(
    which=st.integers(0, len(INDEXES) - 1),
    share=st.sampled_from([0.0, 0.002, 0.02, 0.3, 0.9, 1.0]),
    k=st.sampled_from([1, 5, 40, 200]),
    seed=st.integers(0, 1000),
)
def test_nothing_left_out_is_met_and_no_list_is_short(which: int, share: float, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    allowed, vector = rng.random(N) < share, VECTORS[rng.integers(N)]
    ranking = INDEXES[which].rank(vector, allowed, first=5)
    found = list(islice(ranking, k))
    rows = [row for row, _ in found]
    assert len(set(rows)) == len(rows) == min(k, int(allowed.sum()))
    assert allowed[rows].all()
    true = np.sqrt(np.square(VECTORS[rows].astype(np.float64) - vector).sum(axis=1))
    assert np.allclose([distance for _, distance in found], true, rtol=1e-9, atol=1e-12)
    assert list(islice(ranking, k)) == found
    if allowed.sum() <= approximate.FEW_ROWS:
        assert rows == right(vector, allowed, k)
        assert ranking.note == ""


@pytest.mark.parametrize("index", INDEXES)
def test_every_row_comes_once_where_all_are_read(index: TunedIndex) -> None:
    assert sorted(row for row, _ in index.rank(VECTORS[7], first=3)) == list(range(N))


@pytest.mark.parametrize("index", INDEXES)
def test_a_copy_and_a_row_newer_than_the_index_are_always_met(index: TunedIndex) -> None:
    noise = np.random.default_rng(2).standard_normal((N, D), dtype=np.float32)
    noise *= 0.01 / np.linalg.norm(noise, axis=1, keepdims=True)
    for row in range(0, N, 17):
        assert (
            next(iter(index.rank(VECTORS[row] + noise[row])))[0] == right(VECTORS[row] + noise[row], np.ones(N), 1)[0]
        )


def test_looking_into_every_list_finds_what_is_right() -> None:
    index = index_of("IVF32,SQ8", probes=32, refined=100)
    for row in range(0, N, 101):
        ranking = index.rank(VECTORS[row], first=5)
        assert [found for found, _ in islice(ranking, 5)] == right(VECTORS[row], np.ones(N, np.bool_), 5)
        assert ranking.note == "approximate"
