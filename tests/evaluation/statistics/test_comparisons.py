from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW

from dermtools.errors import QueryError
from dermtools.evaluation.scoring import Scored, Target
from dermtools.evaluation.statistics.comparisons import Verdict, compare, holm, mcnemar
from dermtools.prediction import Prediction


def _scored(name, right, groups=None):
    groups = range(len(right)) if groups is None else groups
    targets = tuple(Target(f"c{n}", f"g{group}", ("yes",)) for n, group in enumerate(groups))
    answers = (Prediction(method=name, task="t", label="yes" if flag else "no") for flag in right)
    return Scored(name, targets, tuple(answers))


@given(st.integers(0, 200), st.integers(0, 200))
@settings(deadline=None, max_examples=100)
def test_mcnemar_equals_statsmodels(b, c):
    expected = reference_mcnemar([[5, b], [c, 7]], exact=True).pvalue
    assert mcnemar(b, c) == pytest.approx(min(1.0, expected), rel=1e-9)


def test_mcnemar_survives_thousands_of_pairs():
    assert mcnemar(0, 2000) == 0.0
    assert mcnemar(1500, 1500) == pytest.approx(1.0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
@settings(deadline=None, max_examples=20)
def test_holm_equals_statsmodels(p_values):
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_a_clear_difference_has_a_direction():
    weak, strong = _scored("weak", np.arange(200) < 60), _scored("strong", np.arange(200) < 140)
    (pair,) = compare([weak, strong])
    assert pair.verdict is Verdict.WORSE
    assert pair.difference == pytest.approx(-0.4)
    assert pair.interval.high < 0
    assert compare([strong, weak])[0].verdict is Verdict.BETTER
    assert "strong is better than weak: +40.0 points" in compare([strong, weak])[0].sentence


def test_what_is_not_shown_is_undecided_and_says_what_could_have_been():
    right = np.arange(312)
    (pair,) = compare([_scored("rag-5", right < 161), _scored("zero-shot", right < 156)])
    assert pair.verdict is Verdict.UNDECIDED
    assert (pair.only_first, pair.only_second, pair.p) == (5, 0, 2 * 0.5**5)
    assert pair.sentence == (
        "rag-5 against zero-shot is undecided: +1.6 points (95 %: -0.1 to +3.2; adjusted p = 0.062; 312 cases of 312 "
        "groups); this run shows 2 points or more with 80 % power; the observed difference needs 676 groups"
    )


def test_a_difference_that_rests_on_one_group_is_undecided():
    """Ten cases of one patient are not ten patients, whatever McNemar says of ten."""
    groups = [*range(90), *([90] * 10)]
    strong, weak = _scored("strong", np.ones(100), groups), _scored("weak", np.arange(100) < 90, groups)
    (pair,) = compare([strong, weak])
    assert pair.mcnemar_p < 0.05
    assert pair.p == 1.0
    assert pair.verdict is Verdict.UNDECIDED


def test_methods_that_agree_are_equivalent_only_inside_a_margin_that_was_given():
    right = np.arange(400)
    methods = [_scored("a", right % 4 > 0), _scored("b", right % 4 > 0)]
    assert compare(methods)[0].verdict is Verdict.UNDECIDED
    (pair,) = compare(methods, margin=0.05)
    assert pair.verdict is Verdict.EQUIVALENT
    assert "a and b are equivalent: +0.0 points" in pair.sentence
    assert compare([one.only(range(20)) for one in methods], margin=0.05)[0].verdict is Verdict.UNDECIDED


@given(st.integers(2, 6), st.integers(40, 400), st.floats(0.02, 0.3))
@settings(deadline=None, max_examples=40)
def test_equivalence_is_what_statsmodels_calls_it(pattern, n, margin):
    """With a pseudo-patient each way, one case a patient: the paired t tests of the same numbers."""
    first, second = np.arange(n) % pattern > 0, np.arange(n) % (pattern + 1) > 0
    (pair,) = compare([_scored("a", first), _scored("b", second)], margin=margin)
    gain = np.append(first.astype(float) - second, [1.0, -1.0])
    expected, _, _ = DescrStatsW(gain).ttost_mean(-margin, margin)
    # Degrees of freedom are those of the patients alone: two fewer, which matters little here.
    assert pair.equivalence_p == pytest.approx(expected, abs=0.004)


@pytest.mark.parametrize("margin", [0, 1, -0.1, float("nan")])
def test_a_margin_that_is_no_share_is_refused(margin):
    with pytest.raises(QueryError, match="margin must be a difference in accuracy"):
        compare([_scored("a", [True])], margin=margin)


def test_holm_covers_every_pair():
    right = np.arange(100)
    methods = [_scored(str(n), right < 50 + 4 * n) for n in range(4)]
    pairs = compare(methods)
    assert len(pairs) == 6
    assert [pair.adjusted_p for pair in pairs] == pytest.approx(multipletests([p.p for p in pairs], method="holm")[1])


def test_only_shared_cases_are_compared():
    long, short = _scored("long", [True] * 10), _scored("short", [True] * 4)
    assert compare([long, short])[0].n == 4


def test_methods_without_a_shared_case_are_refused():
    with pytest.raises(QueryError, match="share no case"):
        compare([_scored("a", [True]), Scored("b", (), ())])


def test_runs_over_other_labels_are_refused():
    other = Scored("b", (Target("c0", "g0", ("no",)),), (Prediction(method="b", task="t", label="no"),))
    with pytest.raises(QueryError, match="'c0' has another truth"):
        compare([_scored("a", [True]), other])
