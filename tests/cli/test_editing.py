"""relabel, split, merge, history, restore and restorable deletion, as typed in a terminal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from dermtools.cases import CaseStore
from tests.support.command_line import Run
from tests.support.stored_cases import new_store, stored


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """case1: face; case2: face, hand; case4: face; case5: face, hand."""
    return new_store(tmp_path / "base", 6).path


def state(base: Path) -> list[Any]:
    columns = CaseStore.open(base).columns()
    return [columns.case(row) for row in range(len(columns))]


def test_each_edit_is_undone_by_the_command_in_its_last_line(
    run: Run, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    other = new_store(tmp_path / "other")
    other.add([stored(9)])
    table = tmp_path / "list.csv"
    assert run("cases", base, "--csv", table).code == 0
    table.write_text(table.read_text().replace("case1,group0,valid,face", "case1,group0,valid,hand"))
    before = state(base)
    for words in (
        ("relabel", base, "case1", "location=hand", "Diagnosis_2=naevus"),
        ("relabel", base, "case2", "location="),
        ("relabel", base, "case1", "location=foot", "--new-labels"),
        ("relabel", base, table),
        ("split", base, "--seed", "5"),
        ("split", base, "--group", "group0=test"),
        ("delete", base, "--restorable", "--case", "case1", "--group", "group1"),
        ("merge", base, other.path),
    ):
        done = run(*words)
        assert done.code == 0, done.err
        assert state(base) != before, words
        undo, _, command = done.out.splitlines()[-1].partition(": dermtools ")
        assert (undo, run(*command.split()).code) == ("undo", 0)
        assert state(base) == before, words


def test_the_command_line_names_all_labels_of_a_task(run: Run, base: Path) -> None:
    assert run("relabel", base, "case0", "location=hand", "location=face").code == 0
    assert run("relabel", base, "case3", "location=face|hand").code == 0
    assert CaseStore.open(base).columns().labels["location"][0] == ("hand", "face")
    assert CaseStore.open(base).columns().labels["location"][3] == ("face", "hand")


def test_the_history_says_what_was_done_and_what_it_costs(
    run: Run, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    run("relabel", base, "case1", "location=hand")
    run("delete", base, "--restorable", "--case", "case1")
    said = " ".join(run("history", base).out.split())
    assert "relabel other labels of location for 1 case 6 yes" in said
    assert re.search(r" \d{4}-\d\d-\d\d \d\d:\d\d relabel ", said)
    assert "delete 1 case put away, restorably 5 present" in said
    assert "more for earlier versions; at most 20 are kept (--keep N)" in said
    assert run("history", base, "--keep", "1", "--json").json["kept"] == 1
    assert [one["restorable"] for one in run("history", base, "--json").json["versions"]] == [False, True, True]


def test_restorable_deletion_is_said_to_be_no_erasure_and_what_is_put_away_can_be_erased(run: Run, base: Path) -> None:
    done = run("delete", base, "--restorable", "--group", "group1")
    assert "this erases nothing" in done.out
    done = run("delete", base, "--group", "group1", "--yes", "--json")
    assert (done.code, done.json["left"]) == (0, 4)
    assert "; 1 version cannot be restored any more" in " ".join(done.err.split())
    assert not any(b"jpeg2" in path.read_bytes() for path in base.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("relabel", "case1"), "no label was named for case1"),
        (("relabel", "nothing.csv"), "nothing.csv is no table that is there"),
        (("relabel", "case1", "face"), "'face' is not TASK=LABEL"),
        (("split", "--group", "group0"), "'group0' is not --group ID=SPLIT"),
        (("split", "--fractions", "a,b"), "give three shares of one"),
        (("split", "splits.csv", "--group", "group0=test"), "FILE and --group both say"),
        (("restore", "99"), "version 99 of"),
        (("delete", "--restorable", "--purge"), "does not go with --purge"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    run: Run, base: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    done = run(words[0], base, *words[1:])
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    assert said in done.err


def test_while_another_process_writes_an_edit_is_refused(run: Run, base: Path) -> None:
    with CaseStore.open(base).write():
        done = run("relabel", base, "case1", "location=hand")
    assert (done.code, "another process is writing" in done.err) == (1, True)
