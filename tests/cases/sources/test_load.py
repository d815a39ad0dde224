"""Promises of `load_source` and its options."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dermtools.cases import load_source
from dermtools.cases.sources import SourceOptions, guess_kind
from dermtools.errors import SourceError


@pytest.mark.parametrize(
    ("marker", "kind"),
    [
        ("df_mediqa-m3g-final.csv", "dermavqa"),
        ("instanceid2encounterid.json", "dermavqa"),
        ("woundcarevqa.json", "woundcarevqa"),
        ("anything.txt", "folder"),
    ],
)
def test_a_folder_is_known_by_its_files(tmp_path, marker, kind):
    (tmp_path / marker).touch()
    assert guess_kind(tmp_path) == kind


@pytest.mark.parametrize("suffix", ["csv", "tsv", "txt", "xlsx", "ods", "jsonl", "ndjson", "parquet", "CSV"])
def test_a_table_is_known_by_its_extension(tmp_path, suffix):
    (tmp_path / f"a.{suffix}").touch()
    assert guess_kind(str(tmp_path / f"a.{suffix}")) == "table"


def test_the_word_sample_is_the_sample():
    assert guess_kind("sample") == guess_kind(Path("sample")) == "sample"


@pytest.mark.parametrize("kind", [None, "table", "folder", "dermavqa", "woundcarevqa"])
def test_a_location_that_is_not_there_is_refused_with_what_can_be_given(tmp_path, kind):
    with pytest.raises(SourceError, match=r"give a table .* or the word sample"):
        load_source(tmp_path / "nowhere", kind)


def test_a_file_that_is_no_table_is_refused_with_what_can_be_given(tmp_path):
    (tmp_path / "a.docx").touch()
    with pytest.raises(SourceError, match=r"a\.docx: not a source; give a table"):
        load_source(tmp_path / "a.docx")
    with pytest.raises(SourceError, match=r"not a table; give one of \.csv"):
        load_source(tmp_path / "a.docx", "table")


def test_an_unknown_kind_is_refused_with_the_kinds(tmp_path):
    with pytest.raises(SourceError, match=r"table, folder, dermavqa, woundcarevqa, export, isic, .*, sample"):
        load_source(tmp_path, "derm7pt")


@pytest.mark.parametrize(
    ("kind", "option", "value"),
    [
        ("table", "group_pattern", "(x)"),
        ("folder", "columns", {"image": "x"}),
        ("folder", "separator", ";"),
        ("folder", "images", Path("x")),
        ("dermavqa", "encoding", "cp1252"),
        ("woundcarevqa", "sheet", "x"),
        ("dermavqa", "split_seed", 1),
        ("dermavqa", "columns", {"image": "x"}),
        ("woundcarevqa", "group_pattern", "(x)"),
        ("sample", "images", Path("x")),
    ],
)
def test_an_option_that_means_nothing_to_the_kind_is_refused(tmp_path, kind, option, value):
    location = tmp_path
    if kind == "table":
        location = tmp_path / "a.csv"
        location.touch()
    with pytest.raises(SourceError, match=f"option '{option}' does not apply to a {kind} source"):
        load_source(location, kind, SourceOptions(**{option: value}))


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("columns", {"label": "x"}, "the roles are case_id, image, group_id, split"),
        ("separator", "", "separator"),
        ("tasks", ("a", "a"), "named twice"),
        ("split_fractions", (0.9, 0.2, 0.2), "add up to 1"),
        ("group_pattern", "(", "no regular expression"),
        ("group_pattern", "x", "captures nothing"),
    ],
)
def test_an_option_that_no_source_can_use_is_refused(option, value, message):
    with pytest.raises(SourceError, match=message):
        SourceOptions(**{option: value})


def test_a_question_for_a_task_that_is_not_there_is_refused(tmp_path):
    (tmp_path / "1.jpg").touch()
    (tmp_path / "a.csv").write_text("id,file,label\n1,1.jpg,x\n")
    with pytest.raises(SourceError, match="the tasks are label"):
        load_source(tmp_path / "a.csv", options=SourceOptions(questions={"site": "Where?"}))


def test_the_sample_comes_with_the_named_tasks_only():
    whole = load_source("sample")
    name = whole.tasks[-1].name
    data = load_source("sample", options=SourceOptions(tasks=(name,)))
    assert [task.name for task in data.tasks] == [name]
    assert [item.case.labels for item in data.cases] == [{name: item.case.labels[name]} for item in whole.cases]
    with pytest.raises(SourceError, match="the sample has no task 'nope'"):
        load_source("sample", options=SourceOptions(tasks=("nope",)))


def test_importing_the_sources_loads_nothing_heavy():
    code = "import sys, dermtools.cases; print({'pyarrow', 'lance', 'torch', 'numpy'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"
