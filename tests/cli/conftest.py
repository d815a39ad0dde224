"""The command line run as a user runs it, in this process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dermtools.cases import load_source
from dermtools.cli import main
from dermtools.retrieval import CaseBase
from tests.support.command_line import Done, Run


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["dermtools", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def sample_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Case base of the drawn sample; tests must not change it."""
    path = tmp_path_factory.mktemp("sample") / "casebase"
    CaseBase.create(path, embedder="descriptor").add(load_source("sample"))
    return path
