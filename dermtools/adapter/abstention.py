"""When to give no answer: a confidence threshold chosen for a target precision."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from dermtools.adapter.config import Strict
from dermtools.intervals import share_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

Guarantee = Literal["estimate", "lower-bound"]
"""`lower-bound`: the precision is missed in at most one fit of ten. `estimate`: the share of right answers on the
fitted cases reaches it, which new cases miss in half of the fits; only to reproduce what others report."""

LEVEL = 0.9
"""How surely the lower bound holds."""
MIN_ANSWERED = 10
"""An estimate from fewer answers is not one."""
STEP = 1.1
"""By how much the answered cases grow from one threshold that is tried to the next."""


class Abstention(Strict):
    """A fitted rule: answer where the confidence is at least the threshold."""

    precision: Annotated[float, Field(gt=0, lt=1)] = Field(description="target share of right answers")
    guarantee: Guarantee
    threshold: float | None = Field(description="None: no threshold reaches the precision; nothing is answered")
    achieved: float | None = Field(description="share of right answers on the fitted cases at this threshold")
    answered: float = Field(description="share of the fitted cases that were answered")
    groups: int | None = Field(
        default=None,
        # Rules of earlier versions keep their content, and so the hash by which runs know a classifier.
        exclude_if=lambda groups: groups is None,
        description="patients or other groups fitted on; None of rules fitted before they counted",
    )

    def answers(self, confidence: float) -> bool:
        """Whether to answer at this confidence."""
        return self.threshold is not None and confidence >= self.threshold

    def remark(self) -> str:
        """What the threshold promises, or why there is none, in one line."""
        wanted, groups, needed = f"a precision of {self.precision:.0%}", self.groups or 0, groups_needed(self.precision)
        bound = self.guarantee == "lower-bound" and self.groups is not None
        if self.threshold is not None:
            said = "an estimate that new cases miss every other time"
            if bound:
                said = f"missed in at most {1 - LEVEL:.0%} of such fits (one-sided bound over {groups} groups)"
            return f"answering {self.answered:.0%} of cases keeps {wanted}: {said}"
        if bound and groups < needed:
            return f"{wanted} is not reachable with {groups} groups: at least {needed} are needed, however right"
        return f"{wanted} is not reachable{f' with {groups} groups' if bound else ''}: with abstention, no answers"


def fit_abstention(
    confidence: NDArray[np.float64],
    right: NDArray[np.bool_],
    group_ids: Sequence[str] | None = None,
    *,
    precision: float,
    guarantee: Guarantee = "lower-bound",
) -> Abstention:
    """The lowest threshold that keeps the target precision.

    With `lower-bound`, thresholds are tested from the strictest downwards until one fails, so that the level of the
    test holds for the one chosen (fixed sequence testing: Angelopoulos et al. 2021, "Learn then test"; Geifman and
    El-Yaniv 2017). The test is the one-sided limit of `share_interval`, over groups. The first threshold answers
    `groups_needed` groups, at least a tenth of all: with fewer, one unlucky answer would end the search.
    `benchmarks/statistics.py` measures how often the precision is missed.

    Args:
        confidence: probability of the predicted label, shape (n,), of cases the classifier did not learn from.
        right: whether that label is a true one, shape (n,).
        group_ids: patient or other group of each case; without, each case stands for itself.
    """
    order = np.argsort(-confidence, kind="stable")
    ordered, hits = confidence[order], right[order].astype(np.float64)
    groups = np.unique(range(len(order)) if group_ids is None else list(group_ids), return_inverse=True)[1][order]
    met = np.zeros(len(order), dtype=np.bool_)
    met[np.unique(groups, return_index=True)[1]] = True
    # Equal confidences are answered together.
    ends = np.unique(np.append(np.flatnonzero(np.diff(ordered)) + 1, len(ordered)))
    chosen, following = 0, 0.0
    for answered, seen in ((int(end), int(met[:end].sum())) for end in ends if end):
        if guarantee == "estimate":
            if answered >= MIN_ANSWERED and hits[:answered].mean() >= precision:
                chosen = answered
        elif seen >= max(groups_needed(precision), met.sum() / 10) and (answered >= following or answered == ends[-1]):
            limit = share_interval(hits[:answered], groups[:answered], confidence=2 * LEVEL - 1).low
            if limit < precision:
                break
            chosen, following = answered, STEP * answered
    return Abstention(
        precision=precision,
        guarantee=guarantee,
        threshold=float(ordered[chosen - 1]) if chosen else None,
        achieved=float(hits[:chosen].mean()) if chosen else None,
        answered=chosen / len(ordered) if len(ordered) else 0.0,
        groups=int(met.sum()),
    )


def groups_needed(precision: float, level: float = LEVEL) -> int:
    """How many groups must be answered before a threshold is tested.

    Twice as many as an exact bound needs if all answers are right, since some will be wrong.
    """
    return 2 * math.ceil(math.log(1 - level) / math.log(precision) - 1e-9)
