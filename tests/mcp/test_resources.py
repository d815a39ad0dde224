"""Addresses: every case and label has one, and nothing else is one."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.errors import QueryError
from dermtools.mcp.resources import CASE, LABEL, PICTURE, case_uri, parse_uri, picture_uri

NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)


@settings(max_examples=100, deadline=None)
@given(NAMES, NAMES)
def test_what_was_addressed_is_read_back(name: str, label: str) -> None:
    assert parse_uri(case_uri(name)) == (CASE, [name])
    assert parse_uri(picture_uri(name)) == (PICTURE, [name])
    assert parse_uri(LABEL.format(task=quote(name, safe=""), label=quote(label, safe=""))) == (LABEL, [name, label])


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_other_texts_are_refused_with_one_line(text: str) -> None:
    for uri in (text, f"dermtools://{text}"):
        problem = None
        try:
            parse_uri(uri)
        except QueryError as error:
            problem = str(error)
        assert "\n" not in (problem or "")
        assert problem is not None or uri.startswith("dermtools://")


@pytest.mark.parametrize(
    "uri", ["", "file:///etc/passwd", "dermtools://cases/", "dermtools://cases/a/b", "dermtools://cases/" + "a" * 5000]
)
def test_a_foreign_address_says_which_there_are(uri: str) -> None:
    with pytest.raises(QueryError, match="dermtools://case-base"):
        parse_uri(uri)
