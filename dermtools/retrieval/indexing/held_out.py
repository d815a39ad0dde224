"""Held-out queries of the case base itself, and their true nearest cases of other patients, by brute force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dermtools.intervals import Interval, share_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.progress import Progress

BLOCK_ROWS = 16_384
SPARE = 11
"""Rows beyond those wanted that a product in float32 proposes, for float64 to order."""


@dataclass(frozen=True)
class HeldOut:
    """Queries, each a row of another group, with what is right."""

    vectors: NDArray[np.float32]
    """Shape (q, d)."""
    own: list[frozenset[int]]
    """Rows of each query's group, itself among them, which neither truth nor search meets."""
    nearest: NDArray[np.int64]
    """The true nearest rows, shape (q, five), nearest first."""
    farthest: NDArray[np.float64]
    """Distance of the last of them, shape (q,)."""

    def __len__(self) -> int:
        return len(self.vectors)

    def part(self, start: int, stop: int) -> HeldOut:
        """Some of the queries."""
        some = slice(start, stop)
        return HeldOut(self.vectors[some], self.own[some], self.nearest[some], self.farthest[some])

    def shares(self, found: Iterable[list[tuple[int, float]]]) -> NDArray[np.float64]:
        """Share of each query's nearest that a search found; one as near as the last of them is as right."""
        five = self.nearest.shape[1]
        near = zip(found, self.farthest.tolist(), strict=True)
        return np.array([sum(distance <= last * (1 + 1e-9) for _, distance in rows) / five for rows, last in near])


def held_out(
    vectors: NDArray[np.float32],
    groups: NDArray[np.intp],
    rows: NDArray[np.int64],
    queries: int,
    five: int,
    seed: int,
    progress: Progress,
) -> HeldOut:
    """At most so many queries among `rows`, each of another group, and their `five` nearest among those rows.

    Rows are counted within `rows`: row i is `vectors[rows[i]]`, and `groups`, shape (n,), numbers those of all.
    """
    inside = groups[rows]
    order = np.random.default_rng(seed).permutation(len(rows))
    chosen = order[np.sort(np.unique(inside[order], return_index=True)[1])][:queries]
    asked = np.ascontiguousarray(vectors[rows[chosen]])
    by_group = np.argsort(inside, kind="stable")
    bounds = (
        np.searchsorted(inside[by_group], inside[chosen], "left"),
        np.searchsorted(inside[by_group], inside[chosen], "right"),
    )
    own = [frozenset(by_group[a:b].tolist()) for a, b in zip(*bounds, strict=True)]
    kept = min(five + SPARE, max(len(rows) - 1, 1))
    best = np.full((len(asked), kept), np.inf, np.float32)
    at = np.full((len(asked), kept), -1, np.int64)
    progress.start(len(rows), "exact search for held-out queries")
    for start in range(0, len(rows), BLOCK_ROWS):
        part = rows[start : start + BLOCK_ROWS]
        block = np.ascontiguousarray(vectors[part])
        apart = np.einsum("ij,ij->i", block, block) - 2 * (asked @ block.T)
        apart[inside[chosen][:, None] == groups[part][None, :]] = np.inf
        near = np.argpartition(apart, min(kept, len(part)) - 1, axis=1)[:, :kept]
        best = np.hstack([best, np.take_along_axis(apart, near, axis=1)])
        at = np.hstack([at, near + start])
        order = np.argpartition(best, kept - 1, axis=1)[:, :kept]
        best, at = np.take_along_axis(best, order, axis=1), np.take_along_axis(at, order, axis=1)
        progress.advance(len(part))
    nearest = np.empty((len(asked), five), np.int64)
    farthest = np.empty(len(asked))
    for i in range(len(asked)):
        there = at[i][np.isfinite(best[i])]
        distances = np.sqrt(np.square(vectors[rows[there]] - asked[i].astype(np.float64)).sum(axis=1))
        first = np.lexsort((there, distances))[:five]
        if len(first) < five:
            raise ValueError("too few cases of other groups")
        nearest[i], farthest[i] = there[first], distances[first[-1]]
    return HeldOut(asked, own, nearest, farthest)


def own_left_out(ranking: Iterable[tuple[int, float]], own: frozenset[int]) -> Iterator[tuple[int, float]]:
    """A ranking without some rows."""
    return (pair for pair in ranking if pair[0] not in own)


def measured(shares: NDArray[np.float64]) -> tuple[float, Interval]:
    """Recall over queries, and its 95 % interval: each query is another patient's."""
    return float(shares.mean()), share_interval(shares, np.arange(len(shares)))
