"""From logits to an answer: temperature, conformal label set and abstention, fitted together on held-out cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

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
from dermtools.adapter.conformal import Conformal, Score, fit_conformal
from dermtools.adapter.training_data import FittedOn, LabelledVectors, soft_targets
from dermtools.errors import TrainingError
from dermtools.prediction import Outcome, Prediction, ranked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Wanted:
    """What the answers should hold to."""

    coverage: float = 0.9
    """Probability that a conformal label set holds a true label, between 0 and 1."""
    score: Score = "lac"
    precision: float = 0.8
    """Share of right answers when abstaining, between 0 and 1."""
    guarantee: Guarantee = "estimate"

    def __post_init__(self) -> None:
        for name, value in (("coverage", self.coverage), ("precision", self.precision)):
            if not 0 < value < 1:
                raise TrainingError(f"{name} is {value}; it must lie between 0 and 1, both excluded")


USUAL = Wanted()


class Calibration(BaseModel):
    """Temperature of the logits, and reliability before and after it on the cases it was fitted on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    before: Reliability
    after: Reliability


class Answering(BaseModel):
    """How a classifier answers, fitted on held-out cases."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calibration: Calibration
    conformal: Conformal
    abstention: Abstention
    fitted_on: FittedOn

    def remarks(self) -> list[str]:
        """What is weak about this fit, one line each."""
        remarks = []
        if not self.fitted_on.held_out:
            remarks.append(f"only {self.fitted_on.cases} validation cases: they chose the model and calibrated it too")
        if self.calibration.temperature in (MIN_TEMPERATURE, MAX_TEMPERATURE):
            limit = self.calibration.temperature
            remarks.append(f"the temperature ended at its limit {limit:g}: too few cases to calibrate on")
        if self.conformal.limit is None:
            wanted = self.conformal.coverage
            remarks.append(f"too few groups for a coverage of {wanted:.0%}: label sets hold all labels")
        if self.abstention.threshold is None:
            wanted = self.abstention.precision
            remarks.append(f"no threshold reaches a precision of {wanted:.0%}: with abstention, nothing is answered")
        return remarks


def fit_answering(
    logits: NDArray[np.float64],
    cases: LabelledVectors,
    labels: Sequence[str],
    *,
    held_out: bool,
    wanted: Wanted = USUAL,
) -> Answering:
    """Fit temperature, label sets and threshold.

    Args:
        logits: of `cases`, shape (n, labels), n at least 1.
        cases: cases that the classifier did not learn from.
        labels: the closed set, in the order of the logits.
        held_out: whether nothing about the classifier was chosen on these cases either.
        wanted: coverage and precision.
    """
    targets = soft_targets(cases, labels)
    temperature = fit_temperature(logits, targets)
    before, after = softmax(logits), softmax(logits / temperature)
    return Answering(
        calibration=Calibration(
            temperature=temperature, before=reliability(before, targets), after=reliability(after, targets)
        ),
        conformal=fit_conformal(after, targets, cases.group_ids, coverage=wanted.coverage, score=wanted.score),
        abstention=fit_abstention(
            after.max(axis=1), correct(after, targets), precision=wanted.precision, guarantee=wanted.guarantee
        ),
        fitted_on=FittedOn.describe(cases, split="valid", held_out=held_out),
    )


def calibrated(logits: NDArray[np.float64], answering: Answering | None) -> NDArray[np.float64]:
    """Probabilities, shape (n, labels); not calibrated without `answering`."""
    return softmax(logits / answering.calibration.temperature if answering else logits)


def predictions(
    probabilities: Iterable[NDArray[np.float64]],
    labels: Sequence[str],
    *,
    method: str,
    task: str,
    answering: Answering | None = None,
    abstain: bool = False,
) -> list[Prediction]:
    """One prediction a row of calibrated probabilities, n rows of shape (labels,)."""
    return [_prediction(row, labels, method, task, answering, abstain) for row in probabilities]


def _prediction(
    row: NDArray[np.float64], labels: Sequence[str], method: str, task: str, answering: Answering | None, abstain: bool
) -> Prediction:
    by_label = ranked({label: float(probability) for label, probability in zip(labels, row, strict=True)})
    label, confidence = next(iter(by_label.items()))
    label_set, reason = None, None
    if answering is not None:
        label_set = tuple(labels[column] for column in answering.conformal.label_set(row))
        if abstain and not answering.abstention.answers(confidence):
            reason = f"confidence {confidence:.2f} is below the threshold {answering.abstention.threshold:.2f}"
    return Prediction(
        method=method,
        task=task,
        outcome=Outcome.OK if reason is None else Outcome.ABSTAINED,
        label=label if reason is None else None,
        probabilities=by_label,
        label_set=label_set,
        reason=reason,
    )


def check_abstention(answering: Answering | None, method: str, task: str) -> None:
    """Refuse to abstain by a threshold that there is not.

    Raises:
        TrainingError: nothing was fitted, or no threshold reaches the wanted precision.
    """
    if answering is None:
        raise TrainingError(
            f"{method} of task {task!r} has no threshold to abstain by: there were no validation cases; "
            "give the case base a valid split and train again"
        )
    if answering.abstention.threshold is None:
        raise TrainingError(
            f"no threshold of {method} of task {task!r} reaches a precision of {answering.abstention.precision:.0%} "
            f"on {answering.fitted_on}; ask for a lower precision"
        )
