"""The table as Hugging Face `datasets` reads it: class names, pictures and vectors typed in the schema's metadata."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dermtools.cases.exports.extract import Extract
from dermtools.cases.exports.record import IMAGE, VECTOR, Column

if TYPE_CHECKING:
    import pyarrow as pa

UNASSIGNED = "unassigned"
"""Where the cases are that have no split."""
SPLIT_NAMES = {"train": "train", "valid": "validation", "test": "test", None: UNASSIGNED}
"""How `datasets` calls our splits."""
_DTYPES = {"integer": "int64", "number": "float64", "boolean": "bool"}


def split_rows(extract: Extract) -> dict[str, list[int]]:
    """Rows of each split by the name that `datasets` gives it; empty splits are absent."""
    found: dict[str, list[int]] = defaultdict(list)
    for row in extract.rows:
        found[SPLIT_NAMES[extract.cases.splits[row]]].append(row)
    return {name: found[name] for name in SPLIT_NAMES.values() if name in found}


def typed(piece: pa.Table, extract: Extract, file_names: Sequence[str]) -> pa.Table:
    """A piece of the table with numbers for classes and `{bytes, path}` for pictures; its schema says what they are.

    `file_names` go with the pictures, "" where there is none.
    """
    import pyarrow as pa

    arrays, fields, features = [], [], {}
    for column in extract.columns:
        values = piece[column.name]
        feature = features[column.name] = _feature(column, extract)
        if column.role == "task":
            names = feature["names"] if column.kind == "label" else feature["feature"]["names"]
            number_of = {name: number for number, name in enumerate(names)}
            cells = values.to_pylist()
            if column.kind == "label":
                values = pa.array([None if cell is None else number_of[cell] for cell in cells], pa.int64())
            else:
                numbers = [None if cell is None else [number_of[label] for label in cell] for cell in cells]
                values = pa.array(numbers, pa.list_(pa.int64()))
        arrays.append(values)
        fields.append(pa.field(column.name, values.type))
    if extract.choice.pictures:
        cells = piece[IMAGE].to_pylist()
        pictures = [
            None if jpeg is None else {"bytes": jpeg, "path": name}
            for jpeg, name in zip(cells, file_names, strict=True)
        ]
        kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        arrays.append(pa.array(pictures, kind))
        fields.append(pa.field(IMAGE, kind))
        features[IMAGE] = {"_type": "Image"}
    if extract.choice.vectors:
        arrays.append(piece[VECTOR])
        fields.append(pa.field(VECTOR, piece[VECTOR].type))
        length = extract.manifest.identity.dimension
        features[VECTOR] = {"feature": _value("float32"), "length": length, "_type": "Sequence"}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.table(arrays, schema=pa.schema(fields, metadata=metadata))


def _feature(column: Column, extract: Extract) -> dict[str, Any]:
    if column.role != "task":
        return _value(_DTYPES.get(column.kind, "string"))
    task = extract.manifest.task(column.of)
    names = {"names": list(task.labels if task else ()), "_type": "ClassLabel"}
    return names if column.kind == "label" else {"feature": names, "_type": "Sequence"}


def _value(dtype: str) -> dict[str, Any]:
    return {"dtype": dtype, "_type": "Value"}
