"""Near hashes found by an index are those that comparing all pairs finds."""

from __future__ import annotations

import numpy as np
import pytest

from dermtools.images.near_hashes import near_hashes
from dermtools.images.picture_hash import turned

Pairs = set[tuple[int, int]]


def planted(count: int, copies: int, off: int, seed: int = 0) -> tuple[np.ndarray, Pairs]:
    """Random hashes, of which some pairs are turned copies that differ in so many bits; and those pairs."""
    rng = np.random.default_rng(seed)
    hashes = rng.integers(256, size=(count, 32), dtype=np.uint8)
    rows = rng.permutation(count)[: 2 * copies].reshape(-1, 2)
    hashes[rows[:, 1]] = turned(hashes[rows[:, 0]])[np.arange(copies), rng.integers(8, size=copies)]
    hashes[rows[:, 1]] ^= np.packbits(np.argsort(rng.random((copies, 256)), axis=1) < off, axis=1)
    return hashes, {(int(min(pair)), int(max(pair))) for pair in rows}


def found(hashes: np.ndarray, **options: int) -> Pairs:
    return {(one, other) for one, other in near_hashes(hashes, 80, len(hashes), **options).rows.tolist()}


@pytest.mark.parametrize("off", [0, 12, 24])
def test_an_index_misses_no_planted_copy(off: int) -> None:
    hashes, pairs = planted(6_000, 200, off)
    assert found(hashes) == pairs
    assert found(hashes, exact=0) == pairs
    told = near_hashes(hashes, 80, len(hashes), exact=0).recall
    assert told is not None
    assert 0.85 < told <= 1
    assert near_hashes(hashes, 80, len(hashes)).recall is None


def test_only_pairs_with_one_of_those_asked_about_are_looked_for() -> None:
    hashes, pairs = planted(3_000, 100, 8)
    wanted = {pair for pair in pairs if pair[0] < 500}
    assert found(hashes, asked=500) == found(hashes, asked=500, exact=0) == wanted


@pytest.mark.parametrize("exact", [0, 100])
def test_the_nearest_pairs_come_first_and_no_more_than_are_wanted(exact: int) -> None:
    rng = np.random.default_rng(1)
    first = rng.integers(256, size=32, dtype=np.uint8)
    hashes = np.repeat(first[None], 12, axis=0)
    hashes[:, 0] ^= np.array([0, *(2**bit for bit in range(8)), 3, 5, 7], np.uint8)
    bits = np.bitwise_count(hashes[:, None] ^ hashes).sum(axis=2)
    got = near_hashes(hashes, 80, 20, exact=exact).rows
    distances = [int(bits[one, other]) for one, other in got.tolist()]
    every = sorted(int(bits[one, other]) for one in range(12) for other in range(one + 1, 12))
    assert distances == every[:20]
    assert len(np.unique(got, axis=0)) == 20


def test_hashes_of_nothing_are_near_nothing() -> None:
    assert len(near_hashes(np.zeros((50, 32), np.uint8), 80, 50).rows) == 0
    assert len(near_hashes(np.zeros((0, 32), np.uint8), 80, 50, exact=0).rows) == 0
