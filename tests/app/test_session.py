"""What the page works on: nothing until it is opened, and nothing of it afterwards."""

from __future__ import annotations

import pytest

from dermtools.app.session import AppSession
from dermtools.errors import QueryError, StoppedError
from dermtools.retrieval import CaseBase


def test_without_a_case_base_it_says_how_to_start() -> None:
    with pytest.raises(QueryError, match="dermtools app CASEBASE"):
        _ = AppSession().opened


def test_without_a_model_it_says_how_to_name_one() -> None:
    with pytest.raises(QueryError, match="--model"):
        AppSession().chat_model()


def test_another_case_base_is_another_workspace(case_base: CaseBase) -> None:
    session = AppSession(case_base)
    first = session.workspace
    assert session.workspace is first
    session.case_base = CaseBase.open(case_base.path)
    assert session.workspace is not first


def test_folders_are_private_and_end_with_it() -> None:
    with AppSession() as session:
        folder = session.new_folder()
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()
    with pytest.raises(StoppedError):
        session.new_folder()
