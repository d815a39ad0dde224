"""Edits that the page asks for: whole patients move, what erasing takes is said, another writer is one line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dermtools.app.actions.editing import (
    CasesChosen,
    MoveArguments,
    RelabelArguments,
    RestoreArguments,
    erase,
    erasing,
    move,
    put_away,
    relabel,
    restore,
)
from dermtools.app.session import AppSession
from dermtools.errors import CaseBaseError, QueryError
from dermtools.retrieval import CaseBase


@pytest.fixture
def session(photograph_base: Path, tmp_path: Path) -> AppSession:
    copy = shutil.copytree(photograph_base, tmp_path / "copy")
    return AppSession(case_base=CaseBase.open(copy))


def test_an_edit_is_undone_by_the_version_before_it(session: AppSession) -> None:
    case_base = session.opened
    before = {case.case_id: case for case in case_base.cases()}
    chosen = tuple(case_base.columns.case_ids[:3])
    done = relabel(session, RelabelArguments(cases=chosen, task="diagnosis", labels=("MEL",)), None)  # type: ignore[arg-type]
    assert {case_base.case(case_id).labels["diagnosis"] for case_id in chosen} == {("MEL",)}
    restore(session, RestoreArguments(version=done.before), None)  # type: ignore[arg-type]
    assert {case.case_id: case for case in case_base.cases()} == before


def test_an_edit_is_not_undone_over_one_that_came_after_it(session: AppSession) -> None:
    case_base = session.opened
    first, second = case_base.columns.case_ids[:2]
    done = relabel(session, RelabelArguments(cases=(first,), task="diagnosis", labels=("MEL",)), None)  # type: ignore[arg-type]
    CaseBase.open(case_base.path).relabel({second: {"diagnosis": ("NEV",)}})
    undo = RestoreArguments(version=done.before, present=done.version)
    with pytest.raises(QueryError, match="nothing was undone"):
        restore(session, undo, None)  # type: ignore[arg-type]
    assert case_base.case(second).labels["diagnosis"] == ("NEV",)


def test_a_case_moves_with_all_of_its_patient(session: AppSession) -> None:
    columns = session.opened.columns
    group = next(of for of in columns.group_ids if columns.group_ids.count(of) == 3)
    first = columns.case_ids[columns.group_ids.index(group)]
    target = "test" if columns.splits[columns.row_of[first]] != "test" else "train"
    done = move(session, MoveArguments.model_validate({"cases": [first], "split": target}), None)  # type: ignore[arg-type]
    assert done.changed == 3
    assert {case.split for case in session.opened.cases() if case.group_id == group} == {target}


def test_what_erasing_would_take_is_what_it_takes(session: AppSession) -> None:
    case_base = session.opened
    columns = case_base.columns
    group = next(of for of in columns.group_ids if columns.group_ids.count(of) == 3)
    own = [case_id for case_id, of in zip(columns.case_ids, columns.group_ids, strict=True) if of == group]
    put_away(session, CasesChosen(cases=(columns.case_ids[-1],)), None)  # type: ignore[arg-type]
    said = erasing(session, CasesChosen(cases=tuple(own)), None)  # type: ignore[arg-type]
    kept = case_base.history().restorable()
    assert said == {"cases": 3, "whole_groups": 1, "versions": len(kept), "spaces": []}
    assert len(kept) > 0
    assert erase(session, CasesChosen(cases=tuple(own)), None) == {"erased": 3}  # type: ignore[arg-type]
    assert case_base.history().restorable() == []
    assert not set(own) & set(case_base.columns.case_ids)


def test_another_process_that_writes_is_one_line(session: AppSession) -> None:
    other = CaseBase.open(session.opened.path)
    chosen = RelabelArguments(cases=(other.columns.case_ids[0],), task="diagnosis", labels=("MEL",))
    with other.store.exclusive(), pytest.raises(CaseBaseError, match="another process is writing"):
        relabel(session, chosen, None)  # type: ignore[arg-type]
