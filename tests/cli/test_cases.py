"""`dermtools cases`, as typed in a terminal."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from dermtools.retrieval.editing.relabel import relabel
from tests.support.command_line import Run
from tests.support.stored_cases import new_store


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """case1: valid, face; case2: test, face and hand; case4: train, face. Odd ones have attributes, all private."""
    return new_store(tmp_path_factory.mktemp("cases") / "base", 60).path


def ids(text: str) -> list[str]:
    return [row["case_id"] for row in csv.DictReader(io.StringIO(text))]


def test_conditions_and_splits_choose_the_cases(run: Run, base: Path) -> None:
    found = run("cases", base, "--where", "location = 'hand' and age < 20", "--csv", "-").out
    assert ids(found) == ["case5", "case11", "case17"]
    assert ids(run("cases", base, "--split", "none", "--limit", "2", "--csv", "-").out) == ["case3", "case7"]
    done = run("cases", base, "--where", "locaton = 'hand'")
    assert (done.code, "did you mean location?" in " ".join(done.err.split())) == (1, True)


def test_a_table_is_a_screen_long_and_says_how_many_there_are(run: Run, base: Path) -> None:
    done = run("cases", base)
    assert done.out.count("case") >= 50
    assert "50 of 60 cases" in done.out
    assert "--limit N lists more" in done.out
    assert len(run("cases", base, "--json").json["cases"]) == 60


def test_attributes_are_listed_where_they_are_asked_for_only(run: Run, base: Path) -> None:
    usual = ["case_id", "group_id", "split", "location", "Diagnosis_2"]
    assert run("cases", base, "--limit", "1", "--csv", "-").out.splitlines()[0].split(",") == usual
    every = run("cases", base, "--columns", "all", "--limit", "2", "--csv", "-").out.splitlines()
    assert every[0].split(",") == [*usual, "age", "ratio", "sex", "smoker"]
    assert every[2] == "case1,group0,valid,face,,1,0.5,ü',false"
    chosen = run("cases", base, "--columns", "Age,case id", "--limit", "2", "--json").json["cases"]
    assert chosen == [{"age": None, "case_id": "case0"}, {"age": 1, "case_id": "case1"}]


def test_what_a_spreadsheet_would_run_is_guarded_and_read_back(run: Run, tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 2)
    relabel(store, {"case0": {"location": ["=1+1"]}}, new_labels=True)
    table = tmp_path / "list.csv"
    run("cases", store.path, "--csv", table)
    assert "case0,group0,train,'=1+1," in table.read_text(encoding="utf-8").splitlines()
    assert run("relabel", store.path, table, "--json").json["changed"] == 0


def test_the_list_is_a_file_that_is_written_whole(run: Run, base: Path, tmp_path: Path) -> None:
    done = run("cases", base, "--csv", tmp_path / "new" / "list.csv")
    assert (done.code, done.out, "60 of 60 cases written to" in done.err) == (0, "", True)
    rows = (tmp_path / "new" / "list.csv").read_text(encoding="utf-8").splitlines()
    assert (len(rows), rows[3]) == (61, "case2,group1,test,face|hand,")
    assert run("cases", base, "--csv", "-", "--json").code == 1
