"""Parquet, as pandas, Arrow and Hugging Face datasets write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dermtools.cases.sources.arrow import array_cells, rows_of_columns
from dermtools.cases.sources.records import Rows
from dermtools.cases.sources.unpacking import parquet_batches
from dermtools.errors import SourceError


def read_parquet(path: Path) -> Rows:
    """Read a Parquet file; ClassLabel numbers become the names that Hugging Face's schema gives them.

    A SourceError where it is not readable, or unpacks to too much.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            columns = tuple(schema.names)
            values: list[list[Any]] = [[] for _ in columns]
            for batch in parquet_batches(path, file):
                for cells_of_one, column in zip(values, batch.columns, strict=True):
                    cells_of_one.extend(array_cells(column))
    except (OSError, ValueError, OverflowError, pyarrow.ArrowException) as error:
        # Text that is not UTF-8 and dates beyond Python's show when they are made values.
        reason = str(error).partition("\n")[0]
        raise SourceError(f"{path}: not readable as Parquet ({reason})") from error
    return rows_of_columns(path.name, schema, values)
