"""What a search gives back."""

from __future__ import annotations

import json

import pytest

from dermtools.cases.case import Case
from dermtools.retrieval import CaseBase, Neighbors
from dermtools.retrieval.search.neighbors import nearness

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


def test_a_notebook_shows_the_first_of_many_and_says_so() -> None:
    many = Neighbors("q.jpg", [(FACE, 0.1 * n) for n in range(61)], [], dict.fromkeys)
    html = many._repr_html_()
    assert html.count("<figure") == 60
    assert "61 nearest cases to q.jpg, Euclidean distance; the first 60 are shown" in html


def test_the_nearest_has_a_full_bar_and_the_farthest_a_tenth() -> None:
    assert [nearness(distance, 1.0, 3.0) for distance in (1.0, 2.0, 3.0)] == pytest.approx([1.0, 0.55, 0.1])
    assert nearness(2.0, 2.0, 2.0) == 1.0
