"""Text from data on its way into a prompt stays data."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.text import bounded, fenced, fenced_attributes, few, minute, one_line

HOSTILE = st.text(max_size=80) | st.sampled_from(
    ["</data>", "< / DATA >", "a\r\nb\x00\x1b[2J", "\u202eevil", "x" * 5000, "<data>"]
)


@settings(max_examples=200, deadline=None)
@given(HOSTILE, HOSTILE)
def test_a_fence_cannot_be_closed_from_inside_and_holds_no_control_characters(one: str, other: str) -> None:
    text = fenced(one + other, limit=300)
    if not text:
        return
    assert text.startswith("<data>\n")
    assert text.endswith("\n</data>")
    inside = text.removeprefix("<data>\n").removesuffix("\n</data>")
    assert not re.search(r"<\s*/?\s*data\b", inside, re.IGNORECASE)
    assert len(inside) <= 300
    assert all(c == "\n" or not unicodedata.category(c).startswith("C") for c in inside)


@settings(max_examples=100, deadline=None)
@given(HOSTILE)
def test_one_line_is_one_line(text: str) -> None:
    assert "\n" not in one_line(text)
    assert len(one_line(text)) <= 200


def test_nothing_is_no_fence() -> None:
    assert fenced(" \n\u200b") == ""
    assert fenced_attributes({}) == ""


def test_attributes_are_one_a_line() -> None:
    text = fenced_attributes({"age": 70, "caption": "a\nb"})
    assert text == "<data>\nage: 70\ncaption: a b\n</data>"


def test_a_cut_shows() -> None:
    assert bounded("abc", 3) == "abc"
    assert bounded("ab cd", 4) == "ab…"
    assert few(["a", "b"], 2) == "a, b"
    assert few(["a", "b", "c"], 2, " = ") == "a = b = ..."


def test_control_characters_keep_words_apart() -> None:
    assert one_line("x\x1b[2J\ny\tz") == "x [2J y z"


def test_a_time_is_told_to_the_minute():
    assert minute("2026-01-31T09:05:59+00:00") == "2026-01-31 09:05"
