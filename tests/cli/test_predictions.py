"""`dermtools predictions`, as typed."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.parquet

from dermtools.evaluation import evaluate
from dermtools.methods import method
from dermtools.retrieval import CaseBase
from tests.support.command_line import Run


def test_the_answers_of_a_run_are_written(run: Run, sample_base: Path, tmp_path: Path) -> None:
    case_base = CaseBase.open(sample_base)
    methods = [method(name, case_base, "location") for name in ("majority", "knn-vote-5")]
    done = evaluate(case_base, "location", methods, tmp_path / "run", limit=4)
    told = run("predictions", tmp_path / "run", tmp_path / "out.csv").out
    assert "".join(told.split()).endswith("out.csv:8answers")  # a long path may wrap anywhere
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for arm in done.results.summaries:
        assert sum(row["right"] == "true" for row in rows if row["arm"] == arm.arm) == 4 * arm.accuracy
    run("predictions", tmp_path / "run", tmp_path / "one.parquet", "--to", "parquet", "--arm", "majority")
    assert pyarrow.parquet.read_table(tmp_path / "one.parquet")["arm"].to_pylist() == ["majority"] * 4
    wrong = run("predictions", tmp_path / "run", tmp_path / "x", "--to", "xml")
    assert (wrong.code, "there are: csv, parquet, inspect" in wrong.err) == (1, True)
