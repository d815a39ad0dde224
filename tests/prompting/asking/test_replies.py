"""Reading replies: nothing that a model can say is more than a label of the set, or breaks the reading."""

from __future__ import annotations

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
@given(st.text(max_size=60) | JSON_LIKE.map(str) | JSON_LIKE.map(lambda value: __import__("json").dumps(value)))
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
