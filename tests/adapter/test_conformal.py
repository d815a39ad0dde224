from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.adapter.calibration import softmax
from dermtools.adapter.conformal import Conformal, fit_conformal, group_quantile, nonconformity


def drawn(seed: int, groups: int, *, per_group: int = 1) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Overconfident probabilities, truth, and groups whose cases are alike."""
    rng = np.random.default_rng(seed)
    honest = np.repeat(rng.normal(size=(groups, 6)), per_group, axis=0)
    draw = np.repeat(rng.random((groups, 1)), per_group, axis=0)
    truth = (draw > np.cumsum(softmax(honest), axis=1)).sum(axis=1).clip(max=5)
    return softmax(2.5 * honest), np.eye(6)[truth], [f"{seed}-{i // per_group}" for i in range(groups * per_group)]


def covered(rule: Conformal, probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return np.array([targets[row, rule.label_set(probabilities[row])].any() for row in range(len(targets))])


@pytest.mark.parametrize("score", ["lac", "aps"])
@pytest.mark.parametrize("coverage", [0.7, 0.9])
def test_coverage_holds_on_cases_the_fit_never_saw(score: str, coverage: float) -> None:
    # A fit on n cases covers by a share that is itself drawn from a beta distribution around the wanted one;
    # over many fits the mean coverage lies within its binomial interval.
    fits, tests = 40, 100
    hits = 0
    for seed in range(fits):
        rule = fit_conformal(*drawn(seed, 99), coverage=coverage, score=score)
        hits += int(covered(rule, *drawn(1000 + seed, tests)[:2]).sum())
    of_fit = coverage * (1 - coverage) / 101
    deviation = math.sqrt((coverage * (1 - coverage) / tests + of_fit) / fits)
    assert hits / (fits * tests) >= coverage - 2.6 * deviation
    if score == "lac":  # exact but for ties; aps without randomisation may cover more
        assert hits / (fits * tests) <= coverage + 1 / 100 + 2.6 * deviation


def test_coverage_of_one_fit_lies_within_its_binomial_interval() -> None:
    rule = fit_conformal(*drawn(5, 1000), coverage=0.9)
    share = covered(rule, *drawn(6, 1000)[:2]).mean()
    assert share == pytest.approx(0.9, abs=2.6 * math.sqrt(0.09 / 1000 + 0.09 / 1000))


def test_coverage_holds_for_new_groups_whose_cases_are_alike() -> None:
    hits = []
    for seed in range(60):
        rule = fit_conformal(*drawn(seed, 30, per_group=5), coverage=0.8)
        hits.append(covered(rule, *drawn(2000 + seed, 50)[:2]).mean())
    assert np.mean(hits) >= 0.8 - 2.6 * math.sqrt((0.16 / 50 + 0.16 / 31) / 60)


def test_too_few_groups_give_sets_of_all_labels() -> None:
    rule = fit_conformal(*drawn(0, 8), coverage=0.9)
    assert rule.limit is None
    assert sorted(rule.label_set(np.full(6, 1 / 6))) == list(range(6))


def test_many_cases_of_few_groups_are_still_few() -> None:
    assert fit_conformal(*drawn(0, 8, per_group=50), coverage=0.9).limit is None


def test_a_set_is_never_empty_and_starts_with_the_most_probable() -> None:
    rule = Conformal(coverage=0.1, score="lac", limit=0.0)
    assert rule.label_set(np.array([0.2, 0.5, 0.3])) == [1]


def test_aps_sums_what_is_at_least_as_probable() -> None:
    assert nonconformity(np.array([[0.2, 0.5, 0.3]]), "aps")[0] == pytest.approx([1.0, 0.5, 0.8])


def test_one_of_several_true_labels_is_enough() -> None:
    probabilities, targets = np.tile([0.7, 0.2, 0.1], (50, 1)), np.tile([0.5, 0.0, 0.5], (50, 1))
    rule = fit_conformal(probabilities, targets, [str(i) for i in range(50)], coverage=0.9)
    assert rule.limit == pytest.approx(0.3)


def test_per_label_each_label_is_covered_by_itself() -> None:
    """A rare label that the classifier underrates: overall coverage passes it by."""
    rng = np.random.default_rng(0)
    shares, overall = [], []
    for _ in range(30):
        rare = rng.random(1200) < 0.15
        rating = np.where(rare, rng.beta(1, 3, 1200), rng.beta(1, 12, 1200))
        probabilities, targets = np.stack([1 - rating, rating], axis=1), np.eye(2)[rare.astype(int)]
        groups = [str(i) for i in range(600)]
        for found, per_label in ((shares, True), (overall, False)):
            rule = fit_conformal(probabilities[:600], targets[:600], groups, coverage=0.9, per_label=per_label)
            found.append(covered(rule, probabilities[600:], targets[600:])[rare[600:]].mean())
    assert np.mean(overall) < 0.5
    assert np.mean(shares) == pytest.approx(0.9, abs=0.03)


def test_a_label_of_too_few_groups_is_in_every_set() -> None:
    probabilities, targets = np.tile([0.9, 0.1], (60, 1)), np.tile([1.0, 0.0], (60, 1))
    targets[:3] = [0.0, 1.0]
    rule = fit_conformal(probabilities, targets, [str(i) for i in range(60)], coverage=0.8, per_label=True)
    assert rule.limits[1] is None
    assert rule.label_set(np.array([0.999, 0.001])) == [0, 1]


scores = st.lists(st.floats(0, 1), min_size=1, max_size=60)


@settings(max_examples=100, deadline=None)
@given(scores, st.floats(0.01, 0.99))
def test_with_one_case_a_group_it_is_the_usual_quantile(values: list[float], coverage: float) -> None:
    rank = math.ceil((len(values) + 1) * coverage - 1e-9)
    usual = sorted(values)[rank - 1] if rank <= len(values) else math.inf
    assert group_quantile(np.array(values), [str(i) for i in range(len(values))], coverage) == usual


@settings(max_examples=50, deadline=None)
@given(scores, st.floats(0.05, 0.9), st.integers(1, 5))
def test_repeating_the_cases_of_a_group_changes_nothing(values: list[float], coverage: float, times: int) -> None:
    groups = [str(i) for i in range(len(values))]
    repeated = group_quantile(np.repeat(values, times), list(np.repeat(groups, times)), coverage)
    assert repeated == group_quantile(np.array(values), groups, coverage)


@settings(max_examples=50, deadline=None)
@given(scores, st.floats(0.05, 0.9))
def test_more_coverage_never_asks_for_less(values: list[float], coverage: float) -> None:
    groups = [str(i // 2) for i in range(len(values))]
    assert group_quantile(np.array(values), groups, coverage) <= group_quantile(
        np.array(values), groups, coverage + 0.05
    )
