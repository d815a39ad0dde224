"""Columns that are read late: what they hold when another process has written, removed or erased meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.cases import CaseStore
from dermtools.cases.lance_table import TABLE
from dermtools.errors import CaseBaseError
from tests.support.stored_cases import new_store, stored


def test_what_is_written_meanwhile_is_not_seen(tmp_path: Path) -> None:
    reader = new_store(tmp_path / "c", 4)
    columns = reader.columns()
    CaseStore.open(reader.path).add([stored(4)])
    assert reader.version > columns.version
    assert columns.splits == [stored(number).case.split for number in range(4)]
    assert len(reader.columns()) == 5


def test_of_a_version_that_is_gone_what_is_left_is_read_by_case(tmp_path: Path) -> None:
    reader = new_store(tmp_path / "c", 5)
    columns = reader.columns()
    writer = CaseStore.open(reader.path)
    writer.delete(["case1"])
    writer.purge()
    with pytest.raises(CaseBaseError):  # its files are gone indeed
        CaseStore.open(reader.path).table.open(reader.path, columns.version)

    left = [stored(number) if number != 1 else None for number in range(5)]
    assert columns.case_ids == [f"case{number}" for number in range(5)]
    assert columns.splits == [row and row.case.split for row in left]
    assert columns.labels["location"] == [row.case.labels.get("location", ()) if row else () for row in left]
    assert columns.attributes["age"] == [row.case.attributes.get("age") if row else None for row in left]
    assert columns.content_hashes == [row.content_hash if row else "" for row in left]
    assert columns.widths.tolist() == [row.width if row else 0 for row in left]
    assert [columns.picture_hashes[row].any() for row in range(5)] == [False, False, True, True, True]
    assert columns.case(3) == stored(3).case


def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    reader = new_store(tmp_path / "c", 5)
    columns = reader.columns()
    for file in (reader.path / TABLE / "data").iterdir():
        file.write_bytes(b"nothing that Lance wrote" * 100)
    with pytest.raises(CaseBaseError, match="is damaged"):
        columns.load()
