from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from statsmodels.stats.proportion import proportion_confint

from dermtools.intervals import clustered_bootstrap, difference_interval, share_interval, wilson

CONFIDENCES = st.sampled_from([0.8, 0.9, 0.95, 0.99])


@given(st.integers(1, 5000), st.floats(0, 1), CONFIDENCES)
@settings(deadline=None, max_examples=60)
def test_wilson_equals_statsmodels(n, share, confidence):
    right = round(share * n)
    low, high = proportion_confint(right, n, alpha=1 - confidence, method="wilson")
    interval = wilson(right, n, confidence)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-9)


def test_nothing_is_known_without_cases():
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


@given(st.integers(2, 400), st.floats(0, 1), CONFIDENCES)
@settings(deadline=None, max_examples=60)
def test_of_one_case_a_patient_the_interval_is_clopper_and_pearsons(n, share, confidence):
    right = round(share * n)
    low, high = proportion_confint(right, n, alpha=1 - confidence, method="beta")
    interval = share_interval(np.arange(n) < right, np.arange(n), confidence)
    # The design effect may be a little above 1: the pseudo-patients are two in n.
    assert interval.low == pytest.approx(low, abs=0.01 + 1 / n)
    assert interval.high == pytest.approx(high, abs=0.01 + 1 / n)


@given(st.lists(st.tuples(st.integers(1, 6), st.booleans()), min_size=1, max_size=30))
@settings(deadline=None, max_examples=60)
def test_an_interval_of_a_share_holds_the_share_and_is_never_of_width_zero(patients):
    groups = np.repeat(np.arange(len(patients)), [size for size, _ in patients])
    right = np.repeat([flag for _, flag in patients], [size for size, _ in patients])
    interval = share_interval(right, groups)
    assert 0 <= interval.low <= right.mean() <= interval.high <= 1
    assert interval.high - interval.low > 0.01


def test_pictures_of_one_patient_tell_nothing_of_others():
    assert share_interval(np.ones(50), np.zeros(50, dtype=int)) == share_interval([], np.array([], dtype=int))


def test_cases_that_go_together_widen_the_interval():
    """Four alike cases a patient are a quarter as many, so the interval is twice as wide."""
    right = np.repeat(np.arange(100) % 2, 4)
    single = share_interval(right, np.arange(400))
    grouped = share_interval(right, np.repeat(np.arange(100), 4))
    assert (grouped.high - grouped.low) / (single.high - single.low) == pytest.approx(2, rel=0.1)


@given(st.lists(st.integers(-1, 1), min_size=2, max_size=60), CONFIDENCES)
@settings(deadline=None, max_examples=60)
def test_the_interval_of_a_difference_is_students_of_the_patients_and_two_more(gain, confidence):
    interval = difference_interval(gain, np.arange(len(gain)), confidence)
    padded = np.array([*gain, 1, -1])
    half = student.ppf((1 + confidence) / 2, len(gain) - 1) * padded.std(ddof=1) / np.sqrt(len(padded))
    expected = np.clip([padded.mean() - half, padded.mean() + half], -1, 1)
    assert (interval.low, interval.high) == pytest.approx(tuple(expected))


def test_the_bootstrap_draws_whole_groups():
    right = np.repeat(np.arange(100) % 2, 4)
    single = clustered_bootstrap(right, np.arange(400))
    grouped = clustered_bootstrap(right, np.repeat(np.arange(100), 4))
    assert (grouped.high - grouped.low) / (single.high - single.low) == pytest.approx(2, rel=0.08)


def test_drawing_in_parts_changes_nothing(monkeypatch):
    from dermtools import intervals

    values, groups = np.arange(60) % 3 == 0, np.arange(60) // 2
    whole = clustered_bootstrap(values, groups)
    monkeypatch.setattr(intervals, "_CHUNK", 3000)
    assert clustered_bootstrap(values, groups) == whole
