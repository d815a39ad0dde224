"""Which cases are a query's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from dermtools.cases.case import Case
from dermtools.cases.columns import CaseColumns
from dermtools.cases.groups import given_group, own_group
from dermtools.prediction import Query
from dermtools.retrieval.search.index import FlatIndex, Ranking
from dermtools.retrieval.search.leak_guard import LeakGuard

GROUPS = {"a1": "a", "a2": "a", "b1": "b", "b2": "b", "c1": "c"}
HASHES = {"a1": "h1", "a2": "h2", "b1": "h3", "b2": "h1", "c1": "h4"}
"""a1 and b2 are the same picture under two patients."""


@pytest.fixture(scope="module")
def columns(case_columns: Callable[..., CaseColumns]) -> CaseColumns:
    cases = [Case(case_id=case_id, group_id=group) for case_id, group in GROUPS.items()]
    return case_columns(cases, list(HASHES.values()))


@pytest.mark.parametrize(
    ("query", "own"),
    [
        (Query(name="q"), ""),
        (Query(name="q", case_id="c1"), "c1"),
        (Query(name="q", case_id="a2"), "a1 a2"),
        (Query(name="q", case_id="a1"), "a1 a2 b1 b2"),
        (Query(name="q", content_hash="h4"), "c1"),
        (Query(name="q", content_hash="h1"), "a1 a2 b1 b2"),
        (Query(name="q", content_hash="other"), ""),
        (Query(name="q", group_id="b"), "b1 b2"),
        (Query(name="q", group_id="new"), ""),
        (Query(name="q", group_id="c", content_hash="h3"), "b1 b2 c1"),
        (Query(name="q", case_id="of another base", group_id="c"), "c1"),
    ],
)
def test_own_are_the_group_the_content_and_the_groups_of_the_content(
    columns: CaseColumns, query: Query, own: str
) -> None:
    rows = LeakGuard(columns).own_rows(query)
    assert sorted(columns.case_ids[row] for row in rows) == own.split()


def test_each_row_that_is_left_out_says_why(columns: CaseColumns) -> None:
    guard, query = LeakGuard(columns), Query(name="q", case_id="a1", group_id="a")
    reasons = guard.reasons(query, guard.own_rows(query))
    assert {columns.case_ids[row]: reason for row, reason in reasons.items()} == {
        "a1": "the query itself",
        "a2": "of the query's own group",
        "b1": "of the query's own group",
        "b2": "the same picture",
    }
    copied = guard.reasons(Query(name="q"), [columns.row_of["c1"]])
    assert list(copied.values()) == ["shows the same photograph, or is of the group of one that does"]


@pytest.mark.parametrize(
    "query", [Query(name="q", case_id="a2"), Query(name="q", group_id="new"), Query(name="q", text="red spot")]
)
def test_copies_are_looked_for_only_where_nothing_says_whose_the_picture_is(columns: CaseColumns, query: Query) -> None:
    def nearest() -> Ranking:
        raise AssertionError("looked for copies")

    guard = LeakGuard(columns)
    assert guard.left_out(query, nearest, no_jpegs) == guard.own_rows(query)


def test_a_copy_is_left_out_with_its_group_and_what_lies_elsewhere_is_not(columns: CaseColumns) -> None:
    vectors = np.array([[10, 0], [0, 10], [10.1, 0], [0, 9], [9, 9]], np.float32)
    index = FlatIndex.build(vectors, columns.case_ids)
    vector = np.array([10, 0], np.float32)
    rows = LeakGuard(columns).left_out(Query(name="q", vector=vector), lambda: index.rank(vector), no_jpegs)
    assert sorted(columns.case_ids[row] for row in rows) == ["a1", "a2", "b1", "b2"]


def no_jpegs(case_ids: Sequence[str]) -> dict[str, bytes]:
    raise AssertionError("read a picture")


def test_a_given_id_that_looks_like_one_made_here_is_found_as_the_user_writes_it(case_columns) -> None:
    cases = [
        Case(case_id="1", group_id=own_group("1")),
        Case(case_id="2", group_id=given_group("case:2")),
        Case(case_id="3", group_id="1"),
    ]
    guard = LeakGuard(case_columns(cases))
    found = [guard.own_rows(Query(name="q", group_id=group)) for group in ("case:1", "case:2", "group:case:2", "1")]
    assert found == [{0}, {1}, {1}, {2}]
