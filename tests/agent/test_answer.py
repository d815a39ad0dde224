"""What is read from a run: citations held against what was seen, labels against the closed set."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, ToolMessage

from dermtools.agent.answer import citations, read_answer
from dermtools.cases import Task

TASK = Task(name="site", question="Which?", labels=("foot", "hand"))


@pytest.mark.parametrize(
    ("text", "cited", "invented"),
    [
        ("Like case:p1_1 and case:p1_10.", ["p1_1", "p1_10"], []),
        ("Like p1_10, less like p1_1!", ["p1_10", "p1_1"], []),
        ("**case:p1_1**, (case:made-up), case:p9_9.", ["p1_1"], ["made-up", "p9_9"]),
        ("p9_9 is in the case base but was never shown.", [], ["p9_9"]),
        ("case: p1_1 stands apart", ["p1_1"], []),
        ("case:p1_1x and xp1_1 are others", [], ["p1_1x"]),
        ("In any case: nothing. In this case, too.", [], []),
        ("with a space: case:odd id, fine.", ["odd id"], []),
        ("", [], []),
        ("Of 12 cases, 42 % agree; face.", [], []),
        ("case:12 agrees", ["12"], []),
    ],
)
def test_citations_are_those_that_were_seen(text: str, cited: list[str], invented: list[str]) -> None:
    assert citations(text, ["p1_1", "p1_10", "odd id", "12"], known={"p9_9", "42", "face"}) == (cited, invented)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.from_regex(r"[A-Za-z0-9_-]{3,12}", fullmatch=True), unique=True, min_size=1, max_size=6), st.data())
def test_every_case_written_as_a_handle_is_either_seen_or_invented(ids: list[str], data: st.DataObject) -> None:
    seen = data.draw(st.lists(st.sampled_from(ids), unique=True))
    text = "; ".join(f"case:{case_id}" for case_id in ids)
    cited, invented = citations(text, seen)
    assert set(cited) == set(seen)
    assert set(invented) == set(ids) - set(seen)


def search_result(*case_ids: str) -> list[AIMessage | ToolMessage]:
    call = {"name": "search_similar_cases", "args": {"k": 1}, "id": "1", "type": "tool_call"}
    artifact = {"case_ids": list(case_ids)}
    return [
        AIMessage("", tool_calls=[call]),  # type: ignore[list-item]
        ToolMessage("found", tool_call_id="1", name="search_similar_cases", artifact=artifact),
    ]


def test_cases_of_earlier_questions_count_as_seen_but_not_as_looked_up() -> None:
    answer = read_answer([AIMessage("As case:p1 shows.")], before=search_result("p1"))
    assert (answer.cited, answer.invented, answer.looked_up) == (["p1"], [], False)


def test_a_failed_search_is_no_looking_up() -> None:
    run = [*search_result(), AIMessage("I know without.")]
    assert not read_answer(run).looked_up
    assert read_answer([*search_result("p1"), AIMessage("Found.")]).looked_up


@pytest.mark.parametrize(
    ("fields", "label", "problem"),
    [
        ({"label": "Hand"}, "hand", None),
        ({"label": "hand or foot"}, None, "no label of the set"),
        ({"label": ["hand"]}, None, "gave no answer"),
        ({"label": "Cannot tell."}, None, "cannot tell"),
        ({}, None, "gave no answer"),
    ],
)
def test_a_label_is_one_of_the_closed_set_or_none(fields: dict[str, object], label: str | None, problem: str) -> None:
    answer = read_answer([AIMessage("")], structured=fields, task=TASK)
    assert answer.label == label
    assert (answer.problem is None) if problem is None else (problem in (answer.problem or ""))


@pytest.mark.parametrize("confidence", [1.5, -0.1, "high", True, None, float("nan")])
def test_a_confidence_that_is_no_probability_is_left_out(confidence: object) -> None:
    structured = {"label": "hand", "confidence": confidence, "reason": "r", "case_ids": ["case:p1", 7]}
    answer = read_answer([AIMessage("")], structured=structured, task=TASK)
    assert answer.confidence is None
    assert answer.invented == ["p1", "7"]


def test_tokens_of_prompts_that_tools_ran_are_counted_and_cache_hits_are_not() -> None:
    usage = {"input_tokens": 10, "output_tokens": 2, "total_tokens": 12}
    tool = ToolMessage(
        "x", tool_call_id="1", name="run_prompt", artifact={"usage": {"input_tokens": 100, "output_tokens": 20}}
    )
    hit = {**usage, "total_cost": 0}
    run = [AIMessage("", usage_metadata=usage), tool, AIMessage("", usage_metadata=hit)]  # type: ignore[arg-type]
    counted = read_answer(run).usage
    assert (counted.input_tokens, counted.output_tokens) == (110, 22)


def test_reasoning_in_the_text_is_no_answer_and_cites_nothing() -> None:
    said = AIMessage("<think>Like case:p1, so hand?</think>\nAs case:p2 shows: foot.")
    answer = read_answer([said], before=search_result("p1", "p2"))
    assert (answer.text, answer.cited) == ("As case:p2 shows: foot.", ["p2"])
    assert answer.raw == said.text
    assert read_answer([AIMessage("<think>hand?</think>\n**foot**")], task=TASK).label == "foot"
    assert read_answer([AIMessage("<think>hand")], task=TASK).label is None


def test_an_answer_in_json_is_read_with_all_its_fields() -> None:
    said = '```json\n{"reason": "As seen.", "label": "foot", "confidence": 0.5, "case_ids": ["case:p1"]}\n```'
    answer = read_answer([AIMessage(said)], before=search_result("p1"), task=TASK)
    assert (answer.label, answer.confidence, answer.cited, answer.text) == ("foot", 0.5, ["p1"], "As seen.")


@pytest.mark.parametrize("text", ["hand", '{"label": "hand"', "cannot tell", ""])
def test_a_reply_that_was_cut_off_is_no_answer(text: str) -> None:
    answer = read_answer([AIMessage(text, response_metadata={"finish_reason": "length"})], task=TASK)
    assert (answer.label, answer.abstained) == (None, False)
    assert answer.stopped == answer.problem
    assert answer.stopped.startswith("the reply was cut off (length); allow more output tokens: --max-output-tokens")


def test_a_label_that_is_a_number_is_read_from_the_final_answer() -> None:
    graded = Task(name="grade", question="Which?", labels=("0", "1", "2"))
    assert read_answer([AIMessage("")], structured={"label": 2}, task=graded).label == "2"
