"""What varying one thing did: one test over patients an axis, not one for every pair of settings.

An axis of numbers (shots, picture size) is tested for a trend: each patient's answers, weighted by the place of their
setting on the axis, make one number, whose sign is a coin's if the axis has no effect, since the settings could as well
have come in the opposite order. That is the sign-flip permutation test of every verdict here, over a linear contrast of
ranks (compare Page 1963, whose test permutes all orders). An axis of words (order, diversity, prompt) is tested pair by
pair of its values. What else was varied is summed over, as far as all values of the axis were tried with it. All tests
of a study are one family for Holm's correction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.evaluation.statistics.comparisons import (
    ALPHA,
    Verdict,
    check_margin,
    corrected,
    equivalence_p_value,
)
from dermtools.evaluation.statistics.sign_flip import sign_flip
from dermtools.intervals import Interval, clustered_mean, difference_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.evaluation.scoring import Scored

Setting = Mapping[str, Any]
"""Axis to the value that it has in one arm."""


@dataclass(frozen=True)
class Effect:
    """What going from the first to the last value of an axis did to accuracy.

    `axis` is its name in the study; `groups` are the patients of the cases.
    """

    axis: str
    values: tuple[Any, ...]
    """In order; two of an axis of words."""
    n: int
    """Cases that all arms involved answered."""
    groups: int
    change: float
    """Of the straight line through all values, from the first to the last; of two values, their difference."""
    interval: Interval
    """Of the change, 95 %, over groups."""
    p: float
    """Sign-flip permutation test over groups, two-sided."""
    adjusted_p: float
    """After Holm's correction for all tests of the study."""
    equivalence_p: float | None
    """That the change is not inside the margin, after Holm's correction; None without a margin."""
    verdict: Verdict
    """Of the last value against the first."""

    @property
    def sentence(self) -> str:
        """The verdict in words, with its figures."""
        span = f"95 %: {100 * self.interval.low:+.1f} to {100 * self.interval.high:+.1f}"
        of = f"{self.n} cases of {self.groups} groups"
        trend = f"trend over {len(self.values)} values, " if len(self.values) > 2 else ""
        figures = f"{100 * self.change:+.1f} points ({span}; {trend}adjusted p = {self.adjusted_p:.2g}; {of})"
        return f"{self.axis} from {self.values[0]} to {self.values[-1]}: {self.verdict.value}, {figures}"


def lines_along(settings: Mapping[str, Setting], axis: str) -> list[tuple[dict[str, Any], dict[Any, str]]]:
    """What is held, and value of the axis to arm, for every combination of the other axes.

    An arm that lacks another axis, since that means nothing to it (no order without shots), belongs to every
    combination.
    """
    rests = {
        arm: {k: v for k, v in setting.items() if k != axis} for arm, setting in settings.items() if axis in setting
    }
    held: list[dict[str, Any]] = []
    for rest in rests.values():
        if rest not in held and not any(rest.items() < other.items() for other in rests.values()):
            held.append(rest)
    return [
        (one, {settings[arm][axis]: arm for arm, rest in rests.items() if rest.items() <= one.items()}) for one in held
    ]


def effects(
    settings: Mapping[str, Setting], methods: Sequence[Scored], *, margin: float | None = None, alpha: float = ALPHA
) -> list[Effect]:
    """Test every axis that has several values; of one arm, or none in common, nothing.

    Args:
        settings: arm to what it was set to.
        methods: scored answers, by arm.
        margin: change in accuracy, in (0, 1), that makes no odds; without one, nothing is called equivalent.
        alpha: chance of any false verdict in the family.

    Raises:
        QueryError: the margin is no such share.
    """
    check_margin(margin)
    answered = {one.name: one for one in methods if one.name in settings}
    present = {arm: setting for arm, setting in settings.items() if arm in answered}
    found: list[Effect] = []
    for axis in dict.fromkeys(axis for setting in present.values() for axis in setting):
        values = list(dict.fromkeys(setting[axis] for setting in present.values() if axis in setting))
        numbers = all(isinstance(value, int | float) for value in values)
        for tried in [sorted(values)] if numbers else combinations(values, 2):
            lines = [line for _, line in lines_along(present, axis) if set(tried) <= line.keys()]
            if lines and len(tried) > 1:
                effect = _effect(axis, tried, [[answered[line[value]] for value in tried] for line in lines], margin)
                found += [effect] if effect is not None else []
    tests = [(one.change, one.p, one.equivalence_p) for one in found]
    return [replace(one, **fields) for one, fields in zip(found, corrected(tests, alpha), strict=True)]


def _effect(axis: str, values: Sequence[Any], lines: Sequence[Sequence[Scored]], margin: float | None) -> Effect | None:
    """One test, not yet corrected. `lines` has arms in the order of the values, one list a combination of the rest."""
    arms = [arm for line in lines for arm in line]
    shared = set.intersection(*({target.case_id for target in arm.targets} for arm in arms))
    if not shared:
        return None
    rows = [[row for row, target in enumerate(arm.targets) if target.case_id in shared] for arm in arms]
    groups = arms[0].only(rows[0]).groups
    weights = np.arange(len(values)) * 2 - (len(values) - 1)
    each = np.tile(weights, len(lines))
    right: NDArray[np.int64] = np.array([arm.right[kept] for arm, kept in zip(arms, rows, strict=True)], dtype=np.int64)
    gain = each @ right
    # Least squares: the change from first to last value along the line through a case's answers.
    scale = 2 * (len(values) - 1) / float(each @ each)
    most = scale * float(each[each > 0].sum())
    shares = scale * gain / most
    between, pooled = difference_interval(shares, groups), clustered_mean(shares, groups, low=-1.0)
    p = sign_flip(gain, groups)
    return Effect(
        axis=axis,
        values=tuple(values),
        n=len(gain),
        groups=pooled.groups,
        change=float(scale * gain.mean()),
        interval=Interval(most * between.low, most * between.high),
        p=p,
        adjusted_p=p,
        equivalence_p=None if margin is None else equivalence_p_value(pooled, margin / most),
        verdict=Verdict.UNDECIDED,
    )
