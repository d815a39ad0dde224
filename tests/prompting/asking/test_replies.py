"""Reading replies: nothing that a model can say is more than a label of the set, or breaks the reading."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from dermtools.prediction import Outcome
from dermtools.prompting.asking.label_set import LabelSet
from dermtools.prompting.asking.replies import read_reply
from dermtools.prompting.files.schema import OutputField

LABELS = LabelSet(("hand", "foot"))
OUTPUT = {"label": OutputField(type="label", description="the class")}
FREE = {
    "findings": OutputField(type="text", description="what is seen"),
    "quality": OutputField(type="choice", description="of the picture", choices=["good", "poor"]),
    "terms": OutputField(type="list", description="terms"),
}

JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["hand", "foot", "label"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["label", "a"]), inner, max_size=2),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | JSON_LIKE.map(str) | JSON_LIKE.map(json.dumps))
def test_any_text_gives_an_outcome_and_a_label_only_with_ok(text: str) -> None:
    reply = read_reply(AIMessage(text), OUTPUT, LABELS)
    assert (reply.outcome is Outcome.OK) == (reply.label in LABELS.labels)
    assert reply.raw == text
    assert (reply.reason is None) == (reply.outcome is Outcome.OK)


def test_two_json_objects_or_a_key_given_twice_are_no_answer() -> None:
    for text in ('{"label": "hand"} {"label": "foot"}', '{"label": "hand", "label": "foot"}'):
        assert read_reply(AIMessage(text), OUTPUT, LABELS).outcome is Outcome.INVALID


def test_deep_nesting_does_no_harm() -> None:
    text = '{"a":' * 100_000
    assert read_reply(AIMessage(text), OUTPUT, LABELS).outcome is Outcome.INVALID


def test_an_answer_without_a_label_is_held_against_its_fields() -> None:
    good = '{"findings": "a plaque", "quality": "good", "terms": ["plaque"]}'
    assert read_reply(AIMessage(good), FREE, None).values == {
        "findings": "a plaque",
        "quality": "good",
        "terms": ["plaque"],
    }
    for bad in ("a plaque", '{"findings": "x"}', good.replace('"good"', '"fine"'), good.replace('["plaque"]', '"p"')):
        reply = read_reply(AIMessage(bad), FREE, None)
        assert (reply.outcome, reply.values) == (Outcome.INVALID, None)


def test_other_providers_stop_reasons_are_understood() -> None:
    for metadata, outcome in (
        ({"stop_reason": "max_tokens"}, Outcome.TRUNCATED),
        ({"finish_reason": "MAX_TOKENS"}, Outcome.TRUNCATED),
        ({"finish_reason": "SAFETY"}, Outcome.FILTERED),
        ({"stop_reason": "refusal"}, Outcome.REFUSED),
    ):
        assert read_reply(AIMessage("hand", response_metadata=metadata), OUTPUT, LABELS).outcome is outcome


HAND = '{"label": "hand"}'
CALL = '{"name": "answer", "arguments": {"label": "hand"}}'


def read(text: str, stop: str = "stop", **message: Any) -> tuple[Outcome, str | None]:
    reply = read_reply(AIMessage(text, response_metadata={"finish_reason": stop}, **message), OUTPUT, LABELS)
    return reply.outcome, reply.label


WHOLE = (
    *(HAND, f"```json\n{HAND}\n```", f"```\n{HAND}```", f"`{HAND}`", f"\ufeff{HAND}\n", f"{HAND}\n{HAND}"),
    *(f"```json\n{HAND}\n```\n```json\n{HAND}\n```", f"<answer>\n{HAND}\n</answer>", f"{HAND}<|im_end|>", CALL),
    *(f"<think>foot? {HAND.replace('hand', 'foot')}</think>\n{HAND}", f"foot\n</think>\n```json\n{HAND}\n```"),
    *(
        f"<think>no</think><tool_call>\n{CALL}\n</tool_call>",
        f"<|begin_of_box|>{HAND}<|end_of_box|>",
        f"{CALL}\n{CALL}",
    ),
)


@pytest.mark.parametrize("text", WHOLE)
@pytest.mark.parametrize("stop", ["stop", "length"])
def test_json_that_is_all_that_is_said_counts_even_in_a_reply_that_was_cut(text: str, stop: str) -> None:
    assert read(text, stop) == (Outcome.OK, "hand")


PARTS = (
    *(
        f"The class is {HAND}",
        f"{HAND} is my answer.",
        f"Not {HAND}. Answer: foot",
        f"{HAND} or {HAND.replace('hand', 'foot')}",
    ),
    *(
        f"{HAND}\n{HAND.replace('hand', 'foot')}",
        f"<think>{HAND}",
        f"<think>hm</think><think>{HAND}",
        f"Like so: {CALL}",
    ),
    *(CALL.replace("answer", "classify"), f"[{HAND}, {HAND.replace('hand', 'foot')}]", '{"label": NaN}'),
    *(f'{{"label": "foot", "was": {HAND}}} no', '{"answer": {"label": "hand"}}'),
)


@pytest.mark.parametrize("text", PARTS)
def test_an_answer_in_the_middle_of_other_text_is_none(text: str) -> None:
    assert read(text) == (Outcome.INVALID, None)
    assert read(text, "length")[1] is None


@pytest.mark.parametrize("text", [HAND, CALL, f"<tool_call>{CALL}</tool_call>", f"```json\n{HAND}\n```", "hand"])
def test_no_cut_of_a_reply_has_another_label_than_the_whole(text: str) -> None:
    for end in range(len(text)):
        outcome, label = read(text[:end], "length")
        assert label in (None, "hand")
        assert (outcome is Outcome.TRUNCATED) == (label is None)


def test_labels_that_are_numbers_or_booleans_are_read_from_json() -> None:
    for labels, text, label in ((("0", "2"), '{"label": 2}', "2"), (("true", "false"), '{"label": true}', "true")):
        assert read_reply(AIMessage(text), OUTPUT, LabelSet(labels)).label == label
    assert read_reply(AIMessage('{"label": 7}'), OUTPUT, LABELS).reason == "no label of the set: 7"


def called(*labels: str, name: str = "answer") -> list[dict[str, Any]]:
    return [
        {"name": name, "args": {"label": label}, "id": str(n), "type": "tool_call"} for n, label in enumerate(labels)
    ]


def test_real_calls_count_where_they_all_say_the_same_and_are_of_the_answer() -> None:
    assert read("", tool_calls=called("hand", "hand")) == (Outcome.OK, "hand")
    assert read("", tool_calls=called("hand", "foot")) == (Outcome.INVALID, None)
    assert read("hand", tool_calls=called("foot", name="search")) == (Outcome.INVALID, None)
    assert read("", "length", tool_calls=called("hand")) == (Outcome.TRUNCATED, None), "it may be half of hand-back"


def test_blocks_of_reasoning_are_never_the_answer() -> None:
    # LangChain, "Messages: standard content blocks"; Anthropic's and Mistral's own blocks are called thinking.
    for block in ({"type": "reasoning", "reasoning": "foot"}, {"type": "thinking", "thinking": "foot"}):
        both = AIMessage([block, {"type": "text", "text": "hand"}])
        assert read_reply(both, OUTPUT, LABELS).label == "hand"
        assert read_reply(AIMessage([block]), OUTPUT, LABELS).outcome is Outcome.INVALID
    kept_apart = AIMessage("", additional_kwargs={"reasoning_content": "foot"})
    assert read_reply(kept_apart, OUTPUT, LABELS).label is None


def test_a_boolean_is_no_number() -> None:
    output = {"size": OutputField(type="number", description="mm")}
    assert read_reply(AIMessage('{"size": 4}'), output, None).outcome is Outcome.OK
    assert read_reply(AIMessage('{"size": true}'), output, None).outcome is Outcome.INVALID
