from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from dermtools.evaluation.statistics.intervals import clustered_bootstrap, wilson


@given(st.integers(1, 5000), st.floats(0, 1), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
@settings(deadline=None, max_examples=100)
def test_wilson_equals_statsmodels(n, share, confidence):
    right = round(share * n)
    low, high = proportion_confint(right, n, alpha=1 - confidence, method="wilson")
    interval = wilson(right, n, confidence)
    assert interval.low == pytest.approx(low, abs=1e-9)
    assert interval.high == pytest.approx(high, abs=1e-9)


def test_nothing_is_known_without_cases():
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


def test_the_bootstrap_of_single_cases_agrees_with_wilson():
    right = np.arange(312) < 156
    interval, expected = clustered_bootstrap(right, np.arange(312)), wilson(156, 312)
    assert interval.low == pytest.approx(expected.low, abs=0.006)
    assert interval.high == pytest.approx(expected.high, abs=0.006)


def test_cases_that_go_together_widen_the_interval():
    """Four alike cases a group are a quarter as many, so the interval is twice as wide."""
    right = np.repeat(np.arange(100) % 2, 4)
    single = clustered_bootstrap(right, np.arange(400))
    grouped = clustered_bootstrap(right, np.repeat(np.arange(100), 4))
    assert (grouped.high - grouped.low) / (single.high - single.low) == pytest.approx(2, rel=0.08)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    random = np.random.default_rng(5)
    covered = 0
    for trial in range(200):
        chance = np.repeat(random.beta(2, 2, size=80), 3)
        values = random.random(240) < chance
        covered += 0.5 in clustered_bootstrap(values, np.repeat(np.arange(80), 3), resamples=500, seed=trial)
    assert 0.9 <= covered / 200 <= 0.99


def test_a_seed_repeats_the_interval_and_another_one_moves_it():
    random = np.random.default_rng(3)
    values, groups = random.random(80), np.arange(80) // 2
    assert clustered_bootstrap(values, groups, seed=1) == clustered_bootstrap(values, groups, seed=1)
    assert clustered_bootstrap(values, groups, seed=1) != clustered_bootstrap(values, groups, seed=2)


def test_drawing_in_parts_changes_nothing(monkeypatch):
    from dermtools.evaluation.statistics import intervals

    values, groups = np.arange(60) % 3 == 0, np.arange(60) // 2
    whole = clustered_bootstrap(values, groups)
    monkeypatch.setattr(intervals, "_CHUNK", 3000)
    assert clustered_bootstrap(values, groups) == whole
