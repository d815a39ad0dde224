"""Nearest cases of other groups and near pairs are what a brute-force computation finds."""

from __future__ import annotations

import numpy as np
import pytest

from dermtools.retrieval.audit import nearest_cases as module
from dermtools.retrieval.audit.nearest_cases import nearest_cases


@pytest.mark.parametrize("seed", range(3))
def test_the_nearest_of_other_groups_are_those_of_a_full_sort(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_CELLS", 64)  # several blocks
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((70, 6)).astype(np.float32)
    groups = np.sort(random.choice([*range(20), *[0] * 15], 70))
    groups = np.unique(groups, return_inverse=True)[1]
    distances = np.linalg.norm(vectors[:, None].astype(np.float64) - vectors[None], axis=2)
    distances[groups[:, None] == groups[None]] = np.inf
    assert np.array_equal(nearest_cases(vectors, groups, 5, 0.5).foreign, np.argsort(distances, axis=1)[:, :5])


def test_where_there_are_fewer_of_other_groups_places_stay_empty() -> None:
    vectors = np.arange(5, dtype=np.float32)[:, None]
    found = nearest_cases(vectors, np.array([0, 0, 0, 0, 1]), 3, 0.5).foreign
    assert found.tolist() == [[4, -1, -1]] * 4 + [[3, 2, 1]]


def test_pairs_lie_within_a_share_of_the_median_distance_to_another_group() -> None:
    # Nearest of another group: 4, 4, 6, 10 and 16, median 6. Rows 0 and 1 lie 1 apart, rows 1 and 2 lie 4 apart.
    vectors = np.array([[0], [1], [5], [11], [27]], dtype=np.float32)
    found = nearest_cases(vectors, np.array([0, 0, 1, 2, 3]), 3, 0.5)
    assert (found.pairs.tolist(), found.distances.tolist()) == ([[0, 1]], [1.0])
    wider = nearest_cases(vectors, np.array([0, 0, 1, 2, 3]), 3, 0.8)
    assert (wider.pairs.tolist(), wider.distances.tolist()) == ([[0, 1], [1, 2]], [1.0, 4.0])


@pytest.mark.parametrize("count", [0, 1, 3])
def test_one_group_alone_has_neither(count: int) -> None:
    found = nearest_cases(np.ones((count, 4), np.float32), np.zeros(count, np.int64), 2, 0.5)
    assert found.foreign.tolist() == [[-1, -1]] * count
    assert set(found.distances.tolist()) <= {0.0}


def test_of_many_the_lists_find_nearly_all_that_comparing_all_finds() -> None:
    random = np.random.default_rng(0)
    centres = random.standard_normal((30, 24))
    vectors = (centres[random.integers(30, size=3000)] + 0.5 * random.standard_normal((3000, 24))).astype(np.float32)
    vectors[1::60] = vectors[::60] + random.standard_normal((50, 24)) * 0.02
    groups = np.arange(3000) // 2
    every, found = (nearest_cases(vectors, groups, 10, 0.5, exact=exact) for exact in (3000, 100))
    alike = [len(set(one) & set(other)) for one, other in zip(every.foreign, found.foreign, strict=True)]
    assert np.mean(alike) > 9.9
    assert np.mean(found.foreign[:, 0] == every.foreign[:, 0]) > 0.99
    assert found.pairs.tolist() == every.pairs.tolist()
    assert np.allclose(found.distances, every.distances)
