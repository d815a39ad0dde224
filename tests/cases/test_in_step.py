"""Further spaces stay in step with the table: what leaves it leaves them, from the disk, too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dermtools.cases import CaseStore, erasing
from dermtools.cases.in_step import space_folders
from tests.support.spaces import bare, on_disk, other_vector, store_with_space
from tests.support.stored_cases import check_holds, stored


def test_a_deleted_case_leaves_every_space_and_no_byte_of_its_vectors_stays(tmp_path: Path) -> None:
    store, space = store_with_space(tmp_path / "base", 60)
    store.compact()
    space.compact()
    vectors = [stored(7).vector.tobytes(), other_vector(7).tobytes()]
    assert all(on_disk(store.path, vector) for vector in vectors)
    store.delete(["case7", "nobody"])
    assert not any(on_disk(store.path, vector) for vector in vectors)
    check_holds(store, [stored(number) for number in range(60) if number != 7])
    assert CaseStore.open(space.path).columns().case_ids == [f"case{number}" for number in range(60) if number != 7]


def test_a_deletion_that_died_before_the_spaces_is_ended_by_the_next_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, space = store_with_space(tmp_path / "base", 4)

    def die(store: CaseStore) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(erasing, "erase_from_spaces", die)
        with pytest.raises(KeyboardInterrupt):
            store.delete(["case1"])
    assert on_disk(space.path, other_vector(1).tobytes())
    with CaseStore.open(store.path).write():
        pass
    assert not on_disk(store.path, other_vector(1).tobytes())
    assert CaseStore.open(space.path).columns().case_ids == ["case0", "case2", "case3"]


def test_purging_takes_vectors_that_were_replaced_in_a_space(tmp_path: Path) -> None:
    store, space = store_with_space(tmp_path / "base", 3)
    space.update([replace(bare(1), vector=other_vector(9))])
    assert on_disk(space.path, other_vector(1).tobytes())
    store.purge()
    assert not on_disk(space.path, other_vector(1).tobytes())
    assert len(CaseStore.open(space.path)) == 3


def test_a_case_with_another_picture_leaves_the_spaces_and_one_with_another_label_does_not(tmp_path: Path) -> None:
    store, space = store_with_space(tmp_path / "base", 4)
    painted = replace(stored(1), jpeg=b"the same content, a name painted over")
    store.update([painted, stored(2, labels={"location": ("hand",)}), stored(11)])
    assert CaseStore.open(space.path).columns().case_ids == ["case0", "case2", "case3"]


def test_a_draft_of_a_space_is_none(tmp_path: Path) -> None:
    store, space = store_with_space(tmp_path / "base", 1)
    draft = store.path / "spaces" / ".draft-1"
    draft.mkdir()
    (draft / "manifest.json").write_text("{}")
    assert space_folders(store.path) == [space.path]
    assert space_folders(tmp_path) == []
