"""Promises of `dermtools.cases.sources.table`, and of the rows and cells that it reads."""

from __future__ import annotations

import csv
from collections import Counter

import pytest

from dermtools.cases.sources import SourceOptions, load_source
from dermtools.errors import SourceError
from tests.support.tables import by_id, write

# The real photographs


def test_the_real_table_gives_its_documented_counts(photographs):
    data = load_source(photographs)
    assert len(data.cases) == 677
    assert len({item.case.group_id for item in data.cases}) == 518
    assert Counter(item.case.split for item in data.cases) == {"train": 398, "valid": 108, "test": 171}
    counts = {
        task.name: Counter(label for item in data.cases for label in item.case.labels[task.name]) for task in data.tasks
    }
    assert counts == {
        "location": {
            "face": 154, "back": 123, "chest": 93, "forearm": 85, "arm": 57, "nose": 32, "neck": 30, "thigh": 24,
            "abdomen": 24, "hand": 22, "ear": 17, "scalp": 7, "lip": 6, "foot": 3,
        },
        "diagnosis": {"BCC": 196, "ACK": 155, "NEV": 152, "SEK": 111, "MEL": 37, "SCC": 26},
    }  # fmt: skip
    assert data.problems == ()


def test_the_real_table_gives_typed_attributes_and_leaves_unknown_ones_out(photographs):
    cases = by_id(load_source(photographs))
    attributes = cases["PAT_9_17_80"].attributes
    assert (attributes["age"], attributes["fitzpatrick"], attributes["sex"]) == (54, 2, "male")
    assert attributes["lesion_id"] == "PAT_9_17"
    assert "group_id" not in attributes
    assert sum("sex" not in case.attributes for case in cases.values()) == 272


