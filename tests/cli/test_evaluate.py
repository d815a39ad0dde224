"""`evaluate` and `compare` over the methods that need no service."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.command_line import Run


def test_a_run_leaves_a_table_a_report_and_every_answer(run: Run, sample_base: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = run("evaluate", sample_base, "--task", "location", "--methods", "majority,knn-vote-5", "--out", out)
    assert done.code == 0, done.err
    answers = [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]
    cases = {answer["case_id"] for answer in answers}
    assert len(answers) == 2 * len(cases)
    assert (out / "table.md").is_file()
    assert (out / "report.html").is_file()
    assert "knn-vote-5" in done.out
    compared = run("compare", out)
    assert compared.code == 0, compared.err
    assert "knn-vote-5" in compared.out


def test_a_prompted_method_needs_a_model(run: Run, sample_base: Path, tmp_path: Path) -> None:
    done = run("evaluate", sample_base, "--task", "location", "--methods", "rag-5", "--out", tmp_path / "run")
    assert done.code == 1
    assert "--model" in done.err
    assert not (tmp_path / "run").exists()
