"""How sure a share or a difference is: intervals over patients, with the coverage that they state.

Cases of one group (patient, encounter) resemble each other, so what counts is groups. `benchmarks/statistics.py`
measures how often these intervals cover the truth; docs/evidence.md has the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

CONFIDENCE = 0.95
RESAMPLES = 10_000
_CHUNK = 2_000_000
"""Groups drawn at once while resampling; bounds the memory at some tens of MiB."""


@dataclass(frozen=True)
class Interval:
    """A two-sided confidence interval.

    `low` and `high` are in the unit of what was estimated.
    """

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


class ClusteredMean(NamedTuple):
    """A mean over cases and its standard error over groups, two pseudo-groups included."""

    mean: float
    error: float
    groups: int
    """Without the pseudo-groups."""


def share_interval(values: ArrayLike, groups: NDArray[np.intp], confidence: float = CONFIDENCE) -> Interval:
    """Interval of a share by Korn and Graubard (1998): Clopper and Pearson's, of the effective number of cases.

    The number of cases is divided by the design effect (Kish 1965), at least 1, and corrected for the degrees of
    freedom of groups. The design effect counts two pseudo-groups as well, one all right and one all wrong, so that it
    is defined where all answers agree (compare Dean and Pagano 2015). The interval never has width zero; of a single
    group it is [0, 1]. With one case a group it is Clopper and Pearson's interval of
    n (n + 1) / (n + 2) cases, a little wider than their exact one of n.

    Args:
        values: 0 or 1 a case, or any share in [0, 1], shape (n,).
        groups: number of each case's group, 0 to g - 1, shape (n,).
        confidence: coverage, in (0, 1).
    """
    from scipy.special import betaincinv, stdtrit

    values = np.asarray(values, dtype=np.float64)
    n, count = len(values), len(np.unique(groups))
    if count < 2:
        return Interval(0.0, 1.0)
    tail = (1 - confidence) / 2
    pooled = clustered_mean(values, groups, low=0.0)
    independent = pooled.mean * (1 - pooled.mean) / (n + 2 * _typical_size(groups))
    effective = n / max(1.0, pooled.error**2 / independent)
    effective *= (stdtrit(n - 1, tail) / stdtrit(count - 1, tail)) ** 2
    right = float(values.mean()) * effective
    low = betaincinv(right, effective - right + 1, tail) if right > 0 else 0.0
    high = betaincinv(right + 1, effective - right, 1 - tail) if right < effective else 1.0
    return Interval(float(low), float(high))


def difference_interval(values: ArrayLike, groups: NDArray[np.intp], confidence: float = CONFIDENCE) -> Interval:
    """Interval of a mean paired difference: Student's t over groups, never of width zero.

    The standard error is that of a ratio over groups (Kish 1965), with two pseudo-groups added, one all for the first
    method and one all for the second, as Bonett and Price (2012) add one pair each way.

    Args:
        values: a difference in [-1, 1] a case, shape (n,).
        groups: number of each case's group, 0 to g - 1, shape (n,).
        confidence: coverage, in (0, 1).
    """
    from scipy.special import stdtrit

    pooled = clustered_mean(values, groups, low=-1.0)
    if pooled.groups < 2:
        return Interval(-1.0, 1.0)
    half = float(stdtrit(pooled.groups - 1, (1 + confidence) / 2)) * pooled.error
    return Interval(max(-1.0, pooled.mean - half), min(1.0, pooled.mean + half))


def clustered_mean(values: ArrayLike, groups: NDArray[np.intp], *, low: float) -> ClusteredMean:
    """Mean of values in [low, 1] and its standard error over groups, with a pseudo-group at each end added.

    A pseudo-group is as large as the group of a typical case.
    """
    size = _typical_size(groups)
    present, places = np.unique(groups, return_inverse=True)
    count = len(present)
    sums = np.append(np.bincount(places, weights=np.asarray(values, dtype=np.float64)), [low * size, size])
    sizes = np.append(np.bincount(places), [size, size])
    mean = sums.sum() / sizes.sum()
    spread = float(((sums - mean * sizes) ** 2).sum()) * (count + 2) / (count + 1)
    return ClusteredMean(float(mean), sqrt(spread) / float(sizes.sum()), count)


def _typical_size(groups: NDArray[np.intp]) -> float:
    """Cases in the group of a case drawn at random (Kish 1965)."""
    sizes = np.bincount(groups)
    return float((sizes**2).sum() / sizes.sum())


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

    Davison and Hinkley 1997, section 3.8. Too narrow with few groups or shares near 0 and 1, down to width zero:
    nothing here is reported by it any more; see `share_interval` and `difference_interval`.

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
