"""Cases page by page: every one of them once, in the order asked for, and one of them among the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dermtools.app.actions.browsing import (
    CaseArguments,
    CasesArguments,
    FactsArguments,
    IdsArguments,
    case,
    cases,
    facts,
    ids,
)
from dermtools.app.session import AppSession
from dermtools.errors import QueryError
from dermtools.retrieval import CaseBase

Ask = Callable[..., dict[str, Any]]
FACES = "location = 'face'"


@pytest.fixture(scope="module")
def session(photograph_base: Path) -> AppSession:
    return AppSession(case_base=CaseBase.open(photograph_base))


@pytest.fixture(scope="module")
def page(session: AppSession) -> Ask:
    return lambda **given: cases(session, CasesArguments(**given), None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def one(session: AppSession) -> Ask:
    return lambda **given: case(session, CaseArguments(**given), None)  # type: ignore[arg-type]


def test_the_pages_together_are_all_cases_in_order(session: AppSession, page: Ask) -> None:
    whole = page(where=FACES, sort="age", descending=True, count=500)
    parts = [page(where=FACES, sort="age", descending=True, first=at, count=50)["cases"] for at in (0, 50, 100, 150)]
    assert [found for part in parts for found in part] == whole["cases"]
    assert whole["total"] == len(whole["cases"]) == len(session.opened.cases(FACES))
    ages = [found["attributes"]["age"] for found in whole["cases"]]
    assert ages == sorted(ages, reverse=True)


def test_a_stretch_of_ids_is_that_of_the_pages(session: AppSession, page: Ask) -> None:
    found = ids(session, IdsArguments(where=FACES, sort="group_id", first=7, count=60), None)  # type: ignore[arg-type]
    shown = page(where=FACES, sort="group_id", first=7, count=60)
    assert found["ids"] == [found["case_id"] for found in shown["cases"]]


def test_a_case_knows_its_place_its_patient_and_the_nearest_of_others(session: AppSession, page: Ask, one: Ask) -> None:
    columns = session.opened.columns
    group = next(of for of in columns.group_ids if columns.group_ids.count(of) == 3)
    own = {case_id for case_id, of in zip(columns.case_ids, columns.group_ids, strict=True) if of == group}
    first = min(own)
    order = [found["case_id"] for found in page(count=500)["cases"]] + [
        found["case_id"] for found in page(first=500, count=500)["cases"]
    ]
    found = one(case=first, nearest=5)
    assert order[found["place"]] == first
    assert (found["previous"], found["next"]) == (order[found["place"] - 1], order[found["place"] + 1])
    assert {first, *(also["case_id"] for also in found["group"])} == own
    assert len(found["nearest"]) == 5
    assert not own & {near["case_id"] for near in found["nearest"]}


def test_a_case_that_the_filter_leaves_out_has_no_place(one: Ask, page: Ask) -> None:
    outside = page(where="location != 'face'", count=1)["cases"][0]["case_id"]
    assert one(case=outside, where=FACES, nearest=0)["place"] is None


def test_facts_are_of_the_cases_that_there_are(session: AppSession) -> None:
    known = session.opened.columns.case_ids[3]
    found = facts(session, FactsArguments(cases=("nobody", known)), None)  # type: ignore[arg-type]
    assert [shown["case_id"] for shown in found["cases"]] == [known]


def test_a_bad_order_or_case_is_one_line(page: Ask, one: Ask) -> None:
    with pytest.raises(QueryError, match="no column 'agee'; did you mean age"):
        page(sort="agee")
    with pytest.raises(QueryError, match="no case 'nobody'"):
        one(case="nobody")
