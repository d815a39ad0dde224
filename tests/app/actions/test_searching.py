"""What the page is told of a search: neighbours, votes, and what the leak guard left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dermtools.app.actions.searching import SearchArguments, search
from dermtools.app.session import AppSession
from dermtools.errors import QueryError
from dermtools.retrieval import CaseBase, KNNVote

Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def session(photograph_base: Path) -> AppSession:
    return AppSession(case_base=CaseBase.open(photograph_base))


@pytest.fixture(scope="module")
def ask(session: AppSession) -> Ask:
    return lambda **given: search(session, SearchArguments(**given), None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def pictures(session: AppSession, photographs: Path) -> list[str]:
    """Handles of three photographs that were brought."""
    files = sorted((photographs.parent / "images").iterdir())[:3]
    return [session.context.images.add(file.read_bytes(), name=file.name).handle for file in files]


def test_the_vote_is_that_of_knn_vote_over_the_cases_shown(session: AppSession, ask: Ask) -> None:
    case_id = session.opened.columns.case_ids[0]
    found = ask(query=f"case:{case_id}", k=9)
    splits: list[str] = []
    voted = KNNVote(session.opened, "diagnosis", 9, splits=splits).predict(session.opened.query(case_id=case_id))
    shares = {label: share for label, share in (voted.probabilities or {}).items() if share}
    assert found["votes"]["diagnosis"] == {"voters": 9, "shares": pytest.approx(shares)}
    assert next(iter(found["votes"]["diagnosis"]["shares"])) == voted.label
    assert found["query"]["case"]["case_id"] == case_id


def test_what_the_leak_guard_left_out_is_named_with_its_reason(session: AppSession, ask: Ask) -> None:
    columns = session.opened.columns
    group = next(one for one in columns.group_ids if columns.group_ids.count(one) == 3)
    own = [case_id for case_id, of in zip(columns.case_ids, columns.group_ids, strict=True) if of == group]
    found = ask(query=f"case:{own[0]}")
    assert {one["case_id"]: one["why"] for one in found["left_out"]} == {
        own[0]: "the query itself",
        **dict.fromkeys(own[1:], "of the query's own group"),
    }


def test_views_say_to_which_of_them_a_case_is_nearest(ask: Ask, pictures: list[str]) -> None:
    apart = [{one["case_id"]: one["distance"] for one in ask(query=handle, k=600)["neighbors"]} for handle in pictures]
    found = ask(views=pictures, k=20)
    assert len(found["neighbors"]) == 20
    assert {one["view"] for one in found["neighbors"]} <= {0, 1, 2}
    for one in found["neighbors"]:
        assert one["distance"] == apart[one["view"]][one["case_id"]]
        assert one["distance"] == min(view[one["case_id"]] for view in apart if one["case_id"] in view)


@pytest.mark.parametrize("given", [{}, {"query": "case:x", "text": "red"}, {"query": "case:x", "views": ["img_1"]}])
def test_it_is_asked_with_one_thing(ask: Ask, given: dict[str, Any]) -> None:
    with pytest.raises(QueryError, match="one of them"):
        ask(**given)
