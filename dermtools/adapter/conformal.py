"""Conformal label sets: sets that hold a true label with a target probability, whatever the classifier.

The guarantee is for a case of a new group that is exchangeable with the groups calibrated on (same kind of
patients, same cameras), averaged over all such cases: not for other populations, and not for each label unless it was
fitted so.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from dermtools.adapter.config import Strict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Score = Literal["lac", "aps"]
"""`lac`: one minus the probability of the label (Sadinle et al. 2019), the smallest sets. `aps`: the
probability of all labels at least as probable (Romano et al. 2020, without their randomisation), larger
sets that adapt better to hard cases."""


class Conformal(Strict):
    """A fitted rule that turns probabilities into label sets."""

    coverage: Annotated[float, Field(gt=0, lt=1)] = Field(description="target; at least this, on average")
    score: Score
    limit: float | None = Field(description="labels with a score up to this are in; None: too few groups, all are")
    limits: tuple[float | None, ...] | None = Field(
        default=None,
        exclude_if=lambda limits: limits is None,  # as in rules of earlier versions
        description="the same for each label, where the coverage holds for each by itself",
    )

    def label_set(self, probabilities: NDArray[np.float64]) -> list[int]:
        """Columns of the labels in the set, most probable first; never empty, the top label is always in."""
        order: list[int] = np.argsort(-probabilities, kind="stable").tolist()
        limits = (self.limit,) if self.limits is None else self.limits
        reach = np.array([math.inf if limit is None else limit for limit in limits])
        inside = nonconformity(probabilities[None], self.score)[0] <= reach
        return [order[0], *(column for column in order[1:] if inside[column])]


def nonconformity(probabilities: NDArray[np.float64], score: Score) -> NDArray[np.float64]:
    """How strange each label would be, shape (n, labels); the larger, the stranger."""
    if score == "lac":
        return np.asarray(1 - probabilities)
    order = np.argsort(-probabilities, axis=1, kind="stable")
    summed = np.cumsum(np.take_along_axis(probabilities, order, axis=1), axis=1)
    scores = np.empty_like(probabilities)
    np.put_along_axis(scores, order, summed, axis=1)
    return scores


def fit_conformal(
    probabilities: Floats,
    targets: Floats,
    group_ids: Sequence[str],
    *,
    coverage: float,
    score: Score = "lac",
    per_label: bool = False,
) -> Conformal:
    """Split conformal prediction (Vovk et al. 2005; Angelopoulos & Bates 2021), calibrated over groups.

    Probabilities and truth have shape (n, labels), of cases the classifier did not learn from. Cases of one group
    are not independent, so each group weighs the same. A case is covered when one of its true labels is in the set.

    With `per_label` the coverage holds for the cases of each label by itself (class-conditional: Vovk 2012; Ding et
    al. 2023), and of several true labels each is held. A label of too few groups is in every set.
    """
    scores = nonconformity(probabilities, score)
    true = targets > 0

    def quantile(rows: NDArray[np.bool_], values: Floats) -> float | None:
        limit = group_quantile(
            values[rows], [group for group, inside in zip(group_ids, rows, strict=True) if inside], coverage
        )
        return limit if math.isfinite(limit) else None

    every = np.ones(len(scores), dtype=np.bool_)
    limit = quantile(every, np.where(true, scores, np.inf).min(axis=1))
    limits = None
    if per_label:
        limits = tuple(quantile(true[:, label], scores[:, label]) for label in range(scores.shape[1]))
    return Conformal(coverage=coverage, score=score, limit=limit, limits=limits)


def group_quantile(scores: NDArray[np.float64], group_ids: Sequence[str], coverage: float) -> float:
    """The score that a case of a new group stays below with probability `coverage`; infinite with too few groups.

    Hierarchical conformal prediction (Lee, Barber & Willett 2023): of G groups each weighs 1 / (G + 1), shared by
    its cases, and the last 1 / (G + 1) lies at infinity. With one case a group: rank ceil((n + 1) coverage).
    """
    names, group_of = np.unique(np.asarray(group_ids), return_inverse=True)
    weights = 1.0 / np.bincount(group_of)[group_of]
    order = np.argsort(scores, kind="stable")
    summed = np.cumsum(weights[order])
    # In floating point the sum may fall short of the rank it reaches by less than this.
    reached = np.flatnonzero(summed >= coverage * (len(names) + 1) - 1e-9)
    return float(scores[order][reached[0]]) if reached.size else math.inf
