"""File names for ids that may hold anything."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from dermtools.cases.exports.names import safe_names


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=220), unique=True, max_size=12))
def test_names_are_safe_on_every_file_system_and_differ_by_more_than_case(ids: list[str]) -> None:
    names = safe_names(ids)
    assert len({name.casefold() for name in names}) == len(ids)
    for name in names:
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", name)
        assert not name.endswith(".")
        assert ".." not in name
        assert not re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name, re.IGNORECASE)


def test_a_safe_id_is_its_own_name_whatever_comes_beside_it() -> None:
    assert safe_names(["PAT_9_17_80", "a/b", "img.v2", "-x"])[::2] == ["PAT_9_17_80", "img.v2"]


def test_ids_that_differ_by_case_alone_are_told_apart_by_their_digest() -> None:
    upper, lower = safe_names(["Case1", "case1"])
    assert re.fullmatch(r"Case1-[0-9a-f]{8}", upper)
    assert re.fullmatch(r"case1-[0-9a-f]{8}", lower)
    assert upper.casefold() != lower.casefold()


def test_a_name_depends_on_its_id_and_not_on_its_place() -> None:
    first = dict(zip(["a/b", "A", "a"], safe_names(["a/b", "A", "a"]), strict=True))
    again = dict(zip(["a", "a/b", "A"], safe_names(["a", "a/b", "A"]), strict=True))
    assert first == again
