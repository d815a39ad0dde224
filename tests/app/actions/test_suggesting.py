"""Cases to begin with: of every label, of as many people as there are, and the same ones every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.app.actions.suggesting import SUGGESTED, SuggestArguments, suggest
from dermtools.app.session import AppSession
from dermtools.errors import QueryError
from dermtools.retrieval import CaseBase


def test_they_are_of_every_label_and_of_different_people(photograph_base: Path) -> None:
    session = AppSession(case_base=CaseBase.open(photograph_base))
    given = suggest(session, SuggestArguments(task="diagnosis"), None)  # type: ignore[arg-type]
    labels = {label for one in given["cases"] for label in one["labels"]["diagnosis"]}
    assert labels == set(session.opened.task("diagnosis").labels)
    assert len({one["group_id"] for one in given["cases"]}) == len(given["cases"]) == SUGGESTED
    assert suggest(session, SuggestArguments(task="diagnosis"), None) == given  # type: ignore[arg-type]
    assert len(suggest(session, SuggestArguments(), None)["cases"]) == SUGGESTED  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="no task"):
        suggest(session, SuggestArguments(task="mood"), None)  # type: ignore[arg-type]
