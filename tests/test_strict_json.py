"""JSON from outside: a value, or one ValueError, whatever the document."""

from __future__ import annotations

import json

import pytest

from dermtools.strict_json import MAX_DEPTH, is_deep, parsed


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a": ', "}"), ('[{"a": ', "}]")])
def test_a_document_is_read_to_the_stated_depth_and_no_further(opening: str, closing: str) -> None:
    def nested(levels: int) -> str:
        return opening * levels + "0" + closing * levels

    most = MAX_DEPTH // len(closing)
    assert json.dumps(parsed(nested(most))) == nested(most)
    for more in (1, 100, 700, 100_000):
        with pytest.raises(ValueError, match="nested too deeply"):
            parsed(nested(most + more))


@pytest.mark.parametrize(
    "document",
    ["", "{", '{"a": 1, "a": 1}', '[{"b": {"a": 1, "a": 2}}]', "9" * 5000, b"\xff\xfe\xff", b'"\xc3"', "[1] [2]", "\0"],
)
def test_what_is_not_plainly_one_document_is_a_value_error(document: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parsed(document)


def test_depth_is_found_without_a_stack() -> None:
    value: object = 1
    for _ in range(200_000):
        value = [value]
    try:
        assert is_deep(value)
        assert not is_deep([[]] * 200_000)
    finally:
        while isinstance(value, list):  # taken apart from outside
            value = value.pop()
