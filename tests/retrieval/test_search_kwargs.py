"""Keywords of LangChain's searches: a filter finds exactly the rows that hold the values, whatever they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.cases.case import Case
from dermtools.errors import QueryError
from dermtools.retrieval import CaseBase
from dermtools.retrieval.search.fields import Fields
from dermtools.retrieval.search.where import matching_rows
from dermtools.retrieval.search_kwargs import condition_of, private_errors, search_options

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=6).filter(
    lambda name: name.casefold() not in ("case_id", "group_id", "split")
)
VALUES = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**53), 2**53),
)


@settings(deadline=None)
@given(name=NAMES, values=st.lists(VALUES, min_size=1, max_size=5))
def test_a_filter_finds_the_rows_that_hold_the_value(case_columns: Any, name: str, values: list[Any]) -> None:
    """Values of one kind, since a column of several is read as text."""
    kind = type(values[0])
    values = [value if type(value) is kind else None for value in values]
    cases = [
        Case(case_id=str(n), group_id="g", attributes={} if value is None else {name: value})
        for n, value in enumerate(values)
    ]
    fields = Fields(case_columns(cases), ())
    condition = condition_of({name: values[0]})
    assert condition is not None
    assert matching_rows(condition, fields).tolist() == [value == values[0] for value in values]
    unknown = condition_of({name: None})
    assert unknown is not None
    assert matching_rows(unknown, fields).tolist() == [value is None for value in values]


def test_several_values_hold_together_and_numpys_are_numbers() -> None:
    assert condition_of({"a": np.int64(3), "b c": True}) == 'a = 3 AND "b c" = true'
    assert condition_of({}) is None


@pytest.mark.parametrize("given_filter", [3, ["a"], {"a": [1]}, {1: "a"}, {"a": {"$gt": 3}}])
def test_what_is_no_filter_is_refused_in_one_line(given_filter: Any) -> None:
    with pytest.raises(QueryError, match="filter") as caught:
        condition_of(given_filter)
    assert "\n" not in str(caught.value)


def test_later_values_go_before_and_all_conditions_hold() -> None:
    options = search_options(
        {"k": 5, "where": "a = 1", "task": None},
        {"where": ["b = 2", "c = 3"], "filter": {"d": 4}},
        {"k": 2, "filter": {}},
    )
    assert options == {"k": 2, "where": ["a = 1", "b = 2", "c = 3"], "where_shown": ["d = 4"]}


def test_an_option_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(QueryError, match="a search has no option 'max_per_groups'; did you mean max_per_group"):
        search_options({"max_per_groups": 1})


def test_an_error_names_no_path(shared_base: CaseBase) -> None:
    with pytest.raises(QueryError) as caught, private_errors(shared_base, [shared_base.path.parent / "granted"]):
        raise QueryError(f"no case in {shared_base.path}, nor in {shared_base.path.parent / 'granted'}")
    assert str(caught.value) == "no case in the case base, nor in a granted folder"
