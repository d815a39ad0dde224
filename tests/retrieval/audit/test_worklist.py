"""The list of findings says what to look at, runs nothing in a spreadsheet, and is taken back as it was filled in."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from dermtools.cases.case import Case, Task
from dermtools.cases.columns import StoredCase
from dermtools.cases.store import CaseStore
from dermtools.retrieval.audit.checking import check
from dermtools.retrieval.audit.report import CheckReport, Finding
from dermtools.retrieval.audit.worklist import worklist
from dermtools.retrieval.editing.label_list import FINDINGS, read_label_list
from tests.support.stored_cases import IDENTITY, stored

LABELS = ("+1", "=cmd()", "face", "hand")


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    """Three copies of one picture, two of them with labels and an id that a spreadsheet would run, and one alone."""
    made = CaseStore.create(
        tmp_path / "base",
        embedder_spec="colour",
        identity=IDENTITY,
        tasks=[Task(name="location", question="Where?", labels=LABELS)],
    )
    given = {"-1+1": ("+1",), "b": ("=cmd()",), "c": ("face", "hand"), "d": ("face",)}
    rows = []
    for number, (case_id, labels) in enumerate(given.items()):
        case = Case(case_id=case_id, group_id=case_id, split="train", labels={"location": labels})
        picture = stored(3 if case_id == "d" else 0)
        rows.append(StoredCase(case, picture.content_hash, picture.vector, stored(number).jpeg, 640, 480))
    made.add(rows)
    return made


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_it_has_a_row_a_case_of_each_finding_and_none_begins_a_formula(store: CaseStore) -> None:
    report = check(store)
    rows = read(worklist(report, store.columns()))
    assert tuple(rows[0]) == FINDINGS
    assert {row["finding"] for row in rows} == {finding.kind for finding in report.findings}
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values())
    assert {row["new_label"] for row in rows} == {""}
    found = [row for row in rows if row["finding"] == "conflicting-labels"]
    assert [(row["case_id"], row["task"], row["label"]) for row in found] == [
        ("'-1+1", "location", "'+1"),
        ("b", "location", "'=cmd()"),
        ("c", "location", "face|hand"),
    ]


def test_as_it_is_it_changes_nothing(store: CaseStore, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(worklist(check(store), store.columns()), encoding="utf-8", newline="")
    assert read_label_list(tmp_path / "list.csv", store).changes == {}


def test_what_is_filled_in_is_read_back(store: CaseStore, tmp_path: Path) -> None:
    rows = read(worklist(check(store), store.columns()))
    fill = {"'-1+1": "face", "b": "'+1", "c": "hand"}
    with (tmp_path / "list.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, FINDINGS)
        table.writeheader()
        for row in rows:
            if row["finding"] == "conflicting-labels":
                row["new_label"] = fill[row["case_id"]]
            table.writerow(row)
    assert read_label_list(tmp_path / "list.csv", store).changes == {
        "-1+1": {"location": ("face",)},
        "b": {"location": ("+1",)},
        "c": {"location": ("hand",)},
    }


def test_a_finding_without_cases_is_one_row(store: CaseStore) -> None:
    finding = Finding(severity="note", kind="rare-label", task="location", message='rare, "very"\nso')
    report = CheckReport(cases=4, groups=4, findings=(finding,), skin_tones=(), sites=())
    (row,) = read(worklist(report, store.columns()))
    assert (row["case_id"], row["finding"], row["task"], row["note"]) == ("", "rare-label", "location", finding.message)
