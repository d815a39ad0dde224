"""Promises of `dermtools.cases.sources.folder`."""

from __future__ import annotations

import os
import sys

import pytest

from dermtools.cases.sources import SourceOptions, load_source
from dermtools.errors import SourceError
from dermtools.images.kinds import SUFFIXES


def put(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"picture")


def test_each_class_folder_is_a_label_and_the_path_is_the_case_id(tmp_path):
    put(tmp_path, "eczema/1.jpg", "eczema/deep/2.PNG", "psoriasis/1.jpg")
    data = load_source(tmp_path)
    assert [(item.case.case_id, item.case.labels["label"]) for item in data.cases] == [
        ("eczema/1.jpg", ("eczema",)),
        ("eczema/deep/2.PNG", ("eczema",)),
        ("psoriasis/1.jpg", ("psoriasis",)),
    ]
    assert data.cases[1].image == tmp_path / "eczema/deep/2.PNG"
    assert [(task.name, task.labels) for task in data.tasks] == [("label", ("eczema", "psoriasis"))]
    assert all(item.case.split for item in data.cases)


def test_split_folders_give_the_splits(tmp_path):
    put(tmp_path, "train/a/1.jpg", "Validation/a/2.jpg", "test/b/3.jpg")
    data = load_source(tmp_path)
    assert {item.case.case_id: (item.case.split, item.case.labels["label"]) for item in data.cases} == {
        "train/a/1.jpg": ("train", ("a",)),
        "Validation/a/2.jpg": ("valid", ("a",)),
        "test/b/3.jpg": ("test", ("b",)),
    }


def test_split_folders_beside_other_folders_are_refused(tmp_path):
    put(tmp_path, "train/a/1.jpg", "masks/1.png")
    with pytest.raises(SourceError, match=r"split folders \(train\) beside others \(masks\)"):
        load_source(tmp_path)


@pytest.mark.parametrize("suffix", sorted(SUFFIXES | {".JPG", ".Dcm"}))
def test_every_format_that_can_be_opened_is_taken(tmp_path, suffix):
    put(tmp_path, f"a/1{suffix}")
    assert len(load_source(tmp_path).cases) == 1


def test_hidden_files_and_resource_forks_are_skipped_and_other_files_noted(tmp_path):
    put(tmp_path, "a/1.jpg", "a/._1.jpg", ".cache/a/1.jpg", "__MACOSX/a/1.jpg", "a/Thumbs.db", "README.txt")
    data = load_source(tmp_path)
    assert [item.case.case_id for item in data.cases] == ["a/1.jpg"]
    assert any("README.txt, a/Thumbs.db" in note and "(2)" in note for note in data.told)
    assert data.problems == ()


def test_a_picture_in_no_class_folder_is_a_problem(tmp_path):
    put(tmp_path, "train/a/1.jpg", "train/2.jpg", "3.jpg")
    data = load_source(tmp_path)
    assert len(data.cases) == 1
    assert sorted(problem.where for problem in data.problems) == ["3.jpg", "train/2.jpg"]


def test_each_picture_is_its_own_group_and_a_note_says_so(tmp_path):
    put(tmp_path, "a/PAT_1_1.jpg", "a/PAT_1_2.jpg")
    data = load_source(tmp_path)
    assert len({item.case.group_id for item in data.cases}) == 2
    assert any("its own group" in note for note in data.notes)


def test_a_group_pattern_finds_the_group_in_the_file_name(tmp_path):
    put(tmp_path, "a/PAT_1_1.jpg", "b/PAT_1_2.jpg", "b/PAT_2_1.jpg", "b/other.jpg")
    data = load_source(tmp_path, options=SourceOptions(group_pattern=r"^(PAT_\d+)_"))
    assert {item.case.case_id: item.case.group_id for item in data.cases} == {
        "a/PAT_1_1.jpg": "PAT_1",
        "b/PAT_1_2.jpg": "PAT_1",
        "b/PAT_2_1.jpg": "PAT_2",
        "b/other.jpg": "case:b/other.jpg",
    }
    assert len({item.case.split for item in data.cases if item.case.group_id == "PAT_1"}) == 1
    assert any(note.startswith("1 pictures do not match") for note in data.notes)


def test_the_task_takes_the_name_and_question_of_the_options(tmp_path):
    put(tmp_path, "a/1.jpg")
    data = load_source(tmp_path, options=SourceOptions(tasks=("diagnosis",), questions={"diagnosis": "What is it?"}))
    assert data.tasks[0].model_dump() == {"name": "diagnosis", "question": "What is it?", "labels": ("a",)}


@pytest.mark.parametrize("tasks", [("a b",), ("one", "two")])
def test_a_task_option_that_cannot_name_the_task_is_refused(tmp_path, tasks):
    put(tmp_path, "a/1.jpg")
    with pytest.raises(SourceError, match="task"):
        load_source(tmp_path, options=SourceOptions(tasks=tasks))


@pytest.mark.parametrize("names", [(), ("notes.txt",), ("1.jpg",)])
def test_a_folder_without_a_picture_in_a_class_folder_is_refused_with_the_layout(tmp_path, names):
    put(tmp_path, *names)
    with pytest.raises(SourceError, match=r"LABEL/\*\.jpg"):
        load_source(tmp_path)


def test_a_link_back_to_a_folder_above_ends(tmp_path):
    put(tmp_path, "a/1.jpg")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert [item.case.case_id for item in load_source(tmp_path).cases] == ["a/1.jpg"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such file name")
def test_a_file_name_in_another_encoding_is_a_problem(tmp_path):
    put(tmp_path, "a/1.jpg", "a/" + os.fsdecode(b"m\xe4.jpg"), os.fsdecode(b"\xe4.txt"))
    data = load_source(tmp_path)
    assert [item.case.case_id for item in data.cases] == ["a/1.jpg"]
    assert [problem.reason for problem in data.problems] == ["its name is not UTF-8; rename it"]
    assert all(text.isascii() for text in (*data.told, data.problems[0].where))
