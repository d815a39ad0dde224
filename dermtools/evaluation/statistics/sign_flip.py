"""The test behind every verdict: swap both methods' results for whole patients, and see how rare the difference is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def sign_flip(gain: ArrayLike, groups: NDArray[np.intp]) -> float:
    """Two-sided p value of the paired sign-flip permutation test over groups.

    If two methods are equally good, a group's results could as well have been the other method's, so the sign of its
    summed difference is a coin's. The distribution of the total over all sign patterns is exact for any number of
    groups: the product of the cosines that are its Fourier transform (each group is a two-point distribution), where
    enumeration would end at some 20 groups. McNemar's test is this one with every case a group of its own.

    Args:
        gain: right by the first minus right by the second, an integer a case, shape (n,).
        groups: number of each case's group, shape (n,).

    Sources: Fisher 1935 (paired randomisation); Pagano and Tritchler 1983 (its distribution by Fourier transform).
    """
    sums = np.rint(np.bincount(groups, weights=np.asarray(gain, dtype=np.float64))).astype(np.int64)
    sizes, counts = np.unique(np.abs(sums[sums != 0]), return_counts=True)
    if not len(sizes):
        return 1.0
    points = 2 * int(sizes @ counts) + 1
    angles = 2 * np.pi * np.arange(points // 2 + 1) / points
    transform = np.ones(len(angles))
    for size, count in zip(sizes, counts, strict=True):
        transform *= np.cos(size * angles) ** count
    chance = np.fft.irfft(transform, points)
    total = abs(int(sums.sum()))
    p = 1.0 if total == 0 else 2 * float(chance[total : points // 2 + 1].sum())
    # No p is below that of the one pattern, and its mirror image, in which all groups agree.
    return min(1.0, max(p, 2.0 ** (1 - int(counts.sum()))))
