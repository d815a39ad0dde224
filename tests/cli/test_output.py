"""What programs read: one JSON document on standard output, with the fields that docs/json.md lists."""

from __future__ import annotations

import json
import math
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from dermtools.cases import CaseStore
from dermtools.cli.output import print_json, show
from dermtools.retrieval import CaseBase
from tests.support.command_line import Run
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")


def documented(command: str) -> set[str]:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{command}` |"))
    fields = set(
        re.findall(r"`([a-z_]+)`", re.sub(r"\([^)]*\)", "", row.split("|")[2]))
    )  # in brackets: what is in them
    result = set(re.findall(r"`([a-z_]+)`", PAGE.partition("A result has")[2].partition("it is what")[0]))
    return fields | result if "those of a result" in row else fields


def strictly(text: str) -> Any:
    """The document; NaN and the infinities, which Python's own reader takes, are refused."""

    def refuse(name: str) -> float:
        raise ValueError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_json_has_the_fields_that_are_documented(run: Run, sample_base: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    first = shutil.copytree(sample_base, tmp_path / "first")
    rest = shutil.copytree(sample_base, tmp_path / "rest")
    typed = {
        "cases": ("cases", first),
        "show": ("show", first, "drawn_p01_1"),
        "delete": ("delete", rest, "--group", "drawn_p01", "--yes"),
        "relabel": ("relabel", first, "drawn_p02_1", "location=face"),
        "split": ("split", first, "--group", "drawn_p02=test"),
        "history": ("history", first),
        "restore": ("restore", first, CaseStore.open(first).version),
        "merge": ("merge", CaseBase.create(tmp_path / "empty", embedder="descriptor").path, rest),
        "info": ("info", sample_base),
        "check": ("check", sample_base, "--labels"),
        "evaluate": ("evaluate", sample_base, "--task", "location", "--methods", "majority,knn-vote-5", "--out", out),
        "compare": ("compare", out),
        "demo": ("demo", tmp_path / "demo", "--embedder", "descriptor"),
        "ingest": ("ingest", "sample", tmp_path / "demo" / "sample" / "casebase"),
        "prompts show": ("prompts", "show", "location"),
        "prompts check": ("prompts", "check"),
    }
    for command, arguments in typed.items():
        done = run(*arguments, "--json")
        assert done.code == 0, done.err
        assert set(strictly(done.out)) == documented(command), command


def test_faults_of_prompt_files_are_a_document_and_an_exit_code(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("id: mine\nversion: one\n", encoding="utf-8")
    done = run("prompts", "check", tmp_path, "--json")
    assert done.code == 1
    said = strictly(done.out)
    assert said["valid"] is False
    assert [problem for problem in said["problems"] if not problem.startswith(f"{tmp_path / 'mine.yaml'}:")] == []


def test_a_figure_that_does_not_exist_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": math.nan, "b": [math.inf, {"c": (1.5, -math.inf)}]})
    assert strictly(capsys.readouterr().out) == {"a": None, "b": [None, {"c": [1.5, None]}]}


def test_a_command_that_is_too_long_for_its_line_is_still_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    command = f"dermtools app '{'a folder/' * 6}my cases'"
    show(f"To look further in your browser: {command}")
    assert capsys.readouterr().out.splitlines() == ["To look further in your browser:", f"  {command}"]
