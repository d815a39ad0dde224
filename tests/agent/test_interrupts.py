"""Decisions that a run waits for, and the answers that LangGraph goes on with."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langgraph.types import Interrupt

from dermtools.agent.interrupts import Decision, Interruption, answers, interruptions
from dermtools.errors import QueryError


def batched(*names: str, allowed: tuple[str, ...] = ("approve", "reject")) -> Interrupt:
    requests = [{"name": name, "args": {"k": 3}, "description": f"Run {name}?"} for name in names]
    reviews = [{"action_name": name, "allowed_decisions": list(allowed)} for name in names]
    return Interrupt(value={"action_requests": requests, "review_configs": reviews}, id="b1")


APPROVAL = Interrupt(
    value={"type": "tool_approval", "tool_call_id": "c1", "name": "get_case", "args": {}, "description": "Run?"},
    id="p1",
    response_schema={"discriminator": {"mapping": {"approve": "#a", "reject": "#r"}, "propertyName": "type"}},
)
QUESTION = Interrupt(value="Which eye?", id="q1")


def test_what_waits_is_plain_data_with_its_actions() -> None:
    found = interruptions([batched("run_prompt", "get_case"), APPROVAL, APPROVAL, QUESTION])
    assert [[action.name for action in one.actions] for one in found] == [["run_prompt", "get_case"], ["get_case"], []]
    assert {tuple(action.decisions) for one in found for action in one.actions} == {("approve", "reject")}
    assert found[2].asked == "Which eye?"
    assert [Interruption.model_validate_json(one.model_dump_json()) for one in found] == found


def test_values_that_json_does_not_know_stand_as_text() -> None:
    assert json.loads(Interruption.of(Interrupt(value={"path": {1, 2}}, id="x")).model_dump_json())["asked"]


def test_decisions_go_to_what_waits_in_their_order() -> None:
    waiting = interruptions([batched("a", "b"), APPROVAL, QUESTION])
    edited = {"type": "reject", "message": "No."}
    assert answers(waiting, ["approve", edited, "reject", "left"]) == {
        "b1": {"decisions": [{"type": "approve"}, edited]},
        "p1": {"type": "reject"},
        "q1": "left",
    }


@pytest.mark.parametrize(
    ("decisions", "message"),
    [
        ([], "2 decisions wanted, not 0: the run waits for a decision on a, b"),
        (["approve"], "2 decisions wanted, not 1"),
        ("approve", "a list, one for each action"),
        ({"type": "approve"}, "a list, one for each action"),
        (["approve", "aprove"], r"decision 'aprove' on b is not allowed; did you mean approve\?"),
        (["approve", {"typ": "x"}], "decision None on b is not allowed"),
        ([{"type": "edit"}, "approve"], "decision 'edit' needs 'edited_action'"),
        ([{"type": "respond"}, "approve"], "decision 'respond' needs 'message'"),
    ],
)
def test_decisions_that_do_not_fit_are_one_clear_line(decisions: Any, message: str) -> None:
    waiting = interruptions([batched("a", "b", allowed=("approve", "reject", "edit", "respond"))])
    with pytest.raises(QueryError, match=message) as caught:
        answers(waiting, decisions)
    assert "\n" not in str(caught.value)


def test_nothing_to_decide_is_told() -> None:
    given: list[Decision] = ["approve"]
    with pytest.raises(QueryError, match="nothing waits for a decision"):
        answers([], given)
