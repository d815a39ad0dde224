from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.cases.case import Case
from dermtools.errors import QueryError
from dermtools.evaluation.scoring import Rule, Scored, Target, is_right, score, targets
from dermtools.prediction import Outcome, Prediction


def _answer(label: str | None, outcome: Outcome = Outcome.OK) -> Prediction:
    return Prediction(method="m", task="t", label=label, outcome=outcome)


def _case(case_id: str, *labels: str) -> Case:
    return Case(case_id=case_id, group_id=f"g-{case_id}", labels={"t": labels} if labels else {})


@pytest.mark.parametrize(
    ("label", "truth"),
    [
        ("infected", ("not_infected",)),
        ("not_infected", ("infected",)),
        ("hand", ("hand-back",)),
        ("hand-back", ("hand",)),
        ("Hand", ("hand",)),
        ("hand ", ("hand",)),
        ("lèvre", ("levre",)),
        ("l", ("lips",)),
        ("", ("lips",)),
        ("", ("",)),
        (None, ("lips",)),
        ("hand, palm", ("hand", "palm")),
        ("lips", ()),
    ],
)
def test_only_the_very_label_is_right(label, truth):
    assert not is_right(label, truth)


@given(st.text(), st.lists(st.text()))
@settings(deadline=None, max_examples=200)
def test_right_means_one_of_the_labels(label, truth):
    assert is_right(label, truth) == (label != "" and any(label == one for one in truth))


def test_rule_any_takes_every_labelled_case_and_single_only_those_with_one_label():
    cases = [_case("a", "hand"), _case("b", "hand", "palm"), _case("c"), _case("d", "")]
    assert [target.case_id for target in targets(cases, "t", Rule.ANY)] == ["a", "b"]
    assert [target.case_id for target in targets(cases, "t", Rule.SINGLE)] == ["a"]


def test_a_task_that_no_case_can_be_scored_for_is_refused_with_the_rule():
    with pytest.raises(QueryError, match="'t' by the rule 'single'"):
        targets([_case("b", "hand", "palm")], "t", Rule.SINGLE)


def test_answers_without_a_label_stay_in_the_denominator():
    outcomes = [outcome for outcome in Outcome if outcome is not Outcome.OK]
    held = [Target(f"c{n}", "g", ("yes",)) for n in range(len(outcomes) + 1)]
    answers = {target.case_id: _answer(None, outcome) for target, outcome in zip(held, outcomes, strict=False)}
    answers[held[-1].case_id] = _answer("yes")
    found = score("m", held, answers)
    assert len(found) == len(outcomes) + 1
    assert found.right.sum() == 1
    assert found.outcomes() == dict.fromkeys(Outcome, 1)


def test_the_one_true_label_of_several_is_the_one_that_was_hit_else_the_first():
    held = (Target("a", "g", ("hand", "palm")), Target("b", "g", ("hand", "palm")), Target("c", "g", ("hand", "palm")))
    found = Scored("m", held, (_answer("palm"), _answer("foot"), _answer(None, Outcome.ERROR)))
    assert found.truth == ["palm", "hand", "hand"]
    assert found.right.tolist() == [True, False, False]


def test_cases_not_asked_yet_are_left_out():
    held = [Target("a", "g", ("x",)), Target("b", "g", ("x",))]
    assert [target.case_id for target in score("m", held, {"b": _answer("x")}).targets] == ["b"]
