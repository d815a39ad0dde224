"""From logits to an answer: temperature, conformal label set and abstention, fitted together on held-out cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from dermtools.adapter.abstention import Abstention, Guarantee, fit_abstention
from dermtools.adapter.calibration import (
    MAX_TEMPERATURE,
    MIN_TEMPERATURE,
    Reliability,
    correct,
    fit_temperature,
    reliability,
    softmax,
)
from dermtools.adapter.config import Strict
from dermtools.adapter.conformal import Conformal, Score, fit_conformal
from dermtools.adapter.training_data import FittedOn, LabelledVectors, soft_targets
from dermtools.errors import TrainingError
from dermtools.prediction import LocalMethod, Outcome, Prediction, Query, ranked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Guarantees:
    """What the answers should hold to."""

    coverage: float = 0.9
    """Probability that a conformal label set holds a true label, between 0 and 1."""
    score: Score = "lac"
    """What label sets are made by; see `conformal`."""
    precision: float = 0.8
    """Share of right answers among those given when abstaining, between 0 and 1."""
    guarantee: Guarantee = "lower-bound"
    """How surely the precision holds."""
    per_label: bool = False
    """Whether the coverage holds for each label by itself; label sets grow."""

    def __post_init__(self) -> None:
        for name, value in (("coverage", self.coverage), ("precision", self.precision)):
            if not 0 < value < 1:
                raise TrainingError(f"{name} is {value}; it must lie between 0 and 1, both excluded")


Wanted = Guarantees
"""Former name."""
USUAL = Guarantees()


class Calibration(Strict):
    """Temperature of the logits, and reliability before and after it on the fitted cases."""

    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    before: Reliability
    after: Reliability


class Answering(Strict):
    """How a classifier answers, fitted on held-out cases.

    `calibration` makes probabilities honest, `conformal` gives label sets, `abstention` says when to give no label;
    `fitted_on` says which cases all three come from.
    """

    calibration: Calibration
    conformal: Conformal
    abstention: Abstention
    fitted_on: FittedOn

    def remarks(self) -> list[str]:
        """What is weak about this fit, one line each."""
        remarks = []
        temperature, sets = self.calibration.temperature, self.conformal
        if not self.fitted_on.held_out:
            remarks.append(f"only {self.fitted_on.cases} validation cases: they chose the model and calibrated it too")
        if temperature in (MIN_TEMPERATURE, MAX_TEMPERATURE):
            remarks.append(f"the temperature ended at its limit {temperature:g}: too few cases to calibrate on")
        if sets.limit is None:
            remarks.append(f"too few groups for a coverage of {sets.coverage:.0%}: label sets hold all labels")
        elif sets.limits is not None and (few := sets.limits.count(None)):
            count = "1 label has" if few == 1 else f"{few} labels have"
            remarks.append(f"{count} too few groups for a coverage of {sets.coverage:.0%}, and is in every label set")
        if self.abstention.threshold is None:
            remarks.append(self.abstention.remark())
        return remarks


def fit_answering(
    logits: NDArray[np.float64],
    cases: LabelledVectors,
    labels: Sequence[str],
    *,
    held_out: bool,
    wanted: Guarantees = USUAL,
) -> Answering:
    """Fit temperature, label sets and threshold to logits, shape (n, labels), n at least 1, of cases not learned from.

    `held_out`: nothing about the classifier was chosen on them either.
    """
    targets = soft_targets(cases, labels)
    temperature = fit_temperature(logits, targets)
    before, after = softmax(logits), softmax(logits / temperature)
    figures = {"before": reliability(before, targets), "after": reliability(after, targets)}
    confidence, right = after.max(axis=1), correct(after, targets)
    return Answering(
        calibration=Calibration(temperature=temperature, **figures),
        conformal=fit_conformal(
            after,
            targets,
            cases.group_ids,
            coverage=wanted.coverage,
            score=wanted.score,
            per_label=wanted.per_label,
        ),
        abstention=fit_abstention(
            confidence, right, cases.group_ids, precision=wanted.precision, guarantee=wanted.guarantee
        ),
        fitted_on=FittedOn.describe(cases, split="valid", held_out=held_out),
    )


def calibrated(logits: NDArray[np.float64], answering: Answering | None) -> NDArray[np.float64]:
    """Probabilities, shape (n, labels); not calibrated without `answering`."""
    return softmax(logits / answering.calibration.temperature if answering else logits)


class ProbabilisticMethod(LocalMethod):
    """Base of methods that answer many queries at once, by probabilities over a closed label set.

    `answering` gives label sets and, with `abstain`, no label below its threshold.

    Raises:
        TrainingError: `abstain`, and no threshold was fitted, or none reaches the target precision.
    """

    def __init__(
        self, name: str, task: str, labels: Sequence[str], answering: Answering | None = None, *, abstain: bool = False
    ) -> None:
        self.name, self.task, self.labels = name, task, tuple(labels)
        self.answering = answering
        self._abstain = abstain
        if abstain and answering is None:
            raise TrainingError(
                f"{name} of task {task!r} has no threshold to abstain by: there were no validation cases; "
                "give the case base a valid split and train again"
            )
        if abstain and answering is not None and answering.abstention.threshold is None:
            raise TrainingError(
                f"{name} of task {task!r} cannot abstain: {answering.abstention.remark()} "
                f"({answering.fitted_on}); ask for a lower precision"
            )

    @property
    def settings(self) -> dict[str, Any]:
        return {"abstain": True} if self._abstain else {}

    def predict(self, query: Query) -> Prediction:
        return self.predict_many([query])[0]

    def _answers(self, probabilities: Iterable[NDArray[np.float64]]) -> list[Prediction]:
        """One prediction a row of calibrated probabilities, n rows of shape (labels,)."""
        return [self._answer(row) for row in probabilities]

    def _answer(self, row: NDArray[np.float64]) -> Prediction:
        by_label = ranked({label: float(probability) for label, probability in zip(self.labels, row, strict=True)})
        label, confidence = next(iter(by_label.items()))
        label_set, reason = None, None
        if self.answering is not None:
            label_set = tuple(self.labels[column] for column in self.answering.conformal.label_set(row))
            rule = self.answering.abstention
            if self._abstain and not rule.answers(confidence):
                reason = f"confidence {confidence:.2f} is below the threshold {rule.threshold:.2f}"
        return Prediction(
            method=self.name,
            task=self.task,
            outcome=Outcome.OK if reason is None else Outcome.ABSTAINED,
            label=label if reason is None else None,
            probabilities=by_label,
            label_set=label_set,
            reason=reason,
        )
