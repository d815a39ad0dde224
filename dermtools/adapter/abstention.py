"""When to give no answer: a confidence threshold chosen for a target precision."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from dermtools.adapter.config import Strict

if TYPE_CHECKING:
    from numpy.typing import NDArray

Guarantee = Literal["estimate", "lower-bound"]
"""`estimate`: the share of right answers on the fitted cases reaches the target precision. `lower-bound`:
its one-sided Clopper-Pearson limit does, at a level of 90 %; needs more cases and answers less often."""

LEVEL = 0.9
MIN_ANSWERED = 10
"""An estimate from fewer answers is not one."""


class Abstention(Strict):
    """A fitted rule: answer where the confidence is at least the threshold."""

    precision: Annotated[float, Field(gt=0, lt=1)] = Field(description="target share of right answers")
    guarantee: Guarantee
    threshold: float | None = Field(description="None: no threshold reaches the precision; nothing is answered")
    achieved: float | None = Field(description="share of right answers on the fitted cases at this threshold")
    answered: float = Field(description="share of the fitted cases that were answered")

    def answers(self, confidence: float) -> bool:
        """Whether to answer at this confidence."""
        return self.threshold is not None and confidence >= self.threshold


def fit_abstention(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], *, precision: float, guarantee: Guarantee = "estimate"
) -> Abstention:
    """The lowest threshold that keeps the target precision.

    With `lower-bound`, thresholds are tested from the strictest that could pass downwards until one fails, so the
    level holds for the one chosen (fixed sequence testing: Angelopoulos et al. 2021, "Learn then test"; Geifman &
    El-Yaniv 2017). It takes cases for independent, which those of one group are not quite.

    Args:
        confidence: probability of the predicted label, shape (n,), of cases the classifier did not learn from.
        right: whether that label is a true one, shape (n,).
    """
    order = np.argsort(-confidence, kind="stable")
    ordered, hits = confidence[order], np.cumsum(right[order])
    chosen = 0
    # Equal confidences are answered together.
    for answered in [*(np.flatnonzero(np.diff(ordered)) + 1).tolist(), len(ordered)]:
        if guarantee == "estimate":
            if answered >= MIN_ANSWERED and hits[answered - 1] / answered >= precision:
                chosen = answered
        elif answered >= perfect_answers_needed(precision):
            if lower_bound(int(hits[answered - 1]), answered) < precision:
                break
            chosen = answered
    return Abstention(
        precision=precision,
        guarantee=guarantee,
        threshold=float(ordered[chosen - 1]) if chosen else None,
        achieved=float(hits[chosen - 1] / chosen) if chosen else None,
        answered=chosen / len(ordered) if len(ordered) else 0.0,
    )


def perfect_answers_needed(precision: float, level: float = LEVEL) -> int:
    """How many answers, all right, are needed before the lower bound can reach the precision."""
    return math.ceil(math.log(1 - level) / math.log(precision) - 1e-9)


def lower_bound(right: int, answered: int, level: float = LEVEL) -> float:
    """One-sided Clopper-Pearson lower limit of a share: the p at which so many or more have chance 1 - level."""
    if right == 0:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_least(right, answered, middle) < 1 - level else (low, middle)
    return low


def _at_least(right: int, answered: int, share: float) -> float:
    """Probability of `right` or more successes in `answered` trials."""
    factorials = [math.lgamma(n + 1) for n in range(answered + 1)]
    yes, no = math.log(share), math.log1p(-share)
    return math.fsum(
        math.exp(factorials[-1] - factorials[k] - factorials[answered - k] + k * yes + (answered - k) * no)
        for k in range(right, answered + 1)
    )
