"""Exports on disk: each format, read back by another library than the one that wrote it."""

from __future__ import annotations

import csv
import stat
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from dermtools.cases import CaseStore, Choice, Extract
from dermtools.cases.exports.writing import write_export
from dermtools.errors import CaseBaseError, QueryError
from dermtools.files import read_record
from tests.support.stored_cases import DIMENSION, TASKS, new_store, stored


def extract(store: CaseStore, **choice: object) -> Extract:
    return Extract(store.path, store.current_manifest(), store.columns(), range(len(store)), Choice(**choice))


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    """Eight cases: no label, one and two; every split and none; an id that no file may have."""
    store = new_store(tmp_path / "base", 7)
    store.add([stored(7, case_id="../CASE1", labels={"location": ("hand",), "Diagnosis_2": ("o'dd",)}, split="test")])
    return store


def test_a_csv_has_a_row_a_case_for_pythons_own_reader(store: CaseStore, tmp_path: Path) -> None:
    write_export(extract(store, attributes="all", vectors=True, pictures=True), tmp_path / "out", "csv")
    with (tmp_path / "out/cases.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["case_id"] for row in rows] == [*(f"case{n}" for n in range(7)), "../CASE1"]
    assert [row["location"] for row in rows] == ["", "face", "face|hand", "", "face", "face|hand", "", "hand"]
    assert [row["smoker"] for row in rows] == ["", "false"] * 4
    vectors = np.load(tmp_path / "out/vectors.npy", mmap_mode="r")
    for number, row in enumerate(rows):
        assert np.array_equal(vectors[int(row["vector_row"])], stored(number).vector)
        assert (tmp_path / "out" / row["file_name"]).read_bytes() == b"jpeg%d" % number
    files = {path.resolve() for path in (tmp_path / "out").rglob("*.jpg")}
    assert files == {(tmp_path / "out" / row["file_name"]).resolve() for row in rows}


def test_parquet_has_types_and_no_more_than_was_chosen(store: CaseStore, tmp_path: Path) -> None:
    store.update_manifest(shown=("age",))
    report = write_export(extract(store, vectors=True), tmp_path / "out", "parquet")
    table = pyarrow.parquet.read_table(tmp_path / "out/cases.parquet")
    assert table.column_names == ["case_id", "group_id", "split", "location", "Diagnosis_2", "age", "vector"]
    assert table["age"].to_pylist() == [None, 1, None, 3, None, 5, None, 7]
    assert table["location"].to_pylist()[:3] == [None, ["face"], ["face", "hand"]]
    assert table.schema.field("vector").type.list_size == DIMENSION
    assert (report.left_out, report.pictures, report.cases) == (("ratio", "sex", "smoker"), 0, 8)
    written = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert b"jpeg1" not in written
    assert "ü'".encode() not in written


def test_an_imagefolder_has_one_folder_a_class_below_each_split(store: CaseStore, tmp_path: Path) -> None:
    write_export(extract(store, pictures=True), tmp_path / "out", "imagefolder", task="location")
    found = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.jpg")}
    odd = next(name for name in found if "CASE1" in name)
    assert Path(odd).parent == Path("test/hand")
    assert found - {odd} == {
        "valid/face/" + next(Path(name).name for name in found if name.startswith("valid/face/")),
        "train/face/case4.jpg",
        "not-classified/no-label/case0.jpg",
        "not-classified/no-label/case3.jpg",
        "not-classified/no-label/case6.jpg",
        "not-classified/several-labels/case2.jpg",
        "not-classified/several-labels/case5.jpg",
    }


def test_labels_that_no_folder_may_be_called_are_in_the_table(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base")
    store.set_tasks([TASKS[0].model_copy(update={"labels": ("../x", "Face", "face")})])
    names = ("../x", "Face", "face")
    store.add([stored(n, labels={"location": (names[n],)}, split="train") for n in range(3)])
    write_export(extract(store, pictures=True), tmp_path / "out", "imagefolder", task="location")
    assert len({path.name.casefold() for path in (tmp_path / "out/train").iterdir()}) == 3
    with (tmp_path / "out/cases.csv").open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            assert row["location"] == names[number]
            assert (tmp_path / "out" / row["file_name"]).read_bytes() == b"jpeg%d" % number


def test_a_folder_that_holds_something_stays_as_it_was(store: CaseStore, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    with pytest.raises(CaseBaseError, match="not empty"):
        write_export(extract(store), tmp_path / "out", "csv")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_an_export_that_is_interrupted_leaves_nothing(store: CaseStore, tmp_path: Path) -> None:
    class Interrupted:
        def start(self, total: int, description: str) -> None:
            self.total = total

        def advance(self, n: int = 1) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_export(extract(store, pictures=True), tmp_path / "to/out", "csv", progress=Interrupted())
    assert list((tmp_path / "to").iterdir()) == []


def test_the_folder_is_its_owners_only(store: CaseStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DERMTOOLS_SHARED", raising=False)
    write_export(extract(store, pictures=True), tmp_path / "out", "csv")
    places = [tmp_path / "out", *(tmp_path / "out").rglob("*")]
    assert {stat.S_IMODE(place.stat().st_mode) & 0o077 for place in places} == {0}


@pytest.mark.parametrize(
    ("to", "choice", "task", "said"),
    [
        ("xlsx", {}, None, "no format 'xlsx'; there are: csv"),
        ("csv", {}, "location", "csv holds all tasks; leave the task out"),
        ("imagefolder", {"pictures": True}, None, "imagefolder needs a task, .*there are: location, Diagnosis_2"),
        ("imagefolder", {"pictures": True}, "locaton", "no task 'locaton', .*did you mean location"),
        ("imagefolder", {}, "location", "imagefolder is a folder of pictures"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_is_written(
    to: str, choice: dict[str, bool], task: str | None, said: str, store: CaseStore, tmp_path: Path
) -> None:
    with pytest.raises(QueryError, match=said):
        write_export(extract(store, **choice), tmp_path / "out", to, task=task)
    assert not (tmp_path / "out").exists()


def test_the_record_says_what_is_there(store: CaseStore, tmp_path: Path) -> None:
    from dermtools.cases.exports.record import ExportRecord

    write_export(extract(store, vectors=True), tmp_path / "out", "csv")
    file = tmp_path / "out/dermtools.json"
    said = {"what": "an export", "missing": "", "remedy": "export again", "error": CaseBaseError, "newest": 1}
    record = read_record(file, ExportRecord, **said)
    assert (record.to, record.tables, record.vectors, record.cases) == ("csv", ("cases.csv",), "vectors.npy", 8)
    assert record.tasks == TASKS
    assert str(tmp_path) not in file.read_text(encoding="utf-8")
