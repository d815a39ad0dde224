"""Fusion: one prediction from several methods' probabilities, with weights fitted on validation only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dermtools.adapter.answering import USUAL, Answering, Guarantees, ProbabilisticMethod, calibrated, fit_answering
from dermtools.adapter.calibration import TINY
from dermtools.adapter.training_data import TaskData, soft_targets, validation_parts
from dermtools.errors import TrainingError
from dermtools.prediction import Method, Outcome, Prediction, Query

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS = 200
"""Of expectation maximisation; it has settled long before."""


class FusionMethod(ProbabilisticMethod):
    """A linear pool: the weighted mean of the members' probabilities, calibrated.

    A pool of calibrated members is under-confident (Ranjan & Gneiting 2010), so it gets a temperature of its own.

    Args:
        members: methods of one task that give probabilities.
        labels: the task's closed label set.
        weights: one a member, summing to 1; equal where None.
        answering: calibration of the pool.
        abstain: give no label below the threshold of `answering`.
        notes: how the weights came about.

    Raises:
        TrainingError: there is no member, they answer different tasks, or there is nothing to abstain by.
    """

    def __init__(
        self,
        members: Sequence[Method],
        labels: Sequence[str],
        weights: NDArray[np.float64] | None = None,
        answering: Answering | None = None,
        *,
        abstain: bool = False,
        notes: Sequence[str] = (),
    ) -> None:
        if not members:
            raise TrainingError("a fusion needs at least one method")
        if len({member.task for member in members}) > 1:
            raise TrainingError(f"methods of different tasks cannot be fused: {', '.join(m.task for m in members)}")
        super().__init__("fusion", members[0].task, labels, answering, abstain=abstain)
        self.members = tuple(members)
        self.weights = np.full(len(members), 1 / len(members)) if weights is None else weights
        self.notes = tuple(notes)

    @classmethod
    def fit(
        cls, members: Sequence[Method], data: TaskData, *, wanted: Guarantees = USUAL, abstain: bool = False
    ) -> FusionMethod:
        """Fit the weights on one part of validation and calibrate on the other; see `validation_parts`.

        The members must not have learned from validation cases: a neighbours' vote counts train cases only.
        Without validation the weights are equal.

        Raises:
            TrainingError: as the class; or a member gives no probabilities for a validation case.
        """
        parts = validation_parts(data.valid)
        if not len(parts.tuning):
            notes = ["no validation cases: equal weights, not calibrated"]
            return cls(members, data.labels, abstain=abstain, notes=notes)
        given = cls(members, data.labels)._member_probabilities(parts.tuning.queries())
        weights = fit_weights(given, soft_targets(parts.tuning, data.labels))
        pool = cls(members, data.labels, weights)
        logits = pool._pool(pool._member_probabilities(parts.calibration.queries()))
        answering = fit_answering(logits, parts.calibration, data.labels, held_out=not parts.shared, wanted=wanted)
        shares = ", ".join(f"{member.name} {weight:.2f}" for member, weight in zip(members, weights, strict=True))
        notes = [f"weights fitted on {len(parts.tuning)} validation cases: {shares}", *answering.remarks()]
        return cls(members, data.labels, weights, answering, abstain=abstain, notes=notes)

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        """Predictions in the order of the queries; outcome `error` where a member gave no probabilities. Raises as
        members do.
        """
        answers = [member.predict_many(queries) for member in self.members]
        results: list[Prediction] = []
        for given in zip(*answers, strict=True):
            silent = next((answer for answer in given if answer.probabilities is None), None)
            if silent is not None:
                reason = f"{silent.method} gave no probabilities ({silent.outcome}): {silent.reason or 'no reason'}"
                results.append(Prediction(method=self.name, task=self.task, outcome=Outcome.ERROR, reason=reason))
                continue
            pooled = self._pool(np.stack([self._row(answer) for answer in given])[:, None])
            results += self._answers(calibrated(pooled, self.answering))
        return results

    def _pool(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log of the weighted mean, shape (n, labels), from shape (members, n, labels)."""
        return np.asarray(np.log(np.maximum(np.tensordot(self.weights, probabilities, axes=1), TINY)))

    def _member_probabilities(self, queries: Sequence[Query]) -> NDArray[np.float64]:
        """Shape (members, n, labels)."""
        return np.stack([[self._row(answer) for answer in member.predict_many(queries)] for member in self.members])

    def _row(self, answer: Prediction) -> NDArray[np.float64]:
        """Probabilities in the order of the label set; a label that a method does not name has none."""
        if answer.probabilities is None:
            why = answer.reason or answer.outcome
            raise TrainingError(f"{answer.method} gives no probabilities ({why}); leave it out")
        foreign = next((label for label in answer.probabilities if label not in self.labels), None)
        if foreign is not None:
            raise TrainingError(f"{answer.method} gave label {foreign!r}, which the task's label set does not hold")
        return np.array([answer.probabilities.get(label, 0.0) for label in self.labels])


def fit_weights(probabilities: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of a linear pool that make the truth likeliest, shape (members,), summing to 1.

    Expectation maximisation of a mixture with fixed components (Dempster et al. 1977), which is concave. One
    case's worth of weight is given to each member beforehand, so that few cases move the weights little.
    Probabilities have shape (members, n, labels), the truth (n, labels).
    """
    members = len(probabilities)
    # Probability that each member gives to the truth; of several true labels, to all of them together.
    likelihood = np.maximum((probabilities * (targets > 0)).sum(axis=2), TINY)
    weights = np.full(members, 1 / members)
    for _ in range(STEPS):
        shares = weights[:, None] * likelihood
        weights = (shares / shares.sum(axis=0)).sum(axis=1) + 1.0
        weights /= weights.sum()
    return weights
