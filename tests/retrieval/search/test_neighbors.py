"""What a search gives back."""

from __future__ import annotations

import json

import pytest

from dermtools.cases.case import Case
from dermtools.retrieval import CaseBase, Neighbors

FACE = Case(case_id="a", group_id="p1", labels={"site": ("face", "neck")}, attributes={"age": 40})
BACK = Case(case_id="b", group_id="p2", split="train")


def test_neighbours_are_a_sequence_with_ranks_from_one() -> None:
    found = Neighbors("q.jpg", [(FACE, 0.5), (BACK, 0.75)], ["a note"], dict.fromkeys)
    assert [(n.rank, n.case, n.distance) for n in found] == [(1, FACE, 0.5), (2, BACK, 0.75)]
    assert (len(found), found[-1].case, found.case_ids, found.notes) == (2, BACK, ["a", "b"], ("a note",))
    assert [n.rank for n in found[1:]] == [2]
    assert repr(found) == "<2 neighbours of q.jpg, nearest a at 0.5>"
    assert repr(Neighbors("q", [], [], dict.fromkeys)) == "<0 neighbours of q>"


def test_json_holds_exactly_the_documented_keys() -> None:
    found = Neighbors("q.jpg", [(FACE, 0.5)], [], dict.fromkeys, frozenset({"age"}))
    assert json.loads(json.dumps(found.to_json())) == {
        "query": "q.jpg",
        "neighbors": [
            {
                "rank": 1,
                "case_id": "a",
                "group_id": "p1",
                "distance": 0.5,
                "labels": {"site": ["face", "neck"]},
                "attributes": {"age": 40},
            }
        ],
    }


def test_a_notebook_shows_the_pictures(small_base: CaseBase) -> None:
    html = small_base.search(case_id="c00", k=3)._repr_html_()
    assert html.count("data:image/jpeg;base64,") == 3


def test_there_is_no_neighbour_beyond_the_last() -> None:
    with pytest.raises(IndexError):
        Neighbors("q", [], [], dict.fromkeys)[0]
