"""Tables that unpack without end: small files, one clear line, and no more memory than is allowed."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from pyarrow import parquet

from dermtools.cases import load_source
from dermtools.cases.sources import unpacking
from dermtools.errors import SourceError
from tests.support.pictures import picture


def workbook(path: Path, *cells: tuple[str, object]) -> Path:
    book = openpyxl.Workbook()
    for place, value in cells:
        book.active[place] = value
    book.save(path)
    return path


def padded(path: Path, size: int) -> Path:
    """The workbook with a part of so many blanks, which deflate to nearly nothing."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as parts, parts.open("xl/media/blank.bin", "w") as part:
        for _ in range(size // 1_000_000):
            part.write(b" " * 1_000_000)
    return path


def repeated(path: Path, cell: bytes, rows: int) -> Path:
    """A Parquet file in which one cell, stored once, stands for many rows."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([cell]))
    parquet.write_table(pa.table({"image": column, "label": ["nevus"] * rows}), path, compression="zstd")
    return path


def test_a_workbook_that_unpacks_without_end_is_refused_in_one_line(tmp_path: Path) -> None:
    bomb = padded(workbook(tmp_path / "b.xlsx", ("A1", "image"), ("B1", "label")), 150_000_000)
    assert bomb.stat().st_size < 300_000
    with pytest.raises(SourceError, match=r"b\.xlsx: unpacks to more than the 100,000,000 bytes allowed; save the"):
        load_source(bomb)


def test_a_sheet_with_one_cell_at_its_far_end_is_refused_before_it_is_laid_out(tmp_path: Path) -> None:
    bomb = workbook(tmp_path / "far.xlsx", ("A1", "image"), ("XFD1048576", "x"))
    with pytest.raises(SourceError, match=r"a sheet reaches to row 1,048,576 and column 16,384, more than 10,000,000"):
        load_source(bomb)


def test_a_sheet_that_repeats_a_cell_without_end_is_refused(tmp_path: Path) -> None:
    cell = '<table:table-cell office:value-type="string" table:number-columns-repeated="99000000"/>'
    with zipfile.ZipFile(tmp_path / "r.ods", "w") as parts:
        parts.writestr("content.xml", f"<table:table-row>{cell}</table:table-row>")
    with pytest.raises(SourceError, match=r"column 99,000,000, more than 10,000,000 cells"):
        load_source(tmp_path / "r.ods")


def test_a_cell_of_a_parquet_file_that_stands_for_all_rows_is_refused(tmp_path: Path) -> None:
    bomb = repeated(tmp_path / "b.parquet", b"x" * 2_000_000, 100_000)
    assert bomb.stat().st_size < 10_000
    with pytest.raises(SourceError, match=r"b\.parquet: unpacks to more than the 300,000,000 bytes allowed"):
        load_source(bomb)


def test_rows_that_share_a_picture_are_read(tmp_path: Path) -> None:
    data = load_source(repeated(tmp_path / "few.parquet", picture(1), 3))
    assert len(data.cases) + len(data.problems) == 3


@pytest.mark.parametrize("size", [0, 1, 1000])
def test_what_is_no_zip_file_is_left_to_its_reader(tmp_path: Path, size: int) -> None:
    unpacking.check_workbook(tmp_path / "no.xlsx", b"PK" + b"\0" * size)


def test_a_part_that_states_less_than_it_holds_is_counted_as_it_comes(tmp_path: Path) -> None:
    data = bytearray(padded(workbook(tmp_path / "lie.xlsx", ("A1", "image")), 150_000_000).read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as parts:
        stated = parts.getinfo("xl/media/blank.bin").file_size.to_bytes(4, "little")
    while (at := data.find(stated)) >= 0:
        data[at : at + 4] = (10).to_bytes(4, "little")
    (tmp_path / "lie.xlsx").write_bytes(bytes(data))
    with pytest.raises(SourceError):
        load_source(tmp_path / "lie.xlsx")
