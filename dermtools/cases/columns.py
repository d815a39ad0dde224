"""Cases as columns: how they lie in the table on disk."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dermtools.cases.case import Case, Task
from dermtools.cases.case_columns import LABEL_PREFIX as LABEL_PREFIX
from dermtools.cases.case_columns import PICTURE_HASH as PICTURE_HASH
from dermtools.cases.case_columns import CaseColumns as CaseColumns
from dermtools.errors import CaseBaseError
from dermtools.images.picture_hash import HASH_BYTES

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

ROW_NAMES = ("content_hash", "vector", "jpeg", "width", "height", PICTURE_HASH)
"""What a row holds beside its case."""


@dataclass(frozen=True, eq=False)
class StoredCase:
    """One row: a case, its embedding, and the small clean JPEG that stands for its picture.

    `case` is what is known of it; `jpeg` is empty for a case without a picture; `height` is in pixels as `width` is.
    """

    case: Case
    content_hash: str
    """SHA-256 of the original picture without its metadata."""
    vector: NDArray[np.float32]
    """Embedding, float32, shape (d,)."""
    jpeg: bytes = field(repr=False)
    width: int
    """Pixels of the original picture, upright."""
    height: int
    picture_hash: bytes | None = field(default=None, repr=False)
    """Perceptual hash of the stored JPEG, 32 bytes; None where there is no picture, or it was never hashed."""


def check_rows(rows: Sequence[StoredCase], tasks: Iterable[Task], dimension: int) -> None:
    """Refuse rows that contradict each other, the label sets or the dimension, with a CaseBaseError on the first."""
    labels = {task.name: frozenset(task.labels) for task in tasks}
    seen = set[str]()
    for row in rows:
        case_id = row.case.case_id
        if case_id in seen:
            raise CaseBaseError(f"case {case_id!r} comes twice")
        seen.add(case_id)
        if row.vector.shape != (dimension,):
            raise CaseBaseError(f"case {case_id!r} has a vector of shape {row.vector.shape}, not ({dimension},)")
        if not np.isfinite(row.vector).all():
            raise CaseBaseError(f"case {case_id!r} has a vector with values that are not finite")
        if row.picture_hash is not None and len(row.picture_hash) != HASH_BYTES:
            raise CaseBaseError(f"case {case_id!r} has a picture hash of {len(row.picture_hash)} bytes")
        for name, value in row.case.attributes.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise CaseBaseError(f"case {case_id!r}: attribute {name!r} is {value}; leave it out where unknown")
        for task, values in row.case.labels.items():
            if unknown := [value for value in values if value not in labels.get(task, ())]:
                raise CaseBaseError(
                    f"case {case_id!r}: {unknown[0]!r} is not a label of task {task!r} of the case base"
                )


def schema(tasks: Iterable[str], dimension: int) -> pa.Schema:
    """Columns of the table: label columns are lists, so that `array_has` filters them."""
    import pyarrow as pa

    columns = {
        "case_id": pa.string(),
        "group_id": pa.string(),
        "split": pa.string(),
        "attributes": pa.string(),
        "content_hash": pa.string(),
        "width": pa.int32(),
        "height": pa.int32(),
        "vector": pa.list_(pa.float32(), dimension),
        "jpeg": pa.binary(),
    }
    fields = (pa.field(name, kind, nullable=name == "split") for name, kind in columns.items())
    return pa.schema([*fields, hash_field(), *map(label_field, tasks)])


def hash_field() -> pa.Field:
    """The column that holds perceptual hashes; null where there is none."""
    import pyarrow as pa

    return pa.field(PICTURE_HASH, pa.binary(HASH_BYTES))


def label_field(task: str) -> pa.Field:
    """The column that holds the labels of one task; null where unknown."""
    import pyarrow as pa

    return pa.field(LABEL_PREFIX + task, pa.list_(pa.string()))


def to_arrow(rows: Sequence[StoredCase], columns: pa.Schema) -> pa.Table:
    """Rows as an Arrow table with exactly the columns of the table on disk."""
    import pyarrow as pa

    cells = [
        {
            **{name: getattr(row.case, name) for name in ("case_id", "group_id", "split")},
            **{name: getattr(row, name) for name in ROW_NAMES},
            "attributes": json.dumps(row.case.attributes, ensure_ascii=False, sort_keys=True),
            **{LABEL_PREFIX + task: labels or None for task, labels in row.case.labels.items()},
        }
        for row in rows
    ]
    return pa.Table.from_pylist(cells, schema=columns)
