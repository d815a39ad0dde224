"""The history of a case base: what was done, what can be had back, and what that costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dermtools.cases import CaseStore, History
from dermtools.cases.edits import Edit, edit, restore
from dermtools.cases.history import HISTORY_NAME, begin, history, keep, note
from dermtools.errors import CaseBaseError, QueryError
from tests.support.stored_cases import check_holds, new_store, stored


def moved(store: CaseStore, case_id: str, split: str) -> Edit:
    return edit(store, "split", "1 case", 1, lambda table: table.set_cells([case_id], {"split": [split]}))


def listed(store: CaseStore) -> list[tuple[str, bool, bool]]:
    return [(one.command, one.restorable, one.present) for one in history(store).versions]


def test_it_says_what_was_done_to_how_many_cases_and_what_can_be_had_back(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 4)
    assert listed(store) == [("", False, True)]
    moved(store, "case0", "test")
    store.delete(["case3"])
    moved(store, "case1", "test")
    assert listed(store) == [
        ("", False, False),
        ("split", False, False),
        ("delete", True, False),
        ("split", True, True),
    ]
    assert [one.cases for one in history(store).versions] == [4, 4, 3, 3]


def test_kept_versions_outlive_compacting(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 4)
    first = moved(store, "case0", "test").before
    for number in range(4, 9):
        store.add([stored(number)])
    store.compact()
    store.compact()
    restore(store, first)
    check_holds(store, [stored(number) for number in range(4)])


def test_what_was_erased_never_comes_back(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 4)
    versions = [moved(store, "case0", split).version for split in ("test", "valid")]
    store.delete(["case2"])
    for version in (*versions, versions[0] - 1):
        with pytest.raises(QueryError, match="had back: none"):
            restore(store, version)
    assert not any(b"jpeg2" in path.read_bytes() for path in store.path.rglob("*") if path.is_file())


def test_only_so_many_earlier_versions_are_kept_and_the_others_leave_the_disk(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 4)
    made = [moved(store, "case0", split).version for split in ("test", "valid", "train", "test")]
    keep(store, 2)
    assert history(store).restorable() == made[1:3]
    moved(store, "case1", "test")
    assert history(store).restorable() == made[2:]
    assert len(list((store.path / "cases.lance" / "_versions").glob("*.manifest"))) == 3
    with pytest.raises(CaseBaseError, match="keep at least 1"):
        keep(store, 0)


@pytest.mark.parametrize(("room", "left", "pictures"), [(0, 1, 1), (110_000, 2, 2), (10**6, 4, 3)])
def test_versions_that_alone_need_more_room_than_they_may_are_let_go_but_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, left: int, pictures: int
) -> None:
    monkeypatch.setattr("dermtools.cases.history.ROOM", room)
    store = new_store(tmp_path / "base")
    rng = np.random.default_rng(0)
    for number in range(4):  # the empty one, and four that each have a picture of their own
        with store.write():
            begin(store)
            row = stored(0)
            store.update([type(row)(row.case, row.content_hash, row.vector, rng.bytes(50_000), 9, 9)])
            note(store, "ingest", f"picture {number}")
    found = history(store)
    assert len(found.restorable()) == left
    assert 50_000 * pictures < found.earlier_bytes < 55_000 * pictures
    assert 50_000 < found.bytes < 60_000


def test_the_files_of_the_present_and_of_earlier_versions_are_counted_once(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 4)
    data = store.path / "cases.lance" / "data"
    first = sum(path.stat().st_size for path in data.iterdir())
    moved(store, "case0", "test")
    moved(store, "case0", "valid")
    found: History = history(store)
    assert found.bytes + found.earlier_bytes == sum(path.stat().st_size for path in data.iterdir())
    assert found.bytes > first


def test_attributes_shown_meanwhile_belong_to_the_version_that_they_were_shown_in(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 4)
    first = moved(store, "case0", "test").version
    store.update_manifest(shown=("age",))
    moved(store, "case0", "valid")
    store.update_manifest(shown=())
    restore(store, first)
    assert store.manifest.shown == ("age",)


def test_a_damaged_history_is_one_line(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 4)
    moved(store, "case0", "test")
    (store.path / HISTORY_NAME).write_text('{"format_version": 1, "entries": 7}')
    with pytest.raises(CaseBaseError, match=r"history\.json is damaged at entries: .*; delete it"):
        history(store)
    (store.path / HISTORY_NAME).unlink()
    assert moved(store, "case0", "train").cases == 4
