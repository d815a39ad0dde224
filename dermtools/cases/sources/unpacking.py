"""Ceilings on what a compressed table may unpack to, held while it is unpacked: headers can lie."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.errors import SourceError

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet
    from numpy.typing import NDArray

WORKBOOK_BYTES = 100_000_000
"""Of all parts of a workbook, unpacked; reading one takes about four times as much memory."""
WORKBOOK_CELLS = 10_000_000
"""Of one sheet, from its first to its last filled row and column."""
PARQUET_BYTES, PARQUET_RATIO = 300_000_000, 20
"""A Parquet or .npz file may unpack to this much, or to so many times its size where that is more."""
_BATCH_BYTES = 100_000_000
_BLOCK, _OVERLAP = 1 << 20, 800
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]{0,200}?\br="([A-Z]{1,3})([0-9]{1,7})"')
_REPEATED = re.compile(rb'<table:table-cell\b(?=[^>]{0,500}office:value)[^>]{0,500}number-columns-repeated="([0-9]+)"')


def check_workbook(path: Path, data: bytes) -> None:
    """Refuse a workbook that unpacks to too much with a SourceError; leave what is no ZIP file to its reader."""
    smaller = "save the sheet that is needed as CSV"
    unpacked = 0
    reach: dict[str, tuple[int, int]] = {}
    try:
        for part, size, text in _parts(data):
            unpacked += size
            if unpacked > WORKBOOK_BYTES:
                raise SourceError(f"{path}: unpacks to more than the {WORKBOOK_BYTES:,} bytes allowed; {smaller}")
            rows, columns = reach[part] = _reach(part, text, *reach.get(part, (1, 0)))
            if rows * columns > WORKBOOK_CELLS:
                far = f"a sheet reaches to row {rows:,} and column {columns:,}"
                raise SourceError(f"{path}: {far}, more than {WORKBOOK_CELLS:,} cells; {smaller}")
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError, OverflowError):
        return  # damaged, protected, or not a ZIP file: the reader says so


def _parts(data: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Blocks of every part: its name, how much came, and the text with the end of the block before."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        for part in parts.infolist():
            rest = b""
            with parts.open(part) as file:
                while block := file.read(_BLOCK):
                    yield part.filename, len(block), rest + block
                    rest = (rest + block)[-_OVERLAP:]


def _reach(part: str, text: bytes, rows: int, columns: int) -> tuple[int, int]:
    """The last row and column of a sheet, as far as it was read."""
    if part.startswith("xl/worksheets/"):
        for letters, number in _CELL.findall(text):
            rows, columns = max(rows, int(number)), max(columns, _column(letters))
    elif part == "content.xml":  # of an OpenDocument sheet
        columns = max([columns, *map(int, _REPEATED.findall(text))])
    return rows, columns


def parquet_batches(
    path: Path, file: pyarrow.parquet.ParquetFile, columns: Sequence[str] | None = None
) -> Iterator[pyarrow.RecordBatch]:
    """Rows of a Parquet file, or some columns, few at a time where a cell may be large: one can stand for all rows.

    Raises:
        SourceError: it unpacks to too much.
    """
    most = max(PARQUET_BYTES, PARQUET_RATIO * path.stat().st_size)
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    largest = max([group.total_byte_size for group in groups], default=0)
    unpacked = 0
    at_once = max(1, min(1024, _BATCH_BYTES // max(1, largest)))
    for batch in file.iter_batches(batch_size=at_once, columns=columns):
        unpacked += batch.nbytes
        if unpacked > most:
            raise SourceError(
                f"{path}: unpacks to more than the {most:,} bytes allowed; write it without repeated cells"
            )
        yield batch


def arrays_of(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz file by their names, or that of an .npy file, mapped and without a name. No pickle is read.

    Raises:
        SourceError: there is none, it is damaged, protected or holds something else, or it unpacks to too much.
    """
    try:
        with np.errstate(over="ignore"):  # of a shape that is larger than any memory
            loaded = np.load(path, mmap_mode="r", allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"": loaded}
        with loaded:
            most = max(PARQUET_BYTES, PARQUET_RATIO * path.stat().st_size)
            # More than it names here is never unpacked of a part.
            if sum(part.file_size for part in loaded.zip.infolist()) > most:
                raise SourceError(f"{path}: unpacks to more than the {most:,} bytes allowed; write it with numpy.savez")
            arrays = {key: loaded[key] for key in loaded.files}
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file; give the .npy or .npz file of the vectors") from None
    except (OSError, ValueError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        reason = str(error).partition("\n")[0]
        raise SourceError(f"{path}: not readable as an array of numbers ({reason}); write it with numpy") from error
    return {key: array for key, array in arrays.items() if isinstance(array, np.ndarray)}


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number
