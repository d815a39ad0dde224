"""How sure an accuracy is: Wilson's interval, and a bootstrap that keeps each group together."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

CONFIDENCE = 0.95
RESAMPLES = 10_000
_CHUNK = 2_000_000
"""Groups drawn at once while resampling; bounds the memory at some tens of MiB."""


@dataclass(frozen=True)
class Interval:
    """A two-sided confidence interval."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def wilson(right: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Wilson's score interval of a share (Wilson 1927); [0, 1] without cases.

    It takes the cases as independent: with several pictures a patient it is too narrow.
    """
    if n == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, spread = right / n, z * z / n
    center = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return Interval(max(0.0, center - half) if right else 0.0, min(1.0, center + half) if right < n else 1.0)


def clustered_bootstrap(
    values: ArrayLike,
    groups: NDArray[np.intp],
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap interval of the mean of `values`, drawing whole groups with replacement.

    Cases of one group (patient, encounter) resemble each other, so they are drawn together
    (Davison and Hinkley 1997, section 3.8).

    Args:
        values: one value a case, shape (n,): 0 and 1 for an accuracy, -1 to 1 for a paired difference.
        groups: number of each case's group, 0 to g - 1, shape (n,).
        confidence: coverage, in (0, 1).
    """
    values = np.asarray(values, dtype=np.float64)
    if not len(values):
        return Interval(float("nan"), float("nan"))
    sums, sizes = np.bincount(groups, weights=values), np.bincount(groups).astype(np.float64)
    count = len(sizes)
    random = np.random.default_rng(seed)
    means = []
    for start in range(0, resamples, step := max(1, _CHUNK // count)):
        drawn = random.integers(count, size=(min(step, resamples - start), count))
        means.append(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    low, high = np.quantile(np.concatenate(means), [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(low), float(high))
