"""The column of perceptual hashes: kept, absent in older tables, added by the next write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import lance
import pytest

from dermtools.cases import CaseStore
from dermtools.cases.columns import PICTURE_HASH
from dermtools.cases.lance_table import TABLE
from dermtools.errors import CaseBaseError
from dermtools.images.picture_hash import NO_HASH
from tests.support.stored_cases import check_holds, new_store, stored


def older(path: Path, count: int) -> CaseStore:
    """A case base as it was made before there was the column."""
    new_store(path, count)
    lance.dataset(path / TABLE).drop_columns([PICTURE_HASH])
    return CaseStore.open(path)


def test_an_older_table_is_read_without_hashes_and_the_next_write_adds_the_column(tmp_path: Path) -> None:
    store = older(tmp_path / "c", 3)
    columns = store.columns()
    assert not columns.picture_hashes.any()
    assert columns.unhashed.tolist() == [0, 1, 2]
    assert store.rows(["case1"])[0].picture_hash is None

    store.add([stored(3)])
    columns = store.columns()
    assert columns.picture_hashes[3].tobytes() == stored(3).picture_hash
    assert columns.unhashed.tolist() == [0, 1, 2]
    store.update([stored(number) for number in range(3)])
    check_holds(CaseStore.open(store.path), [stored(number) for number in range(4)])


def test_a_case_without_a_picture_has_no_hash_and_none_is_missing(tmp_path: Path) -> None:
    store = new_store(tmp_path / "c")
    store.add([replace(stored(0), jpeg=b"", width=0, height=0, picture_hash=None), stored(1)])
    assert store.columns().unhashed.tolist() == []
    assert store.columns().picture_hashes[0].tobytes() == NO_HASH
    assert store.columns().picture_hashes.flags.c_contiguous


def test_a_hash_of_another_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseBaseError, match="picture hash of 5 bytes"):
        new_store(tmp_path / "c").add([replace(stored(0), picture_hash=b"short")])
