"""Parquet, as pandas, Arrow and Hugging Face datasets write it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dermtools.cases.case import Problem
from dermtools.cases.sources.records import Row, Rows
from dermtools.cases.sources.unpacking import parquet_batches
from dermtools.errors import SourceError
from dermtools.strict_json import parsed


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
                    cells_of_one.extend(column.to_pylist())
    except (OSError, ValueError, OverflowError, pyarrow.ArrowException) as error:
        # Text that is not UTF-8 and dates beyond Python's show when they are made values.
        reason = str(error).partition("\n")[0]
        raise SourceError(f"{path}: not readable as Parquet ({reason})") from error
    features = _features(schema.metadata)
    named = {column: names for column in columns if (names := _class_names(features.get(column)))}
    table = Rows(columns, untyped=False, pictures=_pictures(schema, features))
    # Through columns, not records: records would drop a repeated column before it can be refused.
    for number, record in enumerate(zip(*values, strict=True), start=1):
        cells = dict(zip(columns, record, strict=True))
        where = f"{path.name} row {number}"
        try:
            cells |= {column: _named(cells[column], names) for column, names in named.items()}
        except ValueError as error:
            table.problems.append(Problem(where, str(error)))
        else:
            table.rows.append(Row(where, cells))
    return table


def _features(metadata: dict[bytes, bytes] | None) -> dict[str, Any]:
    """Hugging Face's description of the columns; empty where there is none."""
    try:
        features = parsed((metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, TypeError, ValueError):
        return {}
    return features if isinstance(features, dict) else {}


def _class_names(feature: object) -> list[str] | None:
    """Names of the classes of a ClassLabel, or of a list of them in any of its spellings."""
    if isinstance(feature, list) and len(feature) == 1:
        return _class_names(feature[0])
    if not isinstance(feature, dict):
        return None
    names = feature.get("names")
    if feature.get("_type") == "ClassLabel" and isinstance(names, list):
        return [str(name) for name in names]
    return _class_names(feature.get("feature"))


def _named(cell: object, names: Sequence[str]) -> object:
    """The class of a number; None for -1, which stands for no label."""
    if isinstance(cell, list):
        return [_named(item, names) for item in cell]
    if not isinstance(cell, int) or cell == -1:
        return None if cell == -1 else cell
    if cell not in range(len(names)):
        raise ValueError(f"has class {cell}; the schema names classes 0 to {len(names) - 1}")
    return names[cell]


def _pictures(schema: Any, features: dict[str, Any]) -> tuple[str, ...]:
    """Columns of pictures: those that Hugging Face's schema calls so, else those of bytes or of `{bytes, path}`."""
    import pyarrow.types as types

    called = [name for name, f in features.items() if isinstance(f, dict) and f.get("_type") == "Image"]
    if named := [name for name in called if name in schema.names]:
        return tuple(named)
    return tuple(
        field.name
        for field in schema
        if (types.is_struct(field.type) and {child.name for child in field.type} == {"bytes", "path"})
        or types.is_binary(field.type)
        or types.is_large_binary(field.type)
    )
