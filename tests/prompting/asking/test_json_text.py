"""JSON is read strictly, and only where it is all of a text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.prompting.asking.json_text import as_one, whole_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@settings(max_examples=150, deadline=None)
@given(VALUES, st.sampled_from(["{}", "```json\n{}\n```", "```\n{}```", "~~~json\n{}\n~~~", "`{}`", "\n\t{} \n"]))
def test_any_value_is_read_back_from_any_fence(value: object, fence: str) -> None:
    assert whole_json(fence.replace("{}", json.dumps(value))) == [value]


@pytest.mark.parametrize(
    "text",
    ["", "```", '{"a": 1', '{"a": 1} b', 'b {"a": 1}', '{"a": NaN}', '{"a": 1, "a": 1}', "{'a': 1}", "[" * 100_000],
)
def test_what_is_not_wholly_json_is_none(text: str) -> None:
    assert whole_json(text) == []


def test_values_are_one_where_they_are_the_same() -> None:
    assert as_one([{"a": 1, "b": 2}, {"b": 2, "a": 1}]) == {"a": 1, "b": 2}
    for different in ([], [1, 2], [1, True], [1, 1.0]):
        assert as_one(different) is None
