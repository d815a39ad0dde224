from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from dermtools.evaluation import Effect
from dermtools.evaluation.scoring import Scored, Target
from dermtools.evaluation.statistics.comparisons import Verdict, compare
from dermtools.evaluation.statistics.effects import effects, lines_along
from dermtools.prediction import Prediction

WRONG, RIGHT = (Prediction(method="m", task="t", label=label) for label in ("neck", "back"))


def _scored(name, rights, sizes):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    found = tuple(Target(f"c{row}", f"g{group}", ("back",)) for row, group in enumerate(groups))
    return Scored(name, found, tuple(RIGHT if right else WRONG for right in rights))


def _study(table, sizes, values):
    """Arms of one axis, from a table of right answers, shape (values, cases)."""
    settings = {f"k {value}": {"k": value} for value in values}
    return settings, [_scored(name, row, sizes) for name, row in zip(settings, table, strict=True)]


@pytest.fixture
def drawn():
    random = np.random.default_rng(3)
    sizes = random.integers(1, 4, size=9)
    return random.random((4, sizes.sum())) < np.array([0.3, 0.4, 0.5, 0.8])[:, None], sizes


def test_a_trend_is_the_least_squares_line_and_its_p_that_of_all_sign_patterns(drawn):
    table, sizes = drawn
    (effect,) = effects(*_study(table, sizes, (0, 1, 3, 10)))
    slope = np.polyfit(range(4), table.mean(axis=1), 1)[0]
    assert isinstance(effect, Effect)
    assert effect.change == pytest.approx(3 * slope)
    assert (effect.values, effect.n, effect.groups) == ((0, 1, 3, 10), sizes.sum(), 9)
    per_case = np.array([-3, -1, 1, 3]) @ table.astype(int)
    sums = np.add.reduceat(per_case, np.append(0, np.cumsum(sizes)[:-1]))
    totals = np.array([np.dot(signs, sums) for signs in product((-1, 1), repeat=9)])
    assert effect.p == pytest.approx((np.abs(totals) >= abs(sums.sum())).mean())
    assert effect.adjusted_p == effect.p
    assert effect.interval.low < effect.change < effect.interval.high


def test_of_two_values_it_is_the_paired_comparison(drawn):
    table, sizes = drawn
    settings, methods = _study(table[[0, 3]], sizes, ("a", "b"))
    (effect,), (pair,) = effects(settings, methods, margin=0.9), compare(methods[::-1], margin=0.9)
    assert effect.change == pytest.approx(pair.difference)
    assert (effect.p, effect.interval.low) == (pytest.approx(pair.p), pytest.approx(pair.interval.low))
    assert effect.equivalence_p == pytest.approx(pair.equivalence_p)
    assert effect.verdict is pair.verdict


def test_ten_pairs_of_shots_are_one_test_and_words_are_tested_pair_by_pair(drawn):
    _, sizes = drawn
    n = int(sizes.sum())
    table = [np.arange(n) < n * (i + 1) // 6 for i in range(5)]
    (effect,) = effects(*_study(table, sizes, (0, 1, 3, 5, 10)))
    assert effect.verdict is Verdict.BETTER
    assert effect.sentence.startswith("k from 0 to 10: better, +")
    assert "trend over 5 values" in effect.sentence
    words = effects(*_study(table[:3], sizes, ("x", "y", "z")))
    assert [one.values for one in words] == [("x", "y"), ("x", "z"), ("y", "z")]
    assert all(one.adjusted_p >= one.p for one in words)


def test_an_arm_without_an_axis_belongs_to_every_combination():
    settings = {
        "0": {"shots": 0},
        "5 last": {"shots": 5, "order": "last"},
        "5 first": {"shots": 5, "order": "first"},
    }
    assert lines_along(settings, "shots") == [
        ({"order": "last"}, {0: "0", 5: "5 last"}),
        ({"order": "first"}, {0: "0", 5: "5 first"}),
    ]
    assert lines_along(settings, "order") == [({"shots": 5}, {"last": "5 last", "first": "5 first"})]


def test_what_else_was_varied_is_summed_over(drawn):
    table, sizes = drawn
    settings = {f"{k}{order}": {"k": k, "order": order} for k in (1, 5) for order in "ab"}
    methods = [_scored(name, row, sizes) for name, row in zip(settings, table, strict=True)]
    found = {one.axis: one for one in effects(settings, methods)}
    means = table.mean(axis=1)
    assert found["k"].change == pytest.approx((means[2] + means[3] - means[0] - means[1]) / 2)
    assert found["order"].change == pytest.approx((means[1] + means[3] - means[0] - means[2]) / 2)


def test_without_an_effect_few_trends_are_called_one():
    random = np.random.default_rng(0)
    sizes, calls = np.full(20, 2), 0
    for _ in range(200):
        ease = np.repeat(random.random(20), 2)
        (effect,) = effects(*_study(random.random((5, 40)) < ease, sizes, (0, 1, 3, 5, 10)))
        calls += effect.verdict is not Verdict.UNDECIDED
    assert calls / 200 < 0.09
