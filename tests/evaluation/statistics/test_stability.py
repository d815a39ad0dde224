from __future__ import annotations

import numpy as np
import pytest

from dermtools.evaluation import Stability, stability
from dermtools.evaluation.running.records import Record
from dermtools.evaluation.running.run import Run
from dermtools.prediction import Outcome, Prediction

FLEISS = """
0 0 0 0 14
0 2 6 4 2
0 0 3 5 6
0 3 9 2 0
2 2 8 1 1
7 7 0 0 0
3 2 6 3 0
2 5 3 2 2
6 5 2 1 0
0 2 2 3 7
"""
"""The usual worked example: ten subjects, fourteen raters, five categories; kappa is 0.210."""


@pytest.fixture
def repeated(tmp_path, spec, targets):
    """A run of one arm and its repeated calls, from labels, shape (cases, rounds); None is a failed call."""

    def make(table, price=0.01):
        asked = targets(len(table))
        arms = {"a": {"method": "a"}}
        for number in range(1, len(table[0])):
            arms[f"a (call {number + 1})"] = {"method": "a", "repeat": {"of": "a", "over": "calls", "number": number}}
        records = [
            Record(
                arm=arm,
                case_id=target.case_id,
                group_id=target.group_id,
                truth=target.truth,
                latency_s=0,
                price_usd=price,
                prediction=Prediction(
                    method="a", task="location", label=label, outcome=Outcome.OK if label else Outcome.ERROR
                ),
            )
            for target, labels in zip(asked, table, strict=True)
            for arm, label in zip(arms, labels, strict=True)
        ]
        return Run(tmp_path, spec(asked, arms=arms), records)

    return make


def test_kappa_is_that_of_the_worked_example(repeated):
    counts = np.array([row.split() for row in FLEISS.strip().splitlines()], dtype=int)
    (found,) = stability(repeated([[str(label) for label, n in enumerate(row) for _ in range(n)] for row in counts]))
    assert found.kappa == pytest.approx(0.210, abs=0.0005)
    assert found.agreement == pytest.approx(0.378, abs=0.0005)
    assert found.kappa_interval.low < found.kappa < found.kappa_interval.high
    assert (found.answers, found.n, found.groups, found.changed) == (14, 10, 5, 9)


def test_accuracy_moves_between_rounds_by_what_is_said(repeated):
    (found,) = stability(repeated([["back", "back", "neck"], ["back", "neck", "neck"], ["back"] * 3, ["back"] * 3]))
    assert isinstance(found, Stability)
    assert found.accuracies == (1.0, 0.75, 0.5)
    assert (found.accuracy, found.between_sd) == (0.75, 0.25)
    assert found.agreement == pytest.approx((1 / 3 + 1 / 3 + 1 + 1) / 4)
    assert found.accuracy in found.interval
    assert found.price_usd == pytest.approx(0.08)


def test_answers_of_one_label_have_no_kappa_and_failed_calls_are_left_out(repeated):
    (found,) = stability(repeated([["back", "back"], ["back", None], ["back", "back"]]))
    assert (found.n, found.kappa, found.kappa_interval, found.agreement, found.changed) == (2, None, None, 1.0, 0)


def test_a_run_without_repetitions_says_nothing(repeated):
    assert stability(repeated([["back"], ["neck"]])) == []
