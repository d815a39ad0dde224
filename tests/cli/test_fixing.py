"""`check --fix` and `--out`: nothing is done unasked, what is done can be undone, and a list is taken back."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from PIL import Image

from dermtools.cases import CaseStore, StoredCase
from dermtools.cases.case import Case
from tests.support.command_line import Run
from tests.support.stored_cases import IDENTITY, TASKS, stored
from tests.support.terminal import CTRL_C, watch


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Group a is in train and test; case2 and case3 are copies; case4 and case5 too, with other labels."""
    out = io.BytesIO()
    Image.new("RGB", (320, 240), "tan").save(out, "JPEG")
    planted = [
        (0, "a", "train", 0, "face"),
        (1, "a", "test", 1, "face"),
        (2, "b", "train", 2, "face"),
        (3, "c", "train", 2, "face"),
        (4, "d", "train", 4, "face"),
        (5, "e", "train", 4, "hand"),
    ]
    rows = []
    for number, group, split, picture, label in planted:
        case = Case(case_id=f"case{number}", group_id=group, split=split, labels={"location": (label,)})
        same = stored(picture)
        rows.append(StoredCase(case, same.content_hash, same.vector, out.getvalue(), 320, 240))
    path = tmp_path / "base"
    CaseStore.create(path, embedder_spec="colour", identity=IDENTITY, tasks=TASKS).add(rows)
    return path


def state(path: Path) -> dict[str, tuple[str | None, tuple[str, ...]]]:
    columns = CaseStore.open(path).columns()
    cases = (columns.case(row) for row in range(len(columns)))
    return {case.case_id: (case.split, case.labels["location"]) for case in cases}


def test_a_person_is_asked_about_each_remedy(base: Path) -> None:
    before = state(base)
    keys = [("skip or quit", b"a\r"), ("skip or quit", b"perhaps\r"), ("a to accept", b"\r"), ("skip or quit", b"a\r")]
    keys.append(("no-picture-hash: ", b"q\r"))
    seen = watch("check", base, "--fix", cwd=base.parent, keys=keys)
    assert seen.code == 0
    assert "group-across-splits: move all of a to train (now train 1, test 1)" in seen.text
    assert "duplicate: put away case3; case2 stays" in seen.text
    assert "conflicting-labels: label case5 (hand) face in location" in seen.text
    assert "label case4" not in seen.text  # moot, once the other label was taken
    assert "remedies done: 2, skipped: 1" in seen.text
    assert state(base) == before | {"case1": ("train", ("face",)), "case5": ("train", ("face",))}


def test_ctrl_c_says_what_is_done_and_how_it_is_undone(base: Path) -> None:
    seen = watch("check", base, "--fix", cwd=base.parent, keys=[("skip or quit", b"a\r"), ("skip or quit", CTRL_C)])
    assert seen.code == 130
    assert "interrupted: remedies done: 1 (to undo them: dermtools restore" in seen.text
    assert state(base)["case1"] == ("train", ("face",))


def test_elsewhere_it_refuses_in_one_line_and_names_the_list(run: Run, base: Path) -> None:
    before = state(base)
    done = run("check", base, "--fix")
    assert (done.code, len(done.err.splitlines()), done.out) == (1, 1, "")
    assert "--out FILE.csv" in done.err
    assert "--yes KIND" in done.err
    assert state(base) == before


def test_kinds_that_are_named_are_remedied_and_undone_by_one_command(run: Run, base: Path) -> None:
    before = state(base)
    done = run("check", base, "--fix", "--yes", "group-across-splits", "--yes", "duplicate", "--yes", "no-split")
    assert (done.code, done.err) == (0, "")
    assert "no-split: nothing to do" in done.out
    assert "remedies done: 2, skipped: 0" in done.out
    after = dict(before)
    del after["case3"]
    assert state(base) == after | {"case1": ("train", ("face",))}
    command, _, version = " ".join(done.out.split()).partition("to undo all of it: dermtools ")[2].split()[:3]
    assert run(command, base, version).code == 0
    assert state(base) == before


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--fix", "--yes", "doubtful-label"], "duplicate"),
        (["--fix", "--yes", "duplicates"], "did you mean duplicate?"),
        (["--yes", "duplicate"], "--fix"),
        (["--fix", "--yes", "duplicate", "--json"], "--json"),
        (["--fail-on", "eror"], "did you mean error?"),
        (["--out", "list.txt"], ".csv"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_changes_nothing(run: Run, base: Path, typed: list[str], said: str) -> None:
    before = state(base)
    done = run("check", base, *typed)
    assert (done.code, len(done.err.splitlines())) == (1, 1)
    assert said in done.err
    assert state(base) == before


def test_a_list_that_was_filled_in_is_taken_back(run: Run, base: Path, tmp_path: Path) -> None:
    out = tmp_path / "list.csv"
    done = run("check", base, "--out", out)
    assert done.code == 0
    assert "dermtools relabel" in done.out
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["new_label"] = "hand" if (row["finding"], row["case_id"]) == ("conflicting-labels", "case4") else ""
    with out.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    before = state(base)
    assert run("relabel", base, out).code == 0
    assert state(base) == before | {"case4": ("train", ("hand",))}


def test_the_exit_code_tells_a_program(run: Run, base: Path) -> None:
    failed = run("check", base, "--fail-on", "error", "--json")
    assert failed.code == 1
    assert len(failed.err.splitlines()) == 1
    assert sum(one["severity"] == "error" for one in failed.json["findings"]) == 1
    assert run("check", base).code == 0
