"""Conversations in memory: kept however a turn ends, one turn at a time, the oldest forgotten."""

from __future__ import annotations

import pytest

from dermtools.agent import create_derm_agent
from dermtools.app.conversations import MOST, Conversations, HeldConversation
from dermtools.errors import ModelError, QueryError, StoppedError
from dermtools.prompting import chat_model
from dermtools.retrieval import CaseBase


@pytest.fixture
def held(case_base: CaseBase) -> HeldConversation:
    nobody = chat_model("openai:gpt-4.1", base_url="http://127.0.0.1:9/v1")
    return HeldConversation(None, create_derm_agent(nobody, case_base).conversation())


@pytest.mark.parametrize(
    ("error", "said"), [(StoppedError("by who made it"), "stopped"), (ModelError("no answer: 500"), "no answer: 500")]
)
def test_a_turn_that_fails_is_kept_with_what_it_had_said(held: HeldConversation, error: Exception, said: str) -> None:
    def fail() -> None:
        with held.turn("What is it?", []) as turn:
            turn["steps"].append({"text": "It is"})
            raise error

    with pytest.raises(type(error)):
        fail()
    [kept] = held.turns
    assert (kept["problem"], kept["steps"], held.running) == (said, [{"text": "It is"}], None)
    assert held.title == "What is it?"


def test_two_questions_at_once_are_refused(held: HeldConversation) -> None:
    with held.turn("First", []):
        assert held.running is not None
        with pytest.raises(QueryError, match="still answering"), held.turn("Second", []):
            pass
    assert [turn["question"] for turn in held.turns] == ["First"]
    with held.turn("Third", []):
        pass


def test_the_oldest_is_forgotten_first(held: HeldConversation) -> None:
    kept = Conversations()
    kept.add(held)
    for _ in range(MOST):
        kept.add(HeldConversation(None, held.conversation))
    with pytest.raises(QueryError, match="no such conversation any more"):
        kept.get(held.id)
    assert len(list(kept)) == MOST
