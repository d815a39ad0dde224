"""A second ingest takes nothing away: other tasks keep their labels, and no group or picture comes into two splits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.cases import SourceOptions, load_source
from dermtools.cases.case import Case, SourceCase, Task
from dermtools.cases.columns import CaseColumns
from dermtools.cases.store import CaseStore
from dermtools.retrieval.ingest.reconcile import with_stored_splits
from dermtools.retrieval.ingest.report import IngestReport
from dermtools.retrieval.ingest.writing import ingest
from tests.support.mean_colour import MeanColour, counts, shade, source, source_case

TABLE = "id,file,patient_id,diagnosis,site\na,0.png,1,BCC,face\nb,1.png,2,ACK,hand\nc,2.png,3,BCC,hand\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Three patients, two columns of labels, no splits; pictures for more."""
    for number in range(8):
        (tmp_path / f"{number}.png").write_bytes(shade(20 * number))
    (tmp_path / "records.csv").write_text(TABLE)
    return tmp_path / "records.csv"


def take(store: CaseStore, table: Path, *tasks: str, text: str | None = None) -> IngestReport:
    if text is not None:
        table.write_text(text)
    return ingest(store, MeanColour(), load_source(table, options=SourceOptions(tasks=tasks)))


def labels(store: CaseStore, case_id: str) -> dict[str, tuple[str, ...]]:
    columns = store.columns()
    return columns.case(columns.row_of[case_id]).labels


def test_a_second_task_is_added_to_the_first(store: CaseStore, table: Path) -> None:
    take(store, table, "diagnosis")
    report = take(store, table, "site")
    assert counts(report) == (0, 3, 0, 0)
    assert labels(store, "a") == {"diagnosis": ("BCC",), "site": ("face",)}
    assert [(task.name, task.labels) for task in store.manifest.tasks] == [
        ("diagnosis", ("ACK", "BCC")),
        ("site", ("face", "hand")),
    ]
    assert store.columns().attributes == {}
    assert report.problems == ()


@pytest.mark.parametrize("tasks", [("diagnosis",), ("site",), ("diagnosis", "site")])
def test_once_both_tasks_are_there_naming_either_changes_nothing(
    store: CaseStore, table: Path, tasks: tuple[str, ...]
) -> None:
    take(store, table, "diagnosis")
    take(store, table, "site")
    version = store.version
    assert counts(take(store, table, *tasks)) == (0, 0, 3, 0)
    assert store.version == version


def test_changed_labels_are_taken_for_the_named_task_only_and_the_others_are_told(
    store: CaseStore, table: Path
) -> None:
    take(store, table, "diagnosis", "site")
    changed = TABLE.replace("1,BCC,face", "1,MEL,foot")
    report = take(store, table, "site", text=changed)
    assert counts(report) == (0, 1, 2, 0)
    assert labels(store, "a") == {"diagnosis": ("BCC",), "site": ("foot",)}
    assert [problem.where for problem in report.problems] == ["task diagnosis"]
    assert "1 cases: add --task diagnosis" in report.problems[0].reason
    assert counts(take(store, table, "diagnosis")) == (0, 1, 2, 0)
    assert labels(store, "a") == {"diagnosis": ("MEL",), "site": ("foot",)}


@pytest.mark.parametrize(("cell", "label"), [(7.0, "7"), (True, "true"), ("BCC ", "bcc")])
def test_a_value_that_is_the_label_in_another_type_is_no_contradiction(
    store: CaseStore, cell: object, label: str
) -> None:
    grade = Task(name="grade", question="?", labels=(label,))
    ingest(store, MeanColour(), source(source_case(1, labels={"grade": (label,)}), tasks=(grade,)))
    report = ingest(store, MeanColour(), source(source_case(1, attributes={"grade": cell})))
    assert report.problems == ()
    assert labels(store, "case1") == {"grade": (label,), "location": ("hand",)}


def test_a_column_of_another_usual_name_is_known_as_the_task_that_it_was(store: CaseStore, table: Path) -> None:
    take(store, table, text="image_id,file,dx,site\na,0.png,bcc,face\n")
    assert labels(store, "a") == {"diagnosis": ("bcc",)}
    assert take(store, table, "site").problems == ()
    assert labels(store, "a") == {"diagnosis": ("bcc",), "site": ("face",)}
    assert store.columns().attributes == {}


def test_a_table_without_the_column_leaves_its_labels(store: CaseStore, table: Path) -> None:
    take(store, table, "diagnosis", "site")
    take(store, table, "site", text="id,file,patient_id,site\na,0.png,1,foot\nd,3.png,4,foot\n")
    assert labels(store, "a") == {"diagnosis": ("BCC",), "site": ("foot",)}
    assert labels(store, "d") == {"site": ("foot",)}


