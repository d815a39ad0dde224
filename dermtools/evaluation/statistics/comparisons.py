"""Whether one method is better than another on the same cases, in numbers and in a word.

A pair is called different only where both an exact McNemar test, corrected for all pairs tested, and a
bootstrap that keeps groups together say so. Everything else is tied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from dermtools.errors import QueryError
from dermtools.evaluation.statistics.intervals import Interval, clustered_bootstrap

if TYPE_CHECKING:
    from dermtools.evaluation.scoring import Scored

ALPHA = 0.05


class Verdict(StrEnum):
    """What can be said of the first method against the second."""

    BETTER = "better"
    WORSE = "worse"
    TIED = "tied"


@dataclass(frozen=True)
class Comparison:
    """One pair of methods on the cases that both were asked."""

    first: str
    second: str
    n: int
    only_first: int
    """Cases that only the first method got right."""
    only_second: int
    difference: float
    """Accuracy of the first minus that of the second, in [-1, 1]."""
    interval: Interval
    """Of the difference; groups are resampled whole."""
    p: float
    """Exact McNemar test, two-sided."""
    adjusted_p: float
    """After Holm's correction for all pairs tested."""
    smallest_difference: float
    """Smallest difference in accuracy that these cases could have shown at all."""
    verdict: Verdict

    @property
    def sentence(self) -> str:
        """The verdict in words, with its figures."""
        points = f"{100 * self.difference:+.1f} points"
        if self.verdict is Verdict.TIED:
            shown = f"{self.n} cases can show {100 * self.smallest_difference:.1f} or more"
            return f"{self.first} and {self.second} are tied: {points}, where {shown}"
        span = f"{100 * self.interval.low:+.1f} to {100 * self.interval.high:+.1f}"
        return f"{self.first} is {self.verdict.value} than {self.second}: {points} ({span}, p = {self.adjusted_p:.2g})"


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided exact p value of McNemar's test (McNemar 1947; the binomial form), from the cases in disagreement."""
    discordant, fewer = only_first + only_second, min(only_first, only_second)
    # Integers of any size, so that no number of cases underflows.
    tail = sum(comb(discordant, count) for count in range(fewer + 1))
    return min(1.0, 2 * tail / (1 << discordant))


def holm(p_values: Sequence[float]) -> list[float]:
    """P values adjusted for the family (Holm 1979), in the order given."""
    adjusted, running = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = running
    return adjusted


def smallest_difference(discordant: int, n: int, alpha: float = ALPHA) -> float:
    """Smallest difference in accuracy that an exact McNemar test of n pairs calls significant, before correction.

    `discordant`: cases on which exactly one of the two methods is right; with fewer than a significant result
    needs at all, the smallest sufficient number is taken instead.
    """
    while mcnemar(0, discordant) >= alpha:
        discordant += 1
    fewer, tail = -1, 0
    while 2 * (tail := tail + comb(discordant, fewer + 1)) / (1 << discordant) < alpha:
        fewer += 1
    return (discordant - 2 * fewer) / n


def compare(methods: Sequence[Scored], *, alpha: float = ALPHA, seed: int = 0) -> list[Comparison]:
    """Compare every pair of methods; they are one family for Holm's correction.

    Raises:
        QueryError: two methods share no case, or differ in the truth of one.
    """
    pairs = [_compare(first, second, alpha, seed) for first, second in combinations(methods, 2)]
    found = []
    for pair, p in zip(pairs, holm([pair.p for pair in pairs]), strict=True):
        apart = Verdict.BETTER if pair.difference > 0 else Verdict.WORSE
        tied = p >= alpha or 0.0 in pair.interval
        found.append(replace(pair, adjusted_p=p, verdict=Verdict.TIED if tied else apart))
    return found


def _compare(first: Scored, second: Scored, alpha: float, seed: int) -> Comparison:
    rows = {target.case_id: row for row, target in enumerate(second.targets)}
    shared = [(row, rows[target.case_id]) for row, target in enumerate(first.targets) if target.case_id in rows]
    if not shared:
        raise QueryError(f"{first.name} and {second.name} share no case; compare runs over the same cases")
    one, two = (method.only(kept) for method, kept in zip((first, second), zip(*shared, strict=True), strict=True))
    odd = next((a.case_id for a, b in zip(one.targets, two.targets, strict=True) if a != b), None)
    if odd is not None:
        raise QueryError(f"case {odd!r} has another truth or group in {second.name}; compare runs over the same labels")
    gain = one.right.astype(np.int64) - two.right
    only_first, only_second = int((gain > 0).sum()), int((gain < 0).sum())
    p = mcnemar(only_first, only_second)
    return Comparison(
        first=first.name,
        second=second.name,
        n=len(one),
        only_first=only_first,
        only_second=only_second,
        difference=(only_first - only_second) / len(one),
        interval=clustered_bootstrap(gain, one.groups, confidence=1 - alpha, seed=seed),
        p=p,
        adjusted_p=p,
        smallest_difference=smallest_difference(only_first + only_second, len(one), alpha),
        verdict=Verdict.TIED,
    )
