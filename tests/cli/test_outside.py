"""`evaluate --predictions`: other people's predictions beside the methods, as typed in a terminal."""

from __future__ import annotations

from pathlib import Path

from dermtools.retrieval import CaseBase
from tests.support.command_line import Run


def test_predictions_of_a_file_are_a_row_of_the_table(run: Run, sample_base: Path, tmp_path: Path) -> None:
    columns = CaseBase.open(sample_base).columns
    file = tmp_path / "theirs.csv"
    rows = zip(columns.case_ids, columns.labels["location"], strict=True)
    file.write_text("case_id,prediction\n" + "".join(f"{case_id},{labels[0]}\n" for case_id, labels in rows if labels))
    out = tmp_path / "run"
    words = ("evaluate", sample_base, "--task", "location", "--methods", "majority", "--map", "none", "--out", out)
    done = run(*words, "--predictions", f"theirs={file}")
    assert done.code == 0, done.err
    assert "theirs: theirs.csv" in done.err
    assert "theirs" in done.out
    assert str(tmp_path) not in (out / "report.html").read_text(encoding="utf-8")


def test_what_is_not_written_as_it_should_be_is_refused(run: Run, sample_base: Path, tmp_path: Path) -> None:
    words = ("evaluate", sample_base, "--task", "location", "--methods", "majority", "--out", tmp_path / "run")
    assert "write NAME=FILE" in run(*words, "--predictions", "theirs.csv").err
    assert "goes with --predictions" in run(*words, "--prediction-labels", "a,b").err
    assert not (tmp_path / "run").exists()
