"""The nearest cases of every case: those of other groups, and pairs of nearly the same picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.retrieval.audit.near_search import EXACT, Lists

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

BLOCK_CELLS = 2**22
"""Distances that are held at once: some tens of MB."""


@dataclass(frozen=True, eq=False)
class NearestCases:
    """What lies near each of n cases."""

    foreign: NDArray[np.int64]
    """Rows of the nearest cases of other groups, nearest first, shape (n, k); -1 where there are fewer."""
    pairs: NDArray[np.int64]
    """Pairs of rows, of one group or two, within the threshold, nearest first; shape (m, 2), the smaller row first."""
    distances: NDArray[np.float64]
    """Of the pairs, Euclidean, shape (m,)."""


def nearest_cases(
    vectors: NDArray[np.float32], groups: NDArray[np.int64], k: int, ratio: float, exact: int = EXACT
) -> NearestCases:
    """The k nearest cases of other groups, and pairs within `ratio` times the median distance to the nearest of those.

    Pairs are looked for among each case's k nearest; of more copies than that, the others are not listed.

    Args:
        vectors: finite, float32, shape (n, d).
        groups: number of each row's group, from 0, shape (n,).
        k: at least 1.
        ratio: as of `near_pairs`, which has the same threshold.
        exact: vectors up to which all are compared with all; of more, the nearest are found by lists.
    """
    count = len(vectors)
    foreign = np.full((count, k), -1, np.int64)
    first = np.full(count, np.inf, np.float32)
    beside = np.full((count, k), -1, np.int64)
    if count:
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        search = _flat(vectors) if count <= exact else Lists(vectors).ranked
        # A case's own group may hold the nearest places: as many more are looked up. Powers of two make few sizes.
        own = 2 ** np.ceil(np.log2(np.bincount(groups)[groups])).astype(np.int64)
        wanted = np.minimum(count, k + own)
        for places in np.unique(wanted).tolist():
            rows = np.flatnonzero(wanted == places)
            for start in range(0, len(rows), step := max(1, BLOCK_CELLS // places)):
                part = rows[start : start + step]
                squared, found = search(part, places)
                foreign[part], first[part] = _of_others(found, squared, groups, groups[part], k)
                beside[part] = _padded(found, found != part[:, None], k)
    reached = np.isfinite(first)
    threshold = ratio * float(np.median(np.sqrt(np.maximum(first[reached], 0)))) if reached.any() else 0.0
    pairs = _pairs(beside)
    distances = np.linalg.norm(vectors[pairs[:, 0]].astype(np.float64) - vectors[pairs[:, 1]], axis=1)
    order = np.argsort(distances, kind="stable")
    order = order[distances[order] <= threshold]
    return NearestCases(foreign, pairs[order], distances[order])


def _flat(vectors: NDArray[np.float32]) -> Callable[[NDArray[np.int64], int], tuple[Any, Any]]:
    """Squared distances and rows of the nearest of some rows, all compared with all."""
    import faiss

    index = faiss.IndexFlatL2(vectors.shape[1])
    index.add(vectors)
    return lambda rows, count: index.search(vectors[rows], count)


def _of_others(
    found: NDArray[np.int64],
    squared: NDArray[np.float32],
    groups: NDArray[np.int64],
    own: NDArray[np.int64],
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The first k of each row that are of another group, and the squared distance of the very first."""
    others = (groups[found] != own[:, None]) & (found >= 0)
    place = others.argmax(axis=1)
    nearest = squared[np.arange(len(found)), place]
    return _padded(found, others, k), np.where(others.any(axis=1), nearest, np.inf).astype(np.float32)


def _padded(found: NDArray[np.int64], wanted: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
    """The first k wanted of each row, in their order; -1 where there are fewer."""
    order = np.argsort(~wanted, axis=1, kind="stable")[:, :k]
    chosen = np.where(np.take_along_axis(wanted, order, 1), np.take_along_axis(found, order, 1), -1)
    return np.pad(chosen, ((0, 0), (0, k - chosen.shape[1])), constant_values=-1)


def _pairs(beside: NDArray[np.int64]) -> NDArray[np.int64]:
    rows = np.repeat(np.arange(len(beside)), beside.shape[1])
    both = np.stack([rows, beside.ravel()], axis=1)
    return np.unique(np.sort(both[both[:, 1] >= 0], axis=1), axis=0)