def test_a_label_taken_out_of_the_named_column_goes(store: CaseStore, table: Path) -> None:
    take(store, table, "diagnosis")
    take(store, table, "diagnosis", text=TABLE.replace("2,ACK", "2,"))
    assert labels(store, "b") == {}
    assert store.manifest.tasks[0].labels == ("BCC",)


def test_several_labels_and_another_name_of_the_column_are_no_contradiction(store: CaseStore, table: Path) -> None:
    text = "id,file,my site,diagnosis\na,0.png,face|hand,BCC\nb,1.png,2,ACK\n"
    take(store, table, "my site", text=text)
    assert take(store, table, "diagnosis").problems == ()
    assert labels(store, "a") == {"my_site": ("face", "hand"), "diagnosis": ("BCC",)}


def splits(store: CaseStore) -> dict[str, str | None]:
    columns = store.columns()
    return dict(zip(columns.case_ids, columns.splits, strict=True))


def test_stored_cases_keep_their_splits_when_the_table_grows(store: CaseStore, table: Path) -> None:
    rows = [f"{n},{n}.png,{n},BCC,face\n" for n in range(8)]
    header = TABLE.partition("\n")[0] + "\n"
    take(store, table, text=header + "".join(rows[:4]))
    before = splits(store)
    assert counts(take(store, table, text=header + "".join(rows))) == (4, 0, 4, 4)
    assert {name: split for name, split in splits(store).items() if name in before} == before


def test_a_copy_and_a_patient_that_come_later_go_where_the_first_are(store: CaseStore, table: Path) -> None:
    take(store, table, text="id,file,patient_id,split\na,0.png,1,test\n")
    copy = (
        "id,file,patient_id\n" + "b,0.png,2\nc,1.png,2\nd,2.png,1\n" + "".join(f"e{n},{n}.png,e{n}\n" for n in (3, 4))
    )
    report = take(store, table, text=copy)
    assert [splits(store)[name] for name in "abcd"] == ["test"] * 4
    assert "3 of them as their case, group or picture was stored before; now train" in report.notes[-1]
    assert report.problems == ()


def test_a_case_that_is_later_given_a_patient_joins_him(store: CaseStore, table: Path) -> None:
    take(store, table, text="id,file,patient_id,split\na,0.png,,\nb,1.png,7,test\n")
    take(store, table, text="id,file,patient_id\na,0.png,7\n")
    assert splits(store) == {"a": "test", "b": "test"}


def test_given_splits_that_tear_a_picture_or_a_group_are_kept_and_told(store: CaseStore, table: Path) -> None:
    text = "id,file,patient_id,split\na,0.png,1,train\nb,0.png,2,test\nc,1.png,2,valid\n"
    report = take(store, table, text=text)
    assert splits(store) == {"a": "train", "b": "test", "c": "valid"}
    assert {problem.where: problem.reason.partition(";")[0] for problem in report.problems} == {
        "group 2": "has cases in valid and test",
        "a = b": "the same picture in train and test",
    }


def test_a_group_torn_by_a_second_source_is_told(store: CaseStore, table: Path) -> None:
    take(store, table, text="id,file,patient_id,split\na,0.png,1,train\n")
    report = take(store, table, text="id,file,patient_id,split\nb,1.png,1,test\n")
    assert [problem.where for problem in report.problems] == ["group 1"]


kinds = st.sampled_from("abcdefgh")
somewhere = st.sampled_from(["train", "valid", "test"])
rows = st.lists(st.tuples(kinds, kinds, kinds, somewhere), max_size=8, unique_by=lambda row: row[0])


@settings(max_examples=200, deadline=None)
@given(rows, rows)
def test_made_splits_follow_group_and_picture_through_any_number_of_cases(
    case_columns: Callable[..., CaseColumns], old: list[tuple[str, ...]], new: list[tuple[str, ...]]
) -> None:
    def case(name: str, group: str, split: str) -> Case:
        return Case.model_validate({"case_id": name, "group_id": group, "split": split})

    stored = case_columns([case(name, group, split) for name, group, _, split in old], [row[2] for row in old])
    made = [SourceCase(case(name, group, split), b"", picture, True) for name, group, picture, split in new]
    splits = {
        item.case.case_id: item.case.split
        for item in with_stored_splits(source(*made), stored, lambda case_ids: {}).cases
    }
    stay = [row for row in old if row[0] not in splits] if old else []
    for name, group, picture, _ in new if old else ():
        tied, size = [(name, group, picture)], 0
        while len(tied) > size:
            size = len(tied)
            tied = [row for row in (*new, *stay) if any(row[1] == one[1] or row[2] == one[2] for one in tied)]
        assert len({splits[row[0]] for row in tied if row[0] in splits}) == 1
        if there := {row[3] for row in tied if row in stay}:
            assert splits[name] in there
