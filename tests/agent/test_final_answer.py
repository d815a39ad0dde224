"""A final answer that is none goes back once; a confidence is a probability or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dermtools.agent import AgentAnswer, create_derm_agent
from dermtools.agent.final_answer import answer_schema, faults, read_confidence
from dermtools.cases import Task
from dermtools.prompting import chat_model
from dermtools.retrieval import CaseBase
from tests.support.agent_replies import QUICK, call, final
from tests.support.openai_replies import Call, Reply, Say
from tests.support.openai_requests import OpenAISchemas, _check_strict
from tests.support.streaming_server import StreamingOpenAIServer

TASK = Task(name="site", question="Which?", labels=("foot", "hand"))


def asked(schemas: OpenAISchemas, case_base: CaseBase, *script: Reply, **options: Any) -> tuple[AgentAnswer, list[str]]:
    """The answer, and what the model was told about those that went back."""
    with StreamingOpenAIServer(schemas, list(script)) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k")
        answer = create_derm_agent(model, case_base, task="location", retry=QUICK, **options).ask("Which?")
        assert not [request.refused for request in server.requests if request.refused]
        told = [message["content"] for message in server.requests[-1].messages if message["role"] == "tool"]
        assert len(server.requests) <= len(script)
    return answer, told


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (call("final_answer"), "label is missing; there are: "),
        (final(""), "label is missing"),
        (final("foots"), "label 'foots' is none of the labels; did you mean foot? there are: "),
        (final("foot", confidence=1.5), "confidence '1.5' is no probability; give a number from 0 to 1"),
        (call("final_answer", label="foot", confidence="very high"), "confidence 'very high' is no probability"),
        (call("final_answer", label=["foot"], confidence=0.5), "is none of the labels"),
    ],
)
def test_an_answer_that_is_none_goes_back_with_what_is_wrong(
    schemas: OpenAISchemas, case_base: CaseBase, wrong: Reply, told: str
) -> None:
    answer, said = asked(schemas, case_base, wrong, final("foot", confidence=0.9))
    assert (answer.label, answer.confidence, answer.stopped, answer.notes) == ("foot", 0.9, None, [])
    assert len(said) == 1
    assert told in said[0]


def test_it_goes_back_once_and_stands_as_it_is_then(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    answer, said = asked(schemas, case_base, final("elbow of a whale"), final("knee of a whale"))
    assert len(said) == 1
    assert (answer.label, answer.abstained) == (None, False)
    assert answer.problem == "no label of the set: 'knee of a whale'"


def test_a_confidence_that_stays_wrong_is_left_out_and_said_so(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    answer, _ = asked(schemas, case_base, *[final("foot", confidence=8)] * 2)
    assert (answer.label, answer.confidence) == ("foot", None)
    assert answer.notes == ["the confidence was left out: '8' is no probability"]


def test_each_question_of_a_conversation_may_go_back_once(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    script = [final("feet"), final("foot"), final("hands"), final("hand")]
    with StreamingOpenAIServer(schemas, script) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k")
        conversation = create_derm_agent(model, case_base, task="location", retry=QUICK).conversation()
        assert [conversation.ask("Which?").label, conversation.ask("And now?").label] == ["foot", "hand"]
        assert not [request.refused for request in server.requests if request.refused]


def test_a_written_answer_goes_back_too_and_beside_other_calls(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    written = {"name": "final_answer", "arguments": {"label": "nose", "confidence": 0.5}}
    both = Call((("get_case", {"case_id": "case:drawn_p01_1"}), ("final_answer", {"label": "toe"})))
    answer, said = asked(schemas, case_base, Say(f"<tool_call>{json.dumps(written)}</tool_call>"), final("foot"))
    assert answer.label == "foot"
    assert "'nose' is none" in said[0]
    answer, said = asked(schemas, case_base, both, final("foot"))
    assert answer.label == "foot"
    assert sorted("'toe' is none" in text for text in said) == [False, True]
    assert [use.name for use in answer.tools] == ["get_case"]


def test_a_final_answer_beyond_the_limit_of_calls_has_one_result(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    looks = Call(tuple(("get_case", {"case_id": f"drawn_p0{number}_1"}) for number in (1, 2)))
    answer, said = asked(schemas, case_base, looks, final("foots"), final("foot"), max_tool_calls=1)
    assert answer.label == "foot"
    assert len(said) == 3
    assert [use.succeeded for use in answer.tools].count(True) == 1


def test_cannot_tell_is_taken_at_once(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    answer, said = asked(schemas, case_base, final("cannot tell"))
    assert (answer.abstained, said) == (True, [])


@pytest.mark.parametrize(
    ("given", "read"),
    [(0, 0), (1, 1), (0.85, 0.85), ("0.85", 0.85), ("0,85", 0.85), (85, 0.85), ("85", 0.85), ("85%", 0.85)]
    + [("85 %", 0.85), (92.5, 0.925), (100, 1), ("1%", 0.01), (10, 0.1)]
    + [(given, None) for given in (1.5, 8, 2, 101, -0.1, "high", "", "0.8 or so", True, None, [0.8], "120%")]
    + [(float("nan"), None), (float("inf"), None)],
)
def test_a_confidence_is_a_probability_or_a_percentage_or_none(given: Any, read: float | None) -> None:
    assert read_confidence(given) == (None if read is None else pytest.approx(read))


@given(st.one_of(st.text(), st.floats(), st.integers(), st.from_regex(r"\d{1,400}([.,]\d+)?\s?%?", fullmatch=True)))
def test_whatever_a_confidence_is_it_is_read_as_a_probability_or_not_at_all(value: Any) -> None:
    read = read_confidence(value)
    assert read is None or 0 <= read <= 1


def test_a_confidence_may_be_left_out() -> None:
    assert faults({"label": "hand"}, TASK) == []


def test_the_schema_of_an_answer_is_one_that_strict_mode_takes() -> None:
    _check_strict(answer_schema(TASK), "final_answer")
    assert answer_schema(TASK)["properties"]["label"]["enum"] == ["foot", "hand", "cannot tell"]
