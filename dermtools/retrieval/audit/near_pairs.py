"""Near-duplicate pictures by embedding distance: exact block by block, and of very many by an index."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np

from dermtools.retrieval.audit.near_search import EXACT, candidates

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 2048
"""Rows and columns of one block of distances: 16 MB, and a few such at a time."""
SAMPLE, SMALL_SAMPLE = 2048, 512
"""Rows from which the median nearest-neighbour distance is estimated; the fewer where not all pairs are compared."""
MAX_PAIRS = 100_000
"""Pairs kept in all; a case base with more is broken beyond listing them."""


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Pairs of rows that are nearer than the threshold, nearest first."""

    threshold: float
    """Euclidean distance."""
    rows: NDArray[np.int64]
    """Shape (m, 2), the smaller row first."""
    complete: bool
    """Whether all pairs are here that were found; the search stops at `MAX_PAIRS`."""
    recall: float | None = None
    """Share of drawn pairs at the threshold that the index finds from one side; None where all were compared."""


def near_pairs(
    vectors: NDArray[np.float32],
    groups: NDArray[np.int64],
    contents: NDArray[np.int64],
    ratio: float,
    exact: int = EXACT,
) -> NearPairs:
    """Pairs of different content within `ratio` times the median distance to the nearest other group.

    The median fits any embedder; it is over other groups, lest a patient's several pictures lower it. Vectors are
    finite, shape (n, d); `groups` and `contents` number each row's group and content, shape (n,). Of more than `exact`
    vectors, pairs are found by an index, which may miss some.
    """
    norms = np.einsum("ij,ij->i", vectors, vectors)
    all_of_them = len(vectors) <= exact
    threshold = ratio * _median_nearest(vectors, norms, groups, SAMPLE if all_of_them else SMALL_SAMPLE)
    if all_of_them:
        pairs, recall = _all_pairs(vectors, norms, contents, threshold), None
    else:
        found = candidates(vectors, threshold, contents, lambda count: count > 4 * MAX_PAIRS)
        pairs, recall = found.rows, found.recall
    total = len(pairs)
    distances = np.empty(total, dtype=np.float32)
    for start in range(0, total, BLOCK):
        first, second = pairs[start : start + BLOCK].T
        distances[start : start + BLOCK] = np.linalg.norm(vectors[first] - vectors[second], axis=1)
    order = np.argsort(distances, kind="stable")
    order = order[distances[order] <= threshold]
    return NearPairs(threshold, pairs[order[:MAX_PAIRS]], len(order) <= MAX_PAIRS, recall)


def _all_pairs(
    vectors: NDArray[np.float32], norms: NDArray[np.float32], contents: NDArray[np.int64], threshold: float
) -> NDArray[np.int64]:
    """Pairs within the threshold or a little more, every one compared, until there are more than `MAX_PAIRS`."""
    found = [np.empty((0, 2), np.int64)]
    total = 0
    for row, column in combinations_with_replacement(range(0, len(vectors), BLOCK), 2):
        if total > MAX_PAIRS:
            break
        rows, columns = slice(row, row + BLOCK), slice(column, column + BLOCK)
        # Rounding in the fast formula may move a distance by about 1e-3 of the norm: look wider, then measure.
        near = _squared(vectors, norms, rows, columns) <= threshold**2 + 1e-5 * norms[rows, None]
        near &= contents[rows, None] != contents[None, columns]
        pairs = np.argwhere(near) + np.array([row, column])
        found.append(pairs[pairs[:, 0] < pairs[:, 1]])
        total += len(found[-1])
    return np.concatenate(found)


def _median_nearest(
    vectors: NDArray[np.float32], norms: NDArray[np.float32], groups: NDArray[np.int64], most: int
) -> float:
    """Median distance of a case to the nearest case of another group; 0 where there is one group only."""
    count = len(vectors)
    sample = np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))
    nearest = np.full(len(sample), np.inf, dtype=np.float32)
    for start in range(0, count, BLOCK):
        columns = slice(start, start + BLOCK)
        squared = _squared(vectors, norms, sample, columns)
        squared[groups[sample, None] == groups[None, columns]] = np.inf
        nearest = np.minimum(nearest, squared.min(axis=1))
    distances = np.sqrt(np.maximum(nearest[np.isfinite(nearest)], 0))
    return float(np.median(distances)) if len(distances) else 0.0


def _squared(
    vectors: NDArray[np.float32], norms: NDArray[np.float32], rows: slice | NDArray[np.int64], columns: slice
) -> NDArray[np.float32]:
    """Squared distances of some rows to some others."""
    squared = vectors[rows] @ vectors[columns].T
    squared *= -2
    squared += norms[rows, None]
    squared += norms[None, columns]
    return squared
