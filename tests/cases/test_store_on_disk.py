"""What a case base leaves on the disk, and what it reads there."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import lance
import numpy as np
import pytest

from dermtools.cases import Case, CaseStore, SourceNote, StoredCase
from dermtools.errors import CaseBaseError
from tests.support.stored_cases import check_holds, new_store, stored


def test_deleted_pictures_leave_the_disk(tmp_path: Path) -> None:
    # One case of many, in one file: what Lance by itself would only mark as deleted.
    store = new_store(tmp_path / "base", 200)
    store.add([replace(stored(200), jpeg=b"a patient's picture")])
    store.compact()

    def is_on_disk() -> bool:
        files = [path for path in store.path.rglob("*") if path.is_file()]
        return any(b"a patient's picture" in path.read_bytes() for path in files)

    assert is_on_disk()
    store.delete(["case200"])
    assert not is_on_disk()
    check_holds(store, [stored(number) for number in range(200)])


def test_compacting_changes_nothing_that_is_read(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base")
    for number in range(12):
        store.add([stored(number)])
    store.delete(["case4"])
    reader = CaseStore.open(store.path)
    rows = [stored(number) for number in range(12) if number != 4]
    check_holds(reader, rows)
    store.compact()
    assert len(list((store.path / "cases.lance" / "data").iterdir())) == 1
    check_holds(store, rows)
    check_holds(reader, rows)


def test_compacting_waits_for_more_files_than_are_kept(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base")
    for number in range(3):
        store.add([stored(number)])
    store.compact(files_kept=3)
    assert len(list((store.path / "cases.lance" / "data").iterdir())) == 3


def test_users_can_filter_labels_with_lance(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 9)
    table = lance.dataset(store.path / "cases.lance")
    found = table.to_table(columns=["case_id"], filter="array_has(label_location, 'hand')")
    assert found["case_id"].to_pylist() == ["case2", "case5", "case8"]


def test_creating_over_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("x")
    new_store(tmp_path / "base")
    for name in ("file", "full", "base"):
        with pytest.raises(CaseBaseError, match="exists already"):
            new_store(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "file", "full"]


def test_an_empty_folder_may_become_a_case_base(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    check_holds(new_store(tmp_path / "base", 1), [stored(0)])


def early(number: int, **labels: tuple[str, ...]) -> StoredCase:
    """A row of `written_with_lancedb`."""
    case = Case(
        case_id=f"case{number}",
        group_id=f"group{number // 2}",
        split=("train", "valid", "test", None)[number % 4],
        labels={task: values for task, values in labels.items() if values},
        attributes={"age": 30 + number, "sex": "ü'"} if number % 2 else {},
    )
    return StoredCase(
        case, f"{number:064x}", np.arange(4, dtype=np.float32) + number, b"jpeg%d" % number, 640 + number, 480
    )


def test_a_case_base_written_with_lancedb_opens_and_grows(tmp_path: Path) -> None:
    """Version 0.1.0 wrote it with lancedb 0.40: seven rows, one deleted, a task added, one row replaced, one new."""
    shutil.copytree(Path(__file__).parent / "written_with_lancedb", tmp_path / "base")
    store = CaseStore.open(tmp_path / "base")
    rows = [
        *(early(number, location=("face", "hand")[: number % 3]) for number in (0, 1, 3)),
        *(early(number, location=("hand",)) for number in (4, 6)),
        early(5, location=("face",), infection=("yes",)),
        early(7, infection=("no",)),
    ]
    check_holds(store, rows)
    assert store.version == 7
    assert [task.name for task in store.manifest.tasks] == ["location", "infection"]
    assert store.manifest.sources == (SourceNote(name="drawn", notes=("not real",)),)
    store.delete(["case0"])
    store.add([early(8, infection=("no",))])
    check_holds(CaseStore.open(store.path), [*rows[1:], early(8, infection=("no",))])
