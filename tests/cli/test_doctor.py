"""`dermtools doctor` as typed: one screen, exit codes, JSON, and what it does not load."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dermtools.doctor.providers import PROVIDERS, key_variables
from dermtools.retrieval import CaseBase
from tests.support.command_line import Run
from tests.support.paths import ROOT

SCREEN = 24
HEAVY = ("torch", "langchain", "langchain_core", "lance", "faiss", "httpx", "transformers", "openai", "numpy")


@pytest.fixture(autouse=True)
def _no_services(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither keys nor addresses of whoever runs the tests."""
    for name in (*key_variables(), *(name for one in PROVIDERS for name in one.addresses)):
        monkeypatch.delenv(name, raising=False)


def test_one_screen_says_that_all_is_well(run: Run, sample_base: Path) -> None:
    done = run("doctor", sample_base)
    assert done.code == 0, done.out
    lines = done.out.splitlines()
    assert len(lines) <= SCREEN
    assert max(map(len, lines)) <= 80
    heads = [line.split("  ")[0] for line in lines if line[:1].strip()]
    assert heads == ["dermtools", "packages", "extras", "keys", "models", "case base", "next"]
    assert f"{len(CaseBase.open(sample_base))} cases of 60 groups" in " ".join(done.out.split())
    assert done.err == ""


def test_what_does_not_work_is_exit_code_1_and_how_to_repair_it(run: Run, sample_base: Path, tmp_path: Path) -> None:
    damaged = shutil.copytree(sample_base, tmp_path / "damaged")
    (damaged / "manifest.json").write_text("{", encoding="utf-8")
    done = run("doctor", damaged)
    assert done.code == 1
    assert "does not open" in done.out
    assert "restore it, or ingest again into a new folder" in " ".join(done.out.split())
    missing = run("doctor", tmp_path / "nowhere")
    assert (missing.code, missing.err.split(";")[0]) == (1, f"error: no case base at {tmp_path / 'nowhere'}")


def test_a_service_that_is_away_is_named_with_its_host_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hunter2")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    done = run("doctor")
    assert done.code == 1
    assert "openai: 127.0.0.1:9 cannot be reached" in " ".join(done.out.split())
    assert "hunter2" not in done.out
    offline = run("doctor", "--offline")
    assert (offline.code, "not asked" in offline.out) == (0, True)


def test_the_fields_of_its_json_are_documented(run: Run, sample_base: Path) -> None:
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith("| `doctor` |")).split("|")[2]
    found = run("doctor", sample_base, "--offline", "--json").json
    assert set(found) == set(re.findall(r"`([a-z_]+)`", re.sub(r"\([^)]*\)", "", row)))
    assert set(found["case_base"]) <= set(re.findall(r"`([a-z_]+)`", row))


def test_it_answers_without_importing_what_it_looks_for() -> None:
    code = (
        "import sys; from dermtools.cli import main\n"
        "try: main()\n"
        f"except SystemExit as end: print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "doctor", "--offline"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
