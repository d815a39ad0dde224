"""Are the probabilities right? Temperature scaling, and the figures that show calibration.

Truth is a distribution a case, shape (n, labels); a case counts as answered right with any of its true labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from dermtools.adapter.config import Strict

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 20.0
"""A fit beyond these says that there are too few cases, not that the model is that far off."""
TINY = 1e-12
"""Probabilities are held above this where their logarithm is taken."""


class Bin(Strict):
    """One bar of a reliability diagram: cases whose confidence lies in (lower, upper]."""

    lower: float
    upper: float
    cases: int
    confidence: float | None = Field(description="mean confidence; None in an empty bin")
    accuracy: float | None


class Reliability(Strict):
    """How good and how well calibrated probabilities are, on some cases."""

    cases: int
    accuracy: float
    log_loss: float = Field(description="mean negative log-likelihood, natural logarithm")
    brier: float = Field(description="mean squared distance of probabilities and truth, over all labels; 0 to 2")
    ece: float = Field(description="expected calibration error over the bins")
    bins: tuple[Bin, ...]


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities, each row summing to 1, from logits, shape (n, labels)."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def correct(probabilities: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the most probable label is a true one, shape (n,); at a tie the label that comes first."""
    return np.asarray(targets[np.arange(len(targets)), probabilities.argmax(axis=1)] > 0)


def log_loss(probabilities: NDArray[np.float64], targets: NDArray[np.float64]) -> float:
    """Mean cross-entropy of truth and probabilities."""
    return float(-(targets * np.log(np.maximum(probabilities, TINY))).sum(axis=1).mean())


def fit_temperature(logits: NDArray[np.float64], targets: NDArray[np.float64]) -> float:
    """The T that makes softmax(logits / T) likeliest (Guo et al. 2017), by bisection: the loss is convex in 1 / T."""
    centred = logits - logits.max(axis=1, keepdims=True)
    target = float((targets * centred).sum())

    def slope(inverse: float) -> float:
        return float((softmax(inverse * centred) * centred).sum()) - target

    if not centred.any():  # equally likely labels, at any temperature
        return 1.0
    low, high = 1 / MAX_TEMPERATURE, 1 / MIN_TEMPERATURE
    if slope(low) >= 0:
        return MAX_TEMPERATURE
    if slope(high) <= 0:
        return MIN_TEMPERATURE
    for _ in range(60):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return 1 / high


def calibration_error(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], *, bins: int = 10
) -> tuple[float, tuple[Bin, ...]]:
    """Expected calibration error, and the bars of the reliability diagram, in `bins` bins of equal width.

    The mean over the cases of |accuracy - confidence| of their bin (Naeini et al. 2015). Compare it on the same
    cases and bins only: a few hundred cases alone give it a value of some hundredths.

    Args:
        confidence: probability of the answered label, in [0, 1], shape (n,), n at least 1.
        right: whether that label is a true one, shape (n,).
        bins: how many.
    """
    number = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    bars, error = [], 0.0
    for index in range(bins):
        inside = number == index
        cases, mean, share = int(inside.sum()), None, None
        if cases:
            mean, share = float(confidence[inside].mean()), float(right[inside].mean())
            error += cases / len(right) * abs(share - mean)
        bars.append(Bin(lower=index / bins, upper=(index + 1) / bins, cases=cases, confidence=mean, accuracy=share))
    return error, tuple(bars)


def reliability(probabilities: NDArray[np.float64], targets: NDArray[np.float64], *, bins: int = 10) -> Reliability:
    """Figures and reliability diagram of n cases, n at least 1; see `calibration_error` for the bins."""
    right = correct(probabilities, targets)
    error, bars = calibration_error(probabilities.max(axis=1), right, bins=bins)
    return Reliability(
        cases=len(right),
        accuracy=float(right.mean()),
        log_loss=log_loss(probabilities, targets),
        brier=float(np.square(probabilities - targets).sum(axis=1).mean()),
        ece=error,
        bins=bars,
    )
