"""A small part of the simulation behind docs/evidence.md, with its seeds: the rates that are promised hold."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.statistics import (
    COVERED,
    FALSE,
    MISSED,
    SET_MISSED,
    difference_misses,
    false_equivalence,
    false_verdicts,
    missed_precision,
    missed_set,
    misses,
    run_of,
)

RUNS = 300


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.8])
@pytest.mark.parametrize(("patients", "accuracy"), [(20, 0.95), (50, 0.5), (171, 0.1)])
def test_intervals_of_an_accuracy_cover_it(patients: int, correlation: float, accuracy: float) -> None:
    assert not misses(RUNS, patients, correlation, accuracy).above(1 - COVERED)


@pytest.mark.parametrize("difference", [0.0, 0.3])
def test_intervals_of_a_difference_cover_it(difference: float) -> None:
    assert not difference_misses(RUNS, 50, 0.8, 0.6, difference).above(1 - COVERED)


@pytest.mark.parametrize("methods", [2, 6])
def test_methods_that_are_equally_good_are_rarely_called_different(methods: int) -> None:
    assert not false_verdicts(RUNS // methods, 100, 0.8, 0.5, methods).above(FALSE)


def test_methods_that_differ_by_the_margin_are_rarely_called_equivalent() -> None:
    assert not false_equivalence(RUNS, 171, 0.3, 0.8, 2).above(FALSE)


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_a_precision_held_by_abstaining_is_rarely_missed(correlation: float) -> None:
    assert not missed_precision(RUNS // 3, 100, correlation, 0.1).above(MISSED)


def test_label_sets_hold_the_truth_of_new_patients_though_the_temperature_is_fitted_on_the_same() -> None:
    assert not missed_set(RUNS, 50, 0.8).above(SET_MISSED)


def test_the_simulation_has_the_correlation_that_it_states() -> None:
    """One-way analysis of variance of pairs of pictures, as in Fleiss (1986)."""
    right, groups = run_of([0.5], 20_000, 0.3, np.random.default_rng(0))
    sizes = np.bincount(groups)
    means = np.bincount(groups, weights=right[0]) / sizes
    within = float((right[0] * (1 - means[groups])).sum() / (len(groups) - len(sizes)))
    between = float((sizes * (means - right[0].mean()) ** 2).sum() / (len(sizes) - 1))
    typical = (len(groups) - (sizes**2).sum() / len(groups)) / (len(sizes) - 1)
    assert (between - within) / (between + (typical - 1) * within) == pytest.approx(0.3, abs=0.02)
