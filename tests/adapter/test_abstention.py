from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.adapter.abstention import Abstention, fit_abstention, groups_needed


def drawn(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated confidences, and whether the answer was right."""
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.3, 1.0, size=n)
    return confidence, rng.random(n) < confidence


def test_an_estimate_answers_as_much_as_the_fitted_cases_allow() -> None:
    confidence, right = np.linspace(1.0, 0.01, 100), np.arange(100) % 100 < 40
    rule = fit_abstention(confidence, right, precision=0.8, guarantee="estimate")
    # Forty right answers carry ten wrong ones.
    assert rule.answered == 0.5
    assert rule.achieved == 0.8
    assert rule.answers(confidence[49])
    assert not rule.answers(confidence[50])


def test_a_bound_answers_less_than_an_estimate() -> None:
    confidence, right = drawn(0, 1000)
    bound = fit_abstention(confidence, right, precision=0.8)
    estimate = fit_abstention(confidence, right, precision=0.8, guarantee="estimate")
    assert 0.3 < bound.answered < estimate.answered
    assert bound.achieved > estimate.achieved


def test_the_precision_holds_on_cases_the_fit_never_saw() -> None:
    rule = fit_abstention(*drawn(0, 1000), precision=0.8)
    confidence, right = drawn(1, 4000)
    assert right[confidence >= rule.threshold].mean() >= 0.8
    assert right.mean() < 0.7


def test_patients_count_not_their_pictures() -> None:
    # Thirty patients of whom six are answered wrongly: ten pictures of each say no more than one.
    confidence, right = np.linspace(1.0, 0.9, 30), np.arange(30) % 5 != 4
    once = fit_abstention(confidence, right, precision=0.6)
    many, groups = np.repeat(confidence, 10), [str(patient) for patient in np.repeat(np.arange(30), 10)]
    by_patient = fit_abstention(many, np.repeat(right, 10), groups, precision=0.6)
    by_picture = fit_abstention(many, np.repeat(right, 10), precision=0.75)
    assert by_patient.answered == pytest.approx(once.answered, abs=0.15)
    assert by_picture.threshold is not None
    assert fit_abstention(many, np.repeat(right, 10), groups, precision=0.75).threshold is None


def test_an_unreachable_precision_answers_nothing() -> None:
    rule = fit_abstention(np.linspace(0.5, 1, 50), np.zeros(50, dtype=bool), precision=0.8)
    assert (rule.threshold, rule.achieved, rule.answered) == (None, None, 0.0)
    assert not rule.answers(1.0)


def test_it_says_how_many_patients_a_precision_needs() -> None:
    rule = fit_abstention(np.linspace(0.5, 1, 12), np.ones(12, dtype=bool), precision=0.8)
    assert rule.threshold is None
    assert rule.remark() == (
        "a precision of 80% is not reachable with 12 groups: at least 22 are needed, however right"
    )


def test_it_says_what_the_threshold_promises() -> None:
    rule = fit_abstention(*drawn(0, 300), precision=0.8)
    assert rule.remark().endswith("missed in at most 10% of such fits (one-sided bound over 300 groups)")


def test_a_rule_of_an_earlier_version_is_read_as_the_estimate_it_is() -> None:
    rule = Abstention(precision=0.8, guarantee="estimate", threshold=0.5, achieved=0.81, answered=0.4)
    assert rule.remark() == (
        "answering 40% of cases keeps a precision of 80%: an estimate that new cases miss every other time"
    )


def test_without_cases_nothing_is_answered() -> None:
    assert fit_abstention(np.array([]), np.array([], dtype=bool), precision=0.8).threshold is None


@pytest.mark.parametrize("guarantee", ["estimate", "lower-bound"])
def test_equal_confidences_are_answered_together_or_not_at_all(guarantee: str) -> None:
    confidence, right = np.array([0.9] * 100 + [0.5] * 200), np.array([True] * 200 + [False] * 100)
    rule = fit_abstention(confidence, right, precision=0.8, guarantee=guarantee)
    assert rule.answered == pytest.approx(1 / 3)


@pytest.mark.parametrize(("precision", "fewest_all_right"), [(0.8, 11), (0.9, 22), (0.5, 4)])
def test_twice_as_many_groups_are_needed_as_an_exact_bound_needs(precision: float, fewest_all_right: int) -> None:
    # Clopper and Pearson's limit of n out of n is the n-th root of 1 - level.
    assert 0.1 ** (1 / fewest_all_right) >= precision > 0.1 ** (1 / (fewest_all_right - 1))
    assert groups_needed(precision) == 2 * fewest_all_right


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 120), st.floats(0.3, 0.95))
def test_whatever_is_answered_was_right_more_often_than_the_target(seed: int, n: int, precision: float) -> None:
    rule = fit_abstention(*drawn(seed, n), precision=precision)
    assert rule.threshold is None or rule.achieved > precision
