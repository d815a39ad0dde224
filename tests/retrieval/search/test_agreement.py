"""What neighbours' labels are held against."""

from __future__ import annotations

from dermtools.cases.case import Case
from dermtools.retrieval.search.agreement import Standard, standards
from dermtools.retrieval.search.neighbors import Neighbors


def found(*rows: tuple[str, float]) -> Neighbors:
    cases = [
        (Case(case_id=f"c{n}", group_id=f"g{n}", labels={"site": (label,)}), distance)
        for n, (label, distance) in enumerate(rows)
    ]
    return Neighbors("q", cases, [], dict.fromkeys)


def test_the_querys_own_label_decides_where_it_is_known() -> None:
    assert standards(found(("arm", 1.0)), {"site": ("face", "neck")}) == {"site": Standard(("face", "neck"), True)}


def test_else_what_they_vote_for_the_nearer_the_more() -> None:
    near_and_far = found(("arm", 1.0), ("face", 4.0), ("face", 4.0))
    assert standards(near_and_far, {"site": ()}) == {"site": Standard(("arm",), False)}


def test_a_task_that_nobody_is_labelled_for_has_none() -> None:
    assert standards(Neighbors("q", [(Case(case_id="a", group_id="b"), 1.0)], [], dict.fromkeys)) == {}
