"""Cases as whole columns, for tables of vectors: no object a row, so that a hundred thousand come in within seconds.

Only a table without any fault is read so, and one whose cells are plain. All else is read row by row, which finds the
same cases and says what is wrong with each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from dermtools.cases.case import Split
from dermtools.cases.groups import given_group
from dermtools.cases.sources import cells
from dermtools.cases.sources.assembly import given_split
from dermtools.cases.sources.options import SourceOptions
from dermtools.cases.sources.roles import DEFAULT_COLUMNS, KNOWN_TASKS, Columns
from dermtools.cases.sources.table import MOST_ID_CHARACTERS
from dermtools.cases.sources.vectors import Vectors

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

T = TypeVar("T")
ENOUGH = 2048
"""Rows below which reading them one by one takes no time to speak of."""


@dataclass(frozen=True, eq=False)
class WholeColumns:
    """Cases without pictures, attributes and doubt. Entry i of every column is the same case."""

    case_ids: list[str]
    group_ids: list[str]
    splits: list[Split]
    labels: dict[str, list[tuple[str, ...]]]
    """Task to the labels of each case; `()` where unknown."""
    vectors: NDArray[np.float32]
    """Shape (n, d), finite."""
    left_out: tuple[str, ...]
    """Further columns."""
    notes: tuple[str, ...]
    """What the source says of itself, as of rows."""


def whole_columns(data: Any, options: SourceOptions) -> WholeColumns | None:
    """The cases of an Arrow table or data frame with vectors; None where it must be read row by row."""
    vectors = options.vectors
    plain = SourceOptions(columns=options.columns, tasks=options.tasks, vectors=vectors, separator=options.separator)
    if not isinstance(vectors, Vectors) or vectors.ids is not None or vectors.faults:
        return None
    table = _table(data) if replace(options, without_pictures=False) == plain else None
    if table is None or not ENOUGH <= table.num_rows == len(vectors):
        return None
    columns = Columns("table", table.column_names)
    case_column, image, split = (_role(columns, role, options) for role in ("case_id", "image", "split"))
    groups = columns.groups(options.columns.get("group_id")).values()
    group = next((column for column in groups if column != case_column), None)
    if case_column is None or split is None or group is None or image is not None:
        return None
    tasks = columns.tasks(options.tasks, {case_column, split, group})
    used = {case_column, split, group, *tasks.values()}
    left_out = tuple(name for name in table.column_names if name not in used)
    if "" in table.column_names or not all(_is_plain(table[name]) for name in table.column_names):
        return None
    try:
        found = WholeColumns(
            _of_each(table[case_column], _name),
            [*map(given_group, _of_each(table[group], _name))],
            _of_each(table[split], _split),
            {task: _of_each(table[one], _labels(options.separator, one)) for task, one in tasks.items()},
            vectors.values,
            left_out,
            tuple(_notes(tasks)),
        )
    except ValueError:  # a cell that only its row can explain
        return None
    once = len(set(found.case_ids)) == len(found.case_ids)
    return found if once and all(map(any, found.labels.values())) else None


def _table(data: Any) -> pa.Table | None:
    """An Arrow table with columns of different names; None for anything else."""
    import pyarrow as pa

    if not hasattr(data, "__arrow_c_stream__") or any(str(kind) == "Object" for kind in getattr(data, "dtypes", ())):
        return None
    try:
        table = pa.table(data)
    except (pa.ArrowException, TypeError, ValueError):
        return None
    table = table.drop_columns([name for name in table.column_names if name.startswith("__index_level_")])
    return table if len(set(table.column_names)) == len(table.column_names) else None


def _is_plain(values: pa.ChunkedArray) -> bool:
    """Whether a column holds texts, whole numbers or truth values, and not nothing only."""
    import pyarrow.types as types

    kind = values.type.value_type if types.is_dictionary(values.type) else values.type
    of_text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    number = types.is_integer(kind) or types.is_floating(kind)
    return bool((of_text or number or types.is_boolean(kind)) and values.null_count < len(values))


def _role(columns: Columns, role: str, options: SourceOptions) -> str | None:
    if role in options.columns:
        return columns.get(options.columns[role])
    return next(iter(columns.usual(DEFAULT_COLUMNS[role])), None)


def _of_each(values: pa.ChunkedArray, read: Callable[[object], T]) -> list[T]:
    """What `read` makes of each cell; of cells that are alike only once."""
    import pyarrow.types as types

    cells_of_all = values.to_pylist()
    if types.is_dictionary(values.type) or len(set(cells_of_all[:ENOUGH])) < ENOUGH // 4:
        known = {cell: read(cell) for cell in set(cells_of_all)}
        return [known[cell] for cell in cells_of_all]
    return [read(cell) for cell in cells_of_all]


def _name(cell: object) -> str:
    name = cell.strip() if type(cell) is str else cells.text(cell)
    if not 0 < len(name) <= MOST_ID_CHARACTERS:
        raise ValueError("no name")
    return name


def _split(cell: object) -> Split:
    if (split := given_split(cells.text(cell))) is None:
        raise ValueError("no split")
    return split


def _labels(separator: str, column: str) -> Callable[[object], tuple[str, ...]]:
    return lambda cell: cells.labels(cell, separator, column)


def _notes(tasks: dict[str, str]) -> list[str]:
    notes = ["the cases come without pictures, by their vectors alone"]
    notes += [f"column {column!r} is task {name!r}" for name, column in tasks.items() if name != column]
    if not tasks:
        notes.append(f"no label column ({', '.join(KNOWN_TASKS)}) and none named: there is no task to predict")
    return notes