def test_splits_are_made_by_group_where_the_real_table_has_none(photographs, tmp_path):
    with photographs.open(newline="") as file:
        rows = list(csv.DictReader(file))
    (tmp_path / "images").symlink_to(photographs.parent / "images")
    with (tmp_path / "records.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [column for column in rows[0] if column != "split"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    data = load_source(tmp_path / "records.csv", options=SourceOptions(split_seed=3))
    counts = Counter(item.case.split for item in data.cases)
    assert counts["train"] / 677 == pytest.approx(0.7, abs=0.02)
    assert counts["test"] / 677 == pytest.approx(0.15, abs=0.02)
    assert len({(item.case.group_id, item.case.split) for item in data.cases}) == 518
    in_train = {item.case.labels["location"][0] for item in data.cases if item.case.split == "train"}
    assert in_train == set(data.tasks[0].labels)
    assert any("splits made for 677 of 677 cases" in note and "seed 3" in note for note in data.notes)


# Columns and options


@pytest.mark.parametrize("header", ["case_id,image", "image_id,file", "id,path"])
def test_the_usual_column_names_need_no_option(folder, header):
    data = load_source(write(folder, f"{header}\na,1.jpg\n"))
    assert [(item.case.case_id, item.image) for item in data.cases] == [("a", folder / "1.jpg")]


def test_columns_can_be_mapped(folder):
    path = write(folder, "isic,jpeg,person,fold,label\na,1.jpg,p,val,x\n")
    columns = {"case_id": "isic", "image": "jpeg", "group_id": "person", "split": "fold"}
    case = by_id(load_source(path, options=SourceOptions(columns=columns)))["a"]
    assert (case.group_id, case.split, case.attributes) == ("p", "valid", {})


@pytest.mark.parametrize(
    "options", [SourceOptions(columns={"image": "nope"}), SourceOptions(tasks=("nope",)), SourceOptions()]
)
def test_a_column_that_is_not_there_is_an_error_that_lists_the_columns(folder, options):
    with pytest.raises(SourceError, match="the columns are id, jpeg, Site"):
        load_source(write(folder, "id,jpeg,Site\na,1.jpg,x\n"), options=options)


def test_a_table_without_an_id_column_takes_the_path_and_says_so(folder):
    data = load_source(write(folder, "file,label\n1.jpg,x\n"))
    assert list(by_id(data)) == ["1.jpg"]
    assert any("'file' names the cases" in note for note in data.notes)


def test_absolute_paths_and_paths_out_of_the_folder_are_taken(folder):
    (folder / "tables").mkdir()
    data = load_source(write(folder, f"id,file\na,../1.jpg\nb,{folder / '2.jpg'}\n", "tables/cases.csv"))
    assert [item.image.resolve() for item in data.cases] == [folder / "1.jpg", folder / "2.jpg"]


@pytest.mark.parametrize(
    ("word", "split"),
    [
        ("train", "train"),
        ("VALID", "valid"),
        ("Validation", "valid"),
        ("val", "valid"),
        ("dev", "valid"),
        (" Test ", "test"),
        ("Training", "train"),
    ],
)
def test_the_usual_words_name_a_split(folder, word, split):
    assert load_source(write(folder, f"id,file,split\na,1.jpg,{word}\n")).cases[0].case.split == split


def test_an_unknown_split_is_a_problem_that_names_row_and_value(folder):
    data = load_source(write(folder, "id,file,split\na,1.jpg,train\nb,2.jpg,holdout\n"))
    assert list(by_id(data)) == ["a"]
    assert data.problems[0].where == "cases.csv row 3"
    assert "'holdout'" in data.problems[0].reason


# Groups


def test_the_patient_is_the_group_else_the_encounter_or_lesion(folder):
    text = "id,file,patient_id,lesion_id\na,1.jpg,7,1\nb,2.jpg,7,2\nc,3.jpg,,7\nd,4.jpg,,\n"
    data = load_source(write(folder, text))
    assert [case.group_id for case in by_id(data).values()] == ["7", "7", "lesion_id:7", "case:d"]
    assert any(note.startswith("1 cases without patient_id or lesion_id") for note in data.notes)


def test_without_a_group_column_each_case_is_its_own_group_and_a_note_says_so(folder):
    data = load_source(write(folder, "id,file\na,1.jpg\nb,2.jpg\n"))
    assert [case.group_id for case in by_id(data).values()] == ["case:a", "case:b"]
    assert any("no group column" in note for note in data.notes)


def test_a_group_in_two_given_splits_is_a_problem(folder):
    data = load_source(write(folder, "id,file,patient_id,split\na,1.jpg,p,train\nb,2.jpg,p,test\n"))
    assert len(data.cases) == 2
    assert [problem.where for problem in data.problems] == ["group p"]


def test_a_row_without_a_split_gets_that_of_its_group(folder):
    data = load_source(write(folder, "id,file,patient_id,split\na,1.jpg,p,test\nb,2.jpg,p,\n"))
    assert by_id(data)["b"].split == "test"


# Labels and attributes


def test_labels_are_stripped_split_and_kept_once_in_order(folder):
    data = load_source(write(folder, "id,file,location\na,1.jpg, b | a ||b\nb,2.jpg,\n"))
    assert by_id(data)["a"].labels == {"location": ("b", "a")}
    assert by_id(data)["b"].labels == {}
    assert data.tasks[0].labels == ("a", "b")


def test_the_separator_can_be_chosen(folder):
    data = load_source(write(folder, "id,file,label\na,1.jpg,x|y;z\n"), options=SourceOptions(separator=";"))
    assert by_id(data)["a"].labels["label"] == ("x|y", "z")


def test_named_columns_become_the_tasks_and_the_others_stay_attributes(folder):
    path = write(folder, "id,file,location,Skin Type,label\na,1.jpg,arm,2,x\n")
    data = load_source(path, options=SourceOptions(tasks=("Skin Type", "label")))
    assert [task.name for task in data.tasks] == ["Skin_Type", "label"]
    assert by_id(data)["a"].labels == {"Skin_Type": ("2",), "label": ("x",)}
    assert by_id(data)["a"].attributes == {"location": "arm"}
    assert "column 'Skin Type' is task 'Skin_Type'" in data.notes


def test_a_table_without_a_label_column_has_no_task_and_says_so(folder):
    data = load_source(write(folder, "id,file,sex\na,1.jpg,f\n"))
    assert data.tasks == ()
    assert any("no label column" in note for note in data.notes)


@pytest.mark.parametrize(
    ("header", "tasks", "message"),
    [
        ("2nd", ("2nd",), "gives no task name"),
        ("a b,a-b", ("a b", "a-b"), "would both be task"),
        ("x", ("x",), "no label"),
    ],
)
def test_a_column_that_can_be_no_task_is_refused(folder, header, tasks, message):
    path = write(folder, f"id,file,{header}\na,1.jpg{',' * len(tasks)}\n")
    with pytest.raises(SourceError, match=message):
        load_source(path, options=SourceOptions(tasks=tasks))


def test_a_label_cell_that_holds_an_object_is_a_problem(folder):
    lines = '{"id": "a", "file": "1.jpg", "label": {"x": 1}}\n{"id": "b", "file": "2.jpg", "label": [["x"]]}\n'
    path = write(folder, lines + '{"id": "c", "file": "3.jpg", "label": 1}\n', "cases.jsonl")
    data = load_source(path)
    assert [problem.where for problem in data.problems] == ["cases.jsonl row 1", "cases.jsonl row 2"]
    assert by_id(data)["c"].labels == {"label": ("1",)}
