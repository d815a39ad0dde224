"""The blockwise search for near-duplicates finds exactly what a search over all pairs finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.retrieval.audit import near_pairs as module
from dermtools.retrieval.audit.near_pairs import near_pairs


@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 40),
    block=st.integers(1, 50),
    copies=st.integers(0, 10),
    ratio=st.floats(0.1, 1.2),
)
@settings(max_examples=60, deadline=None)
def test_it_equals_a_search_over_all_pairs(seed: int, count: int, block: int, copies: int, ratio: float) -> None:
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((count, 6)).astype(np.float32)
    for row in random.integers(0, max(count, 1), (copies if count else 0, 2)):
        vectors[row[0]] = vectors[row[1]] + random.standard_normal(6) * 0.05
    groups, contents = random.integers(0, max(1, count // 2), count), random.integers(0, max(1, count), count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        found = near_pairs(vectors, groups, contents, ratio)
    distances = np.linalg.norm(vectors[:, None].astype(np.float64) - vectors[None], axis=2)
    other = np.where(groups[:, None] != groups[None], distances, np.inf).min(axis=1, initial=np.inf)
    other = other[np.isfinite(other)]
    threshold = ratio * np.median(other) if len(other) else 0.0
    assert found.threshold == pytest.approx(threshold, rel=1e-3, abs=1e-3)
    wanted = {
        (i, j)
        for i in range(count)
        for j in range(i + 1, count)
        if contents[i] != contents[j] and distances[i, j] <= found.threshold - 1e-5
    }
    got = {(i, j) for i, j in found.rows.tolist()}
    assert wanted <= got
    assert all(distances[i, j] <= found.threshold + 1e-5 for i, j in got)
    assert np.all(np.diff(distances[tuple(found.rows.T)]) >= -1e-5)
    assert found.complete


def test_it_stops_where_there_are_too_many_to_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PAIRS", 20)
    monkeypatch.setattr(module, "BLOCK", 10)
    vectors = np.zeros((100, 4), np.float32)
    vectors[:, 0] = np.repeat([0, 1], 50)
    found = near_pairs(vectors, np.repeat([0, 1], 50), np.arange(100), 0.5)
    assert not found.complete
    assert found.rows.shape == (20, 2)


def test_of_many_an_index_finds_those_that_comparing_all_finds() -> None:
    random = np.random.default_rng(0)
    centres = random.standard_normal((40, 32))
    vectors = (centres[random.integers(40, size=5000)] + random.standard_normal((5000, 32))).astype(np.float32)
    vectors[1::50] = vectors[::50] + random.standard_normal((100, 32)) * 0.05
    groups, contents = np.arange(5000) // 2 + 7, np.arange(5000)
    contents[1], contents[51] = contents[0], contents[50]
    every = near_pairs(vectors, groups, contents, 0.5)
    found = near_pairs(vectors, groups, contents, 0.5, exact=100)
    assert every.recall is None
    assert found.recall is not None
    assert found.recall > 0.9
    # The median is taken over fewer cases there.
    assert found.threshold == pytest.approx(every.threshold, rel=0.05)
    lower = min(found.threshold, every.threshold)
    near = [
        {(i, j) for i, j in one.rows.tolist() if np.linalg.norm(vectors[i] - vectors[j]) <= lower}
        for one in (found, every)
    ]
    assert near[0] == near[1]
    assert len(near[0]) >= 98
    assert found.complete
