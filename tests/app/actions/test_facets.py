"""What the page asks of the filter: counts, and the condition of what was chosen."""

from __future__ import annotations

import json
from pathlib import Path

from dermtools.app.actions.facets import ConditionArguments, FacetArguments, facets, where
from dermtools.app.session import AppSession
from dermtools.retrieval import CaseBase


def test_what_comes_back_as_json_writes_the_condition_that_it_was_read_from(photograph_base: Path) -> None:
    session = AppSession(case_base=CaseBase.open(photograph_base))
    condition = "diagnosis IN ('BCC', 'MEL') AND age BETWEEN 40 AND 62 AND (fitzpatrick = 3 OR fitzpatrick IS NULL)"
    found = json.loads(facets(session, FacetArguments(where=condition), None).model_dump_json())  # type: ignore[arg-type]
    asked = ConditionArguments.model_validate({"choices": found["choices"], "rest": found["rest"]})
    assert where(session, asked, None) == {"where": condition}  # type: ignore[arg-type]
    assert found["left"] == len(session.opened.cases(condition))


def test_private_attributes_are_counted_for_the_person(photograph_base: Path) -> None:
    session = AppSession(case_base=CaseBase.open(photograph_base))
    assert session.opened.attributes.audiences["age"] == "private"
    found = facets(session, FacetArguments(), None)  # type: ignore[arg-type]
    age = next(one for one in found.facets if one.name == "age")
    assert sum(one.total for one in age.bins) == len(session.opened)
