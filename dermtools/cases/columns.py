"""Cases as columns: how they lie in the table on disk, and in memory without vectors and pictures."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dermtools.cases.case import AttributeValue, Case, Task
from dermtools.errors import CaseBaseError
from dermtools.images.picture_hash import HASH_BYTES, hash_rows

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

LABEL_PREFIX = "label_"
PICTURE_HASH = "picture_hash"
"""A column that tables made before there was one lack, until they are written."""
ROW_NAMES = ("content_hash", "vector", "jpeg", "width", "height", PICTURE_HASH)
"""What a row holds beside its case."""


@dataclass(frozen=True, eq=False)
class StoredCase:
    """One row: a case, its embedding, and the small clean JPEG that stands for its picture."""

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


@dataclass(frozen=True, eq=False)
class CaseColumns:
    """All metadata of one version of a case base, in row order. Row i of every column is the same case."""

    version: int
    case_ids: list[str]
    group_ids: list[str]
    splits: list[str | None]
    labels: dict[str, list[tuple[str, ...]]]
    """Task name to the labels of each row; `()` where unknown."""
    attributes: dict[str, list[AttributeValue | None]]
    """Attribute name to the value of each row; None where unknown."""
    content_hashes: list[str]
    widths: NDArray[np.int32]
    """Pixels of the original pictures, shape (n,)."""
    heights: NDArray[np.int32]
    row_of: dict[str, int] = field(repr=False)
    """Case id to row."""
    picture_hashes: NDArray[np.uint8] = field(repr=False)
    """Perceptual hashes of the stored pictures, shape (n, 32), contiguous; zeros where there is none."""
    unhashed: NDArray[np.int64] = field(repr=False)
    """Rows whose picture was never hashed, since an earlier version stored it."""

    def __len__(self) -> int:
        return len(self.case_ids)

    def case(self, row: int) -> Case:
        """The case of one row."""
        return Case.model_construct(
            case_id=self.case_ids[row],
            group_id=self.group_ids[row],
            split=self.splits[row],
            labels={task: column[row] for task, column in self.labels.items() if column[row]},
            attributes={name: value for name, column in self.attributes.items() if (value := column[row]) is not None},
        )


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


def from_arrow(table: pa.Table, tasks: Iterable[str], version: int) -> CaseColumns:
    """Columns from an Arrow table; a ValueError or KeyError where it does not hold what this package writes."""
    case_ids: list[str] = table["case_id"].to_pylist()
    widths = table["width"].to_numpy()
    hashes = table[PICTURE_HASH].to_pylist() if PICTURE_HASH in table.column_names else [None] * len(case_ids)
    hashed = np.array([cell is not None for cell in hashes], np.bool_)
    return CaseColumns(
        version=version,
        case_ids=case_ids,
        group_ids=table["group_id"].to_pylist(),
        splits=table["split"].to_pylist(),
        labels={
            task: [tuple(labels) if labels else () for labels in table[LABEL_PREFIX + task].to_pylist()]
            for task in tasks
        },
        attributes=_attributes(table["attributes"].to_pylist()),
        content_hashes=table["content_hash"].to_pylist(),
        widths=widths,
        heights=table["height"].to_numpy(),
        row_of={case_id: row for row, case_id in enumerate(case_ids)},
        picture_hashes=hash_rows(hashes),
        unhashed=np.flatnonzero(~hashed & (widths > 0)),
    )


def _attributes(cells: list[str]) -> dict[str, list[AttributeValue | None]]:
    """One column an attribute, from the JSON object of each row."""
    # One parse of all rows is several times faster than a parse a row.
    try:
        parsed = json.loads("[" + ",".join(cells) + "]")
    except RecursionError:
        raise ValueError("an attributes cell is nested too deeply") from None
    if len(parsed) != len(cells) or not all(isinstance(attributes, dict) for attributes in parsed):
        raise ValueError("an attributes cell is not a JSON object")
    columns: dict[str, list[AttributeValue | None]] = defaultdict(lambda: [None] * len(parsed))
    for row, attributes in enumerate(parsed):
        for name, value in attributes.items():
            columns[name][row] = value
    return dict(columns)
