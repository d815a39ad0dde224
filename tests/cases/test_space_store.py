"""A case base seen through a further space: the same cases, by other vectors, and nothing is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dermtools.cases import CaseStore
from dermtools.cases.space_store import SpaceStore
from dermtools.errors import CaseBaseError
from tests.support.spaces import OTHER, bare, other_vector, store_with_space
from tests.support.stored_cases import TASKS, stored


def view_of(store: CaseStore, space: CaseStore) -> SpaceStore:
    return SpaceStore(CaseStore.open(store.path), CaseStore.open(space.path))


def test_it_has_the_cases_of_the_table_and_the_vectors_of_the_space(tmp_path: Path) -> None:
    store, space = store_with_space(tmp_path / "base", 5)
    view = view_of(store, space)
    columns, vectors = view.columns_and_vectors()
    assert [columns.case(row) for row in range(5)] == [stored(number).case for number in range(5)]
    assert np.array_equal(vectors, [other_vector(number) for number in range(5)])
    assert np.array_equal(view.vectors(), vectors)
    assert (view.manifest.identity, view.manifest.embedder, view.manifest.tasks) == (OTHER, "other", TASKS)
    assert view.current_manifest() == view.manifest
    assert view.jpegs(["case3"]) == {"case3": b"jpeg3"}
    assert np.array_equal(view.rows(["case3"])[0].vector, other_vector(3))
    assert view.rows(["case3"])[0].jpeg == b"jpeg3"
    assert (view.path, view.own_folder) == (store.path, space.path)
    assert view.missing == 0


def test_cases_that_came_after_are_missing_until_they_are_embedded(tmp_path: Path) -> None:
    store, space = store_with_space(tmp_path / "base", 6, embedded=2)
    view = view_of(store, space)
    assert (len(view), view.missing) == (2, 4)
    assert view.columns().case_ids == ["case0", "case1"]
    before = view.version
    space.add([bare(5), bare(4)])
    assert view.version > before
    columns, vectors = view.columns_and_vectors()
    assert columns.case_ids == ["case0", "case1", "case4", "case5"]
    assert columns.row_of == {"case0": 0, "case1": 1, "case4": 2, "case5": 3}
    assert [columns.case(row) for row in range(4)] == [stored(number).case for number in (0, 1, 4, 5)]
    assert np.array_equal(vectors, [other_vector(number) for number in (0, 1, 4, 5)])
    assert columns.widths.tolist() == [640, 641, 644, 645]
    assert columns.picture_hashes[3].tobytes() == (5).to_bytes(32)


def test_a_case_that_left_or_has_another_picture_is_not_seen(tmp_path: Path) -> None:
    store, space = store_with_space(tmp_path / "base", 3)
    space.add([bare(8)])  # as if deleted by a version that knew no spaces
    space.update([replace(bare(1), content_hash="another")])
    assert view_of(store, space).columns().case_ids == ["case0", "case2"]


def test_every_write_is_refused_with_the_way_to_do_it(tmp_path: Path) -> None:
    store, space = store_with_space(tmp_path / "base", 2)
    view = view_of(store, space)
    for write in (
        lambda: view.add([stored(5)]),
        lambda: view.update([stored(1)]),
        lambda: view.delete(["case1"]),
        lambda: view.purge(),
        lambda: view.set_tasks(TASKS),
        lambda: view.update_manifest(shown=()),
        lambda: view.write().__enter__(),
    ):
        with pytest.raises(CaseBaseError, match=r"for reading only.*dermtools reembed .* --embedder other"):
            write()
    assert CaseStore.open(store.path).manifest.identity == store.manifest.identity
    assert len(CaseStore.open(store.path)) == 2
