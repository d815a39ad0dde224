"""Rows from the columns of an Arrow schema, and what Hugging Face's description of it says of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dermtools.cases.case import Problem
from dermtools.cases.sources.records import Row, Rows
from dermtools.strict_json import parsed


def array_cells(values: Any) -> list[Any]:
    """The cells of an Arrow array, chunked or not, as Python objects; a list of floats as an array, shape (d,)."""
    import pyarrow as pa
    import pyarrow.types as types

    kind = values.type
    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    if not is_list or not types.is_floating(kind.value_type):
        cells: list[Any] = values.to_pylist()
        return cells
    if isinstance(values, pa.ChunkedArray):
        return [cell for chunk in values.chunks for cell in array_cells(chunk)]
    if values.null_count:
        return [cell.values.to_numpy(zero_copy_only=False) if cell.is_valid else None for cell in values]
    flat = values.flatten().to_numpy(zero_copy_only=False)
    if types.is_fixed_size_list(kind):
        return list(flat.reshape(len(values), kind.list_size))
    ends = values.value_lengths().to_numpy().cumsum()
    return [flat[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)] if len(values) else []


def rows_of_columns(name: str, schema: Any, values: Sequence[Sequence[Any]], *, first: int = 1) -> Rows:
    """Rows of an Arrow schema's columns, given as sequences of values; the first row has the number `first`."""
    columns = tuple(schema.names)
    features = _features(schema.metadata)
    named = {column: names for column in columns if (names := _class_names(features.get(column)))}
    table = Rows(columns, untyped=False, pictures=picture_columns(schema))
    # Through columns, not records: records would drop a repeated column before it can be refused.
    for number, record in enumerate(zip(*values, strict=True), start=first):
        cells = dict(zip(columns, record, strict=True))
        where = f"{name} row {number}"
        try:
            cells |= {column: class_name(cells[column], names) for column, names in named.items()}
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


def class_name(cell: object, names: Sequence[str]) -> object:
    """The class of a number; None for -1, which stands for no label."""
    if isinstance(cell, list):
        return [class_name(item, names) for item in cell]
    if not isinstance(cell, int) or cell == -1:
        return None if cell == -1 else cell
    if cell not in range(len(names)):
        raise ValueError(f"has class {cell}; the schema names classes 0 to {len(names) - 1}")
    return names[cell]


def picture_columns(schema: Any) -> tuple[str, ...]:
    """Columns of pictures: those that Hugging Face's schema calls so, else those of bytes or of `{bytes, path}`."""
    import pyarrow.types as types

    features = _features(schema.metadata)
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
