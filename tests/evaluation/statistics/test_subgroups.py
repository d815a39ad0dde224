from __future__ import annotations

import pytest

from dermtools.cases.case import Case
from dermtools.evaluation.scoring import Scored, Target
from dermtools.evaluation.statistics.subgroups import age_band, subgroups
from dermtools.prediction import Prediction


def _found(*rows, task="t"):
    """Rows of attributes and whether the answer is right."""
    cases, held, answers = {}, [], []
    for number, (attributes, right) in enumerate(rows):
        labels = {"t": ("yes",)} | attributes.pop("labels", {})
        case = Case(case_id=str(number), group_id=str(number // 2), labels=labels, attributes=attributes)
        cases[case.case_id] = case
        held.append(Target(case.case_id, case.group_id, ("yes",)))
        answers.append(Prediction(method="m", task="t", label="yes" if right else "no"))
    return subgroups(Scored("m", tuple(held), tuple(answers)), cases, task)


def test_every_recorded_group_has_its_number_and_interval_and_the_unknown_comes_last():
    found = _found(
        ({"fitzpatrick": 2.0, "sex": "female", "age": 17}, True),
        ({"fitzpatrick": 2.0, "sex": "male", "age": 18}, False),
        ({"fitzpatrick": 10, "sex": "male", "age": 80.5}, True),
        ({}, True),
    )
    assert [(g.attribute, g.value, g.n, g.right) for g in found] == [
        ("skin type", "2", 2, 1),
        ("skin type", "10", 1, 1),
        ("skin type", "unknown", 1, 1),
        ("sex", "female", 1, 1),
        ("sex", "male", 2, 1),
        ("sex", "unknown", 1, 1),
        ("age", "0 to 17", 1, 1),
        ("age", "18 to 39", 1, 0),
        ("age", "65 and over", 1, 1),
        ("age", "unknown", 1, 1),
    ]
    assert all(g.interval.low <= g.right / g.n <= g.interval.high for g in found)
    assert found[0].groups == 1
    assert found[0].few


def test_confidence_above_accuracy_is_told_for_each_group_that_has_probabilities():
    cases = {
        str(n): Case(case_id=str(n), group_id=str(n // 2), labels={"t": ("yes",)}, attributes={"sex": sex})
        for n, sex in enumerate(["female"] * 40 + ["male"] * 40)
    }
    held = tuple(Target(case_id, case.group_id, ("yes",)) for case_id, case in cases.items())
    # Three of four women are answered rightly at a confidence of 0.75, one of four men is.
    wrong = [n % 4 == 0 for n in range(40)] + [n % 4 != 0 for n in range(40)]
    answers = tuple(
        Prediction(method="m", task="t", label=label, probabilities={label: 0.75, other: 0.25})
        for label, other in (("no", "yes") if bad else ("yes", "no") for bad in wrong)
    )
    women, men = subgroups(Scored("m", held, answers), cases, "t")
    assert women.overconfidence == pytest.approx(0.0)
    assert men.overconfidence == pytest.approx(0.5)
    assert women.overconfidence_interval.low < 0 < women.overconfidence_interval.high
    assert men.overconfidence_interval.low > 0.2


def test_without_probabilities_nothing_is_said_of_confidence():
    assert _found(({"sex": "male"}, True))[0].overconfidence is None


def test_the_site_may_be_another_task_but_not_the_evaluated_one():
    def rows():
        return [({"labels": {"location": ("hand",)}}, True), ({"labels": {"location": ("foot",)}}, False)]

    assert [(g.attribute, g.value) for g in _found(*rows())] == [("site", "foot"), ("site", "hand")]
    assert _found(*rows(), task="location") == []


def test_what_is_not_recorded_is_not_shown():
    assert _found(({"image_page": 3, "message": "x"}, True)) == []


@pytest.mark.parametrize(
    ("age", "band"),
    [(0, "0 to 17"), (17.9, "0 to 17"), (18, "18 to 39"), (64.9, "40 to 64"), (65, "65 and over"), (-1, "unknown")],
)
def test_ages_fall_into_one_band(age, band):
    assert age_band(age) == band


def test_an_age_that_is_no_number_is_unknown():
    assert [g.value for g in _found(({"age": "forty"}, True), ({"age": "41"}, True))] == ["40 to 64", "unknown"]
