"""Findings as the page is told of them, each entry with its offer, and the offers done in one edit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dermtools.app.actions.checking import CheckArguments, MendArguments, check, mend
from dermtools.app.session import AppSession
from dermtools.errors import QueryError
from dermtools.retrieval import CaseBase
from tests.support.planted_copies import plant_copies

KIND = "edited-copy-across-splits"


class Stages:
    """A teller that keeps what it was told."""

    def __init__(self) -> None:
        self.started: list[str] = []

    def start(self, total: int, description: str) -> None:
        self.started.append(description)

    def advance(self, n: int = 1) -> None:
        pass

    def event(self, data: dict[str, Any]) -> None:
        raise AssertionError(data)


@pytest.fixture
def session(photograph_base: Path, tmp_path: Path) -> AppSession:
    return AppSession(case_base=CaseBase.open(plant_copies(photograph_base, tmp_path / "copy", cases=40)))


def found(session: AppSession, kind: str, **given: Any) -> dict[str, Any]:
    told = check(session, CheckArguments(**given), Stages())
    json.dumps(told, allow_nan=False)
    return next(one for one in told["findings"] if one["kind"] == kind)


def test_each_entry_has_its_own_offer_and_all_are_done_in_one_edit(session: AppSession) -> None:
    finding = found(session, KIND)
    assert (finding["severity"], finding["count"], len(finding["cases"])) == ("error", 2, 2)
    assert [offer.startswith("move all of") for offer in finding["offers"]] == [True, True]
    version = session.opened.version
    done = mend(session, MendArguments.model_validate({"kind": KIND}), Stages())
    assert done["edit"]["before"] == version
    fresh = check(session, CheckArguments(version=session.opened.version), Stages())
    assert KIND not in [one["kind"] for one in fresh["findings"]]


def test_only_the_entries_named_are_remedied(session: AppSession) -> None:
    first, second = found(session, KIND)["cases"]
    mend(session, MendArguments.model_validate({"kind": KIND, "entries": [first]}), Stages())
    again = found(session, KIND, version=session.opened.version)
    assert again["cases"] == (second,)


def test_a_report_is_kept_until_a_later_version_is_asked_for_and_forgets_what_is_gone(session: AppSession) -> None:
    finding = found(session, KIND)
    session.opened.remove([finding["cases"][0][1]])
    kept = check(session, CheckArguments(), Stages())
    assert kept["version"] < session.opened.version
    stale = next(one for one in kept["findings"] if one["kind"] == KIND)
    assert stale["cases"] == finding["cases"]
    assert [offer is None for offer in stale["offers"]] == [True, False]
    assert found(session, KIND, version=session.opened.version)["count"] == 1


def test_nothing_is_remedied_that_was_not_found(session: AppSession) -> None:
    with pytest.raises(QueryError, match="check the case base first"):
        mend(session, MendArguments.model_validate({"kind": KIND}), Stages())
    found(session, KIND)
    with pytest.raises(QueryError, match="nothing is left to do"):
        mend(session, MendArguments.model_validate({"kind": "no-split"}), Stages())


def test_suspected_labels_come_with_what_is_suggested_and_progress_is_told(session: AppSession) -> None:
    stages = Stages()
    told = check(session, CheckArguments(labels=True, tasks=("diagnosis",)), stages)
    assert stages.started
    doubts = {one["case_id"]: one for task in told["labels"] for one in task["doubtful"]}
    finding = next(one for one in told["findings"] if one["kind"] == "doubtful-label")
    assert [ids[0] for ids in finding["cases"]] == list(doubts)
    assert all(one["suggested"] not in one["labels"] for one in doubts.values())
