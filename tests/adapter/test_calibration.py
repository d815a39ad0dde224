from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.adapter.calibration import (
    MAX_TEMPERATURE,
    MIN_TEMPERATURE,
    calibration_error,
    fit_temperature,
    log_loss,
    reliability,
    softmax,
)


def drawn(seed: int, n: int, *, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits `sharpness` times too large, and truth drawn from the right probabilities."""
    rng = np.random.default_rng(seed)
    honest = 1.5 * rng.normal(size=(n, 4))
    truth = (rng.random((n, 1)) > np.cumsum(softmax(honest), axis=1)).sum(axis=1).clip(max=3)
    return sharpness * honest, np.eye(4)[truth]


@pytest.mark.parametrize("sharpness", [0.4, 3.0])
def test_the_calibration_error_falls_on_cases_the_fit_never_saw(sharpness: float) -> None:
    temperature = fit_temperature(*drawn(0, 300, sharpness=sharpness))
    logits, targets = drawn(1, 2000, sharpness=sharpness)
    before, after = reliability(softmax(logits), targets), reliability(softmax(logits / temperature), targets)
    assert after.ece < before.ece / 2
    assert after.log_loss < before.log_loss
    assert after.brier < before.brier
    assert after.accuracy == before.accuracy


def test_the_temperature_is_found() -> None:
    assert fit_temperature(*drawn(0, 5000, sharpness=3.0)) == pytest.approx(3.0, rel=0.1)


def test_no_other_temperature_has_a_lower_loss() -> None:
    logits, targets = drawn(2, 100, sharpness=2.0)
    best = fit_temperature(logits, targets)
    assert all(
        log_loss(softmax(logits / best), targets) <= log_loss(softmax(logits / other), targets)
        for other in np.geomspace(0.1, 10, 50)
    )


def test_few_cases_do_not_send_the_temperature_to_infinity() -> None:
    right, wrong = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    assert fit_temperature(np.array([[5.0, 0.0]]), right) == MIN_TEMPERATURE
    assert fit_temperature(np.array([[5.0, 0.0]]), wrong) == MAX_TEMPERATURE


def test_a_single_label_needs_no_temperature() -> None:
    assert fit_temperature(np.array([[3.0], [4.0]]), np.ones((2, 1))) == 1.0


def test_reliability_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.35, 0.65]])
    targets = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
    figures = reliability(probabilities, targets)
    assert figures.accuracy == 0.75
    # (0.8, 0.9]: two cases at 0.9, half right; (0.5, 0.6] and (0.6, 0.7]: one right each.
    assert figures.ece == pytest.approx(0.5 * 0.4 + 0.25 * 0.4 + 0.25 * 0.35)
    assert [bar.cases for bar in figures.bins] == [0, 0, 0, 0, 0, 1, 1, 0, 2, 0]
    assert figures.brier == pytest.approx((0.02 + 1.62 + 0.32 + 0.245) / 4)


def test_the_calibration_error_of_confidences_alone() -> None:
    error, bars = calibration_error(np.array([0.0, 1.0, 0.75, 0.75]), np.array([False, True, True, False]), bins=4)
    assert error == pytest.approx(2 / 4 * 0.25)
    assert [(bar.lower, bar.cases, bar.accuracy) for bar in bars] == [
        (0.0, 1, 0.0),
        (0.25, 0, None),
        (0.5, 2, 0.5),
        (0.75, 1, 1.0),
    ]


def test_any_of_several_true_labels_is_right() -> None:
    targets = np.array([[0.5, 0.5, 0.0]])
    assert reliability(np.array([[0.2, 0.7, 0.1]]), targets).accuracy == 1.0
    assert reliability(np.array([[0.2, 0.1, 0.7]]), targets).accuracy == 0.0


probabilities = st.lists(st.lists(st.floats(-40, 40), min_size=3, max_size=3), min_size=1, max_size=30).map(
    lambda rows: softmax(np.array(rows))
)


@settings(max_examples=50, deadline=None)
@given(probabilities, st.integers(1, 20))
def test_reliability_stays_within_its_limits(rows: np.ndarray, bins: int) -> None:
    targets = np.eye(3)[np.arange(len(rows)) % 3]
    figures = reliability(rows, targets, bins=bins)
    assert 0 <= figures.ece <= 1
    assert 0 <= figures.brier <= 2
    assert sum(bar.cases for bar in figures.bins) == len(rows)
    assert all(bar.confidence is None or bar.lower - 1e-9 <= bar.confidence <= bar.upper + 1e-9 for bar in figures.bins)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-700, 700), min_size=1, max_size=8), st.floats(-700, 700))
def test_softmax_sums_to_one_and_ignores_a_shift(logits: list[float], shift: float) -> None:
    rows = np.array([logits])
    assert softmax(rows).sum() == pytest.approx(1.0)
    assert softmax(rows + shift) == pytest.approx(softmax(rows), abs=1e-9)
