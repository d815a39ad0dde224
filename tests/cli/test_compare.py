"""`compare` and `rerun` as they are typed, over methods that need no service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import Run


@pytest.fixture
def small(run: Run, sample_base: Path, tmp_path: Path) -> Path:
    """A run of two methods over six cases."""
    options = ("--task", "location", "--methods", "majority,knn-vote-1", "--limit", 6, "--map", "none")
    done = run("evaluate", sample_base, *options, "--out", tmp_path / "small")
    assert done.code == 0, done.err
    return tmp_path / "small"


def test_a_run_is_repeated_beside_it_and_says_what_is_the_same(run: Run, small: Path) -> None:
    done = run("rerun", small, "--map", "none")
    assert done.code == 0, done.err
    assert "nothing that decides has changed" in done.err
    assert "knn-vote-1: 6 of 6 answers are as before" in done.out
    assert (small.parent / "small-again" / "report.html").is_file()
    again = run("rerun", small, "--map", "none", "--json")
    assert json.loads(again.out)["same_answers"] == {"majority": [6, 6], "knn-vote-1": [6, 6]}


def test_a_case_base_that_is_gone_is_asked_for(run: Run, small: Path, tmp_path: Path) -> None:
    described = json.loads((small / "run.json").read_text())
    described["case_base"]["path"] = str(tmp_path / "moved")
    (small / "run.json").write_text(json.dumps(described))
    done = run("rerun", small)
    assert done.code == 1
    assert "say where it is with --case-base" in done.err
    assert not (small.parent / "small-again").exists()


def test_runs_are_compared_on_shared_cases_and_say_what_decided_them(
    run: Run, small: Path, sample_base: Path, tmp_path: Path
) -> None:
    options = ("--task", "location", "--methods", "knn-vote-1,knn-vote-3", "--limit", 9, "--map", "none")
    assert run("evaluate", sample_base, *options, "--out", tmp_path / "large").code == 0
    described = json.loads((tmp_path / "large" / "run.json").read_text())
    described["versions"]["numpy"] = "1.0"
    (tmp_path / "large" / "run.json").write_text(json.dumps(described))
    said = json.loads(run("compare", small, tmp_path / "large", "--json").out)
    assert said["shared"] == {
        "cases": 6,
        "groups": said["groups"],
        "of": {str(small): 6, str(tmp_path / "large"): 9},
    }
    limit = said["differences"][0]["settings"][0]
    assert limit == {"what": "limit", "first": 6, "second": 9}
    shown = " ".join(run("compare", small, tmp_path / "large").out.split())
    assert "numpy: " in shown
    assert "1.0 in large" in shown
    assert f"6 cases of {said['groups']} groups are shared, of 6 in" in shown
