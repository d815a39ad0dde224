"""Entry points of other packages: what there is, and what cannot be imported."""

from __future__ import annotations

import pytest

from dermtools.errors import QueryError
from dermtools.plugins import contributed, imported


def test_entries_are_listed_by_name_and_place() -> None:
    assert contributed("dermtools.methods")["agent"] == "dermtools.agent.agent_method:FAMILY"
    assert contributed("dermtools.nothing") == {}


def test_what_is_at_a_place_is_imported() -> None:
    assert imported("dermtools.plugins:contributed", "x", QueryError) is contributed


@pytest.mark.parametrize("place", ["no_such_package:load", "dermtools.plugins:nothing"])
def test_what_cannot_be_imported_is_an_error_in_one_line(place: str) -> None:
    with pytest.raises(
        QueryError, match=r"^embedder x \(.*\) cannot be imported: .*; repair or uninstall its package$"
    ):
        imported(place, "embedder x", QueryError)
