from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, permutation_test

from dermtools.evaluation.statistics.sign_flip import sign_flip

GAINS = st.lists(st.integers(-6, 6), min_size=2, max_size=11)


@given(GAINS)
@settings(deadline=None, max_examples=60)
def test_every_sign_pattern_is_counted_as_scipy_counts_them(sums):
    """One number a group; scipy enumerates all patterns of so few groups."""
    by_scipy = permutation_test(
        (np.array(sums, float),), lambda x, axis: x.sum(axis=axis), permutation_type="samples", n_resamples=np.inf
    )
    assert sign_flip(sums, np.arange(len(sums))) == pytest.approx(by_scipy.pvalue, abs=1e-9)


@given(st.integers(0, 300), st.integers(0, 300))
@settings(deadline=None, max_examples=60)
def test_with_one_case_a_patient_it_is_the_exact_binomial_test(first, second):
    gain = np.repeat([1, -1, 0], [first, second, 20])
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert sign_flip(gain, np.arange(len(gain))) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(GAINS, st.integers(1, 4))
@settings(deadline=None, max_examples=30)
def test_how_a_patient_splits_the_difference_among_pictures_does_not_matter(sums, parts):
    gain = np.concatenate([[total, *([0] * (parts - 1))] for total in sums])
    groups = np.repeat(np.arange(len(sums)), parts)
    assert sign_flip(gain, groups) == pytest.approx(sign_flip(sums, np.arange(len(sums))), abs=1e-12)


def test_one_patient_decides_nothing_however_many_pictures():
    assert sign_flip(np.ones(50), np.zeros(50, dtype=int)) == 1.0


def test_a_hundred_thousand_patients_are_still_exact():
    gain = np.resize([1, -1], 100_000)
    gain[:1000] = 1
    tail = binomtest(int((gain > 0).sum()), 100_000).pvalue
    assert sign_flip(gain, np.arange(100_000)) == pytest.approx(tail, rel=1e-3, abs=1e-12)
