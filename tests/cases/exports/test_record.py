"""Kinds of columns."""

from __future__ import annotations

import pytest

from dermtools.cases.exports.record import attribute_kind, free_name


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([None, None], "text"),
        (["a", None], "text"),
        ([True, False], "boolean"),
        ([1, 2**63 - 1], "integer"),
        ([1, 2.5], "number"),
        ([2**53 + 1, 2.5], "json"),
        ([2**63], "json"),
        ([True, 1], "json"),
        (["a", 1], "json"),
    ],
)
def test_a_column_is_of_the_narrowest_kind_that_holds_every_value(values: list[object], kind: str) -> None:
    assert attribute_kind(values) == kind


def test_a_name_that_is_taken_gets_a_prefix_until_it_is_free() -> None:
    assert free_name("split", {"split", "attribute_split"}.__contains__) == "attribute_attribute_split"
    assert free_name("", set().__contains__) == "attribute_"
