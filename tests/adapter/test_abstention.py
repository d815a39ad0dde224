from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.adapter.abstention import fit_abstention, lower_bound, perfect_answers_needed


def drawn(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated confidences, and whether the answer was right."""
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.3, 1.0, size=n)
    return confidence, rng.random(n) < confidence


def test_answers_as_much_as_the_precision_allows() -> None:
    confidence, right = np.linspace(1.0, 0.01, 100), np.arange(100) % 100 < 40
    rule = fit_abstention(confidence, right, precision=0.8)
    # Forty right answers carry ten wrong ones.
    assert rule.answered == 0.5
    assert rule.achieved == 0.8
    assert rule.answers(confidence[49])
    assert not rule.answers(confidence[50])


def test_the_precision_holds_on_cases_the_fit_never_saw() -> None:
    rule = fit_abstention(*drawn(0, 1000), precision=0.8)
    confidence, right = drawn(1, 4000)
    answered = confidence >= rule.threshold
    assert right[answered].mean() == pytest.approx(0.8, abs=0.05)
    assert right.mean() < 0.7


def test_the_lower_bound_holds_as_often_as_it_promises() -> None:
    kept, answering = 0, 0
    confidence, right = drawn(10_000, 20_000)
    for seed in range(200):
        rule = fit_abstention(*drawn(seed, 150), precision=0.8, guarantee="lower-bound")
        if rule.threshold is not None:
            answering += 1
            kept += bool(right[confidence >= rule.threshold].mean() >= 0.8)
    assert answering > 100
    assert kept / answering >= 0.9 - 2.6 * (0.09 / answering) ** 0.5


def test_an_unreachable_precision_answers_nothing() -> None:
    rule = fit_abstention(np.linspace(0.5, 1, 50), np.zeros(50, dtype=bool), precision=0.8)
    assert (rule.threshold, rule.achieved, rule.answered) == (None, None, 0.0)
    assert not rule.answers(1.0)


def test_a_few_lucky_answers_are_no_estimate() -> None:
    assert fit_abstention(np.array([0.9, 0.8]), np.array([True, True]), precision=0.8).threshold is None


def test_equal_confidences_are_answered_together_or_not_at_all() -> None:
    confidence, right = np.array([0.9] * 10 + [0.5] * 20), np.array([True] * 20 + [False] * 10)
    assert fit_abstention(confidence, right, precision=0.8).answered == pytest.approx(1 / 3)


def test_clopper_pearson_by_known_values() -> None:
    # Closed form where all are right: the n-th root of 1 - level.
    assert lower_bound(20, 20) == pytest.approx(0.1 ** (1 / 20), abs=1e-9)
    assert lower_bound(0, 20) == 0.0
    assert lower_bound(1, 1) == pytest.approx(0.1)
    assert perfect_answers_needed(0.8) == 11
    assert lower_bound(11, 11) >= 0.8 > lower_bound(10, 10)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 200), st.data())
def test_the_lower_bound_lies_below_the_share(answered: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, answered))
    assert 0 <= lower_bound(right, answered) <= right / answered
