"""What can be said of one method against another on the same cases, in numbers and in a word.

The unit is the group (patient, encounter). `better` and `worse` come from a sign-flip permutation test over groups
(`sign_flip`), corrected for all pairs by Holm's method, which also covers that the best of several was chosen after
looking. `equivalent` is said inside a margin that the user gave, by two one-sided tests (Schuirmann 1987), corrected in
the same way. Everything else is undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from math import ceil, comb
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.errors import QueryError
from dermtools.evaluation.statistics.sign_flip import sign_flip
from dermtools.intervals import ClusteredMean, Interval, clustered_mean, difference_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.evaluation.scoring import Scored

ALPHA = 0.05
POWER = 0.8


class Verdict(StrEnum):
    """What can be said of the first method against the second.

    `BETTER` and `WORSE` are differences that the corrected test shows, `EQUIVALENT` one that it shows to be inside
    the stated margin; `UNDECIDED` is everything else.
    """

    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Comparison:
    """One pair of methods on the cases that both were asked.

    `first` and `second` are names of arms; `n` counts the cases, `groups` their patients; `only_second` are cases that
    only the second got right, as `only_first`; `verdict` is about the first against the second.
    """

    first: str
    second: str
    n: int
    groups: int
    only_first: int
    """Cases that only the first method got right."""
    only_second: int
    difference: float
    """Accuracy of the first minus that of the second, in [-1, 1]."""
    interval: Interval
    """Of the difference, 95 %, over groups; of this pair alone."""
    p: float
    """Sign-flip permutation test over groups, two-sided."""
    adjusted_p: float
    """After Holm's correction for all pairs tested."""
    mcnemar_p: float
    """Exact McNemar test, which takes cases as independent. For reference: it decides nothing."""
    margin: float | None
    """Inside which the methods may be called equivalent; None where none was given."""
    equivalence_p: float | None
    """Two one-sided tests of the margin, after Holm's correction; None without a margin."""
    detectable: float
    """Smallest true difference that a run like this shows with 80 % power, corrected for the pairs tested."""
    groups_needed: int | None
    """Groups that would show the observed difference with that power; None where none was observed."""
    verdict: Verdict

    @property
    def sentence(self) -> str:
        """The verdict in words, with its figures."""
        points, cases = f"{100 * self.difference:+.1f} points", f"{self.n} cases of {self.groups} groups"
        span = f"95 %: {100 * self.interval.low:+.1f} to {100 * self.interval.high:+.1f}"
        if self.verdict is Verdict.EQUIVALENT and self.margin is not None and self.equivalence_p is not None:
            inside = f"inside {100 * self.margin:g} points, adjusted p = {self.equivalence_p:.2g}"
            return f"{self.first} and {self.second} are equivalent: {points} ({span}; {inside}; {cases})"
        figures = f"{points} ({span}; adjusted p = {self.adjusted_p:.2g}; {cases})"
        if self.verdict is not Verdict.UNDECIDED:
            return f"{self.first} is {self.verdict.value} than {self.second}: {figures}"
        could = f"this run shows {100 * self.detectable:.0f} points or more with {100 * POWER:.0f} % power"
        needed = "" if self.groups_needed is None else f"; the observed difference needs {self.groups_needed:,} groups"
        return f"{self.first} against {self.second} is undecided: {figures}; {could}{needed}"

    def behind(self, said: str) -> str:
        """The sentence behind what it means, which has said already where it is undecided."""
        return f"{said}: {self.sentence.replace(' is undecided', '', 1)}"


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


def check_margin(margin: float | None) -> None:
    """Refuse what is no difference in accuracy, with a QueryError."""
    if margin is not None and not 0 < margin < 1:
        raise QueryError(f"margin must be a difference in accuracy between 0 and 1, e.g. 0.05, not {margin}")


def compare(methods: Sequence[Scored], *, alpha: float = ALPHA, margin: float | None = None) -> list[Comparison]:
    """Compare every pair of methods; they are one family for Holm's correction.

    Args:
        methods: scored answers; each pair is compared on the cases that both have, and left out where it has none.
        alpha: chance of any false `better` or `worse` in the family, and of any false `equivalent`.
        margin: difference in accuracy, in (0, 1), that makes no odds; without one, nothing is called equivalent.

    Raises:
        QueryError: no two methods share a case, two differ in the truth of one, or the margin is no such share.
    """
    check_margin(margin)
    asked = {one.name: {target.case_id for target in one.targets} for one in methods}
    every = list(combinations(methods, 2))
    pairs = [(one, two) for one, two in every if not asked[one.name].isdisjoint(asked[two.name])] or every
    return judge([unjudged(*pair, alpha / len(pairs), margin) for pair in pairs], alpha)


