"""Cases come in the order of a column, those without a value last, in both directions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dermtools.cases.case import Case, Task
from dermtools.cases.columns import CaseColumns
from dermtools.retrieval.search.ordering import ordered
from dermtools.retrieval.search.snapshot import Snapshot

MakeColumns = Callable[..., CaseColumns]
SITE = Task(name="location", question="Where?", labels=("back", "face", "neck"))
CASES = [
    Case(case_id="d", group_id="p1", labels={"location": ("face",)}, attributes={"age": 40}),
    Case(case_id="a", group_id="p3", labels={"location": ("neck", "back")}, attributes={"age": 9}),
    Case(case_id="c", group_id="p2", attributes={"age": 40}),
    Case(case_id="b", group_id="p2", labels={"location": ("face",)}),
]


@pytest.mark.parametrize(
    ("by", "descending", "where", "expected"),
    [
        ("case_id", False, "", "abcd"),
        ("case_id", True, "", "dcba"),
        ("group_id", False, "", "dbca"),
        ("location", False, "", "abdc"),
        ("location", True, "", "bdac"),
        ("age", False, "", "acdb"),
        ("age", True, "age > 10 OR age IS NULL", "cdb"),
    ],
)
def test_cases_come_in_the_order_of_a_column(
    by: str, descending: bool, where: str, expected: str, case_columns: MakeColumns
) -> None:
    snapshot = Snapshot(case_columns(CASES), None, (SITE,))
    found = ordered(snapshot, where, by, descending=descending)
    assert "".join(snapshot.columns.case_ids[row] for row in found) == expected