def judge(found: Sequence[Comparison], alpha: float = ALPHA) -> list[Comparison]:
    """Correct the p values of a family of measured pairs and give each its verdict."""
    tests = [(pair.difference, pair.p, pair.equivalence_p) for pair in found]
    return [replace(pair, **fields) for pair, fields in zip(found, corrected(tests, alpha), strict=True)]


def corrected(tests: Sequence[tuple[float, float, float | None]], alpha: float) -> list[dict[str, Any]]:
    """Adjusted p values and verdict of each test of a family: of its difference, p and p of equivalence."""
    adjusted = holm([p for _, p, _ in tests])
    equivalent = holm([1.0 if same is None else same for _, _, same in tests])
    return [
        {
            "adjusted_p": p,
            "equivalence_p": None if given is None else same,
            "verdict": verdict_of(difference, p < alpha, same < alpha),
        }
        for (difference, _, given), p, same in zip(tests, adjusted, equivalent, strict=True)
    ]


def verdict_of(difference: float, apart: bool, equivalent: bool) -> Verdict:
    """The word for a difference that was shown to be none, or to be inside a margin, or neither.

    It can be both: real, and too small to matter. Then it is equivalent, as the user's margin says.
    """
    if equivalent:
        return Verdict.EQUIVALENT
    if not apart:
        return Verdict.UNDECIDED
    return Verdict.BETTER if difference > 0 else Verdict.WORSE


def unjudged(first: Scored, second: Scored, alpha: float, margin: float | None) -> Comparison:
    """One pair on its shared cases, measured but not yet judged; raises as `compare`."""
    rows = {target.case_id: row for row, target in enumerate(second.targets)}
    shared = [(row, rows[target.case_id]) for row, target in enumerate(first.targets) if target.case_id in rows]
    if not shared:
        raise QueryError(f"{first.name} and {second.name} share no case; compare runs over the same cases")
    one, two = (method.only(kept) for method, kept in zip((first, second), zip(*shared, strict=True), strict=True))
    odd = next((a.case_id for a, b in zip(one.targets, two.targets, strict=True) if a != b), None)
    if odd is not None:
        raise QueryError(f"case {odd!r} has another truth or group in {second.name}; compare runs over the same labels")
    return measure(first.name, second.name, one.right.astype(np.int64) - two.right, one.groups, alpha, margin)


def measure(
    first: str, second: str, gain: NDArray[np.int64], groups: NDArray[np.intp], alpha: float, margin: float | None
) -> Comparison:
    """One pair, not yet corrected and undecided.

    Args:
        gain: right by the first minus right by the second, a case, shape (n,).
        groups: number of each case's group, 0 to g - 1, shape (n,).
        alpha: divided by the number of pairs, for what the run could show.
    """
    only_first, only_second = int((gain > 0).sum()), int((gain < 0).sum())
    difference = (only_first - only_second) / len(gain)
    pooled = clustered_mean(gain, groups, low=-1.0)
    detectable = _detectable(pooled, alpha)
    p = sign_flip(gain, groups)
    return Comparison(
        first=first,
        second=second,
        n=len(gain),
        groups=pooled.groups,
        only_first=only_first,
        only_second=only_second,
        difference=difference,
        interval=difference_interval(gain, groups),
        p=p,
        adjusted_p=p,
        mcnemar_p=mcnemar(only_first, only_second),
        margin=margin,
        equivalence_p=None if margin is None else equivalence_p_value(pooled, margin),
        detectable=min(1.0, detectable),
        groups_needed=ceil(pooled.groups * (detectable / abs(difference)) ** 2) if difference else None,
        verdict=Verdict.UNDECIDED,
    )


def _detectable(pooled: ClusteredMean, alpha: float) -> float:
    """Difference that a two-sided t test over groups would find with the stated power; not limited to 1."""
    from scipy.special import stdtrit

    freedom = max(1, pooled.groups - 1)
    return float(stdtrit(freedom, 1 - alpha / 2) + stdtrit(freedom, POWER)) * pooled.error


def equivalence_p_value(pooled: ClusteredMean, margin: float) -> float:
    """P value of two one-sided t tests over groups (Schuirmann 1987): that the mean is not inside the margin."""
    from scipy.special import stdtr

    return 1.0 if pooled.groups < 2 else float(stdtr(pooled.groups - 1, (abs(pooled.mean) - margin) / pooled.error))
