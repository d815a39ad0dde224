"""Data sets of Hugging Face: a `Dataset`, a `DatasetDict`, the folder of a saved one, a name on the hub.

Their pictures stay in their Arrow files until they are used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from dermtools.cases.case import SourceData
from dermtools.cases.sources.arrow import array_cells, class_name, picture_columns, rows_of_columns
from dermtools.cases.sources.held import Held
from dermtools.cases.sources.options import SourceOptions
from dermtools.cases.sources.records import Row, Rows
from dermtools.cases.sources.table import ROW_OPTIONS, cases_of_rows
from dermtools.errors import SourceError, require_extra

SCHEME = "hf:"
"""Before the name of a data set on the hub, or a saved folder."""
_SAVED = ("dataset_dict.json", "state.json")
"""One of these lies in a folder that `save_to_disk` wrote."""


def is_dataset(data: object) -> bool:
    """Whether this is a `Dataset`, or a `DatasetDict`."""
    parts = list(data.values()) if isinstance(data, Mapping) else [data]
    return bool(parts) and all(hasattr(part, "with_format") and hasattr(part, "features") for part in parts)


def is_saved(folder: Path) -> bool:
    """Whether `save_to_disk` wrote this folder."""
    return any((folder / name).is_file() for name in _SAVED)


def load_dataset(place: str, options: SourceOptions) -> SourceData:
    """The cases of a saved or published data set. Raises as `open_dataset`, and for its columns as a table."""
    options.refuse_others("huggingface", *ROW_OPTIONS)
    place = place.removeprefix(SCHEME)
    path = Path(place).expanduser()
    name = f"{path.resolve().parent.name}/{path.name}" if path.exists() else f"{SCHEME}{place}"
    return cases_of_rows(dataset_rows(open_dataset(place), path.name), options, name=name, where=name)


def named_records(data: Any) -> Iterator[dict[str, Any]]:
    """The records of an `IterableDataset`, with the names of its classes in place of their numbers."""
    names = {column: f.names for column, f in (data.features or {}).items() if hasattr(f, "names")}
    for record in data:
        yield {column: class_name(cell, names[column]) if column in names else cell for column, cell in record.items()}


def open_dataset(place: str) -> Any:
    """The data set that was saved to a folder, or has this name on the hub (`ORGANISATION/NAME`).

    Raises:
        SourceError: neither can be read.
        MissingExtraError: the library `datasets` is not installed.
    """
    datasets = require_extra("datasets", "datasets")
    try:
        return (
            datasets.load_from_disk(folder)
            if (folder := Path(place).expanduser()).exists()
            else datasets.load_dataset(place)
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        how = "give a folder that save_to_disk wrote, or ORGANISATION/NAME on the hub"
        raise SourceError(f"{SCHEME}{place} cannot be read as a data set ({reason}); {how}") from error


def dataset_rows(data: Any, name: str) -> Rows:
    """The rows of a data set, or of all splits of one: the column `split` then tells them apart."""
    if not isinstance(data, Mapping):
        return _rows(data, name)
    joined = Rows(columns=(), untyped=False)
    for split, part in data.items():
        rows = _rows(part, f"{name} {split}")
        if "split" not in rows.columns:
            rows.columns = (*rows.columns, "split")
            rows.rows = [Row(row.where, {**row.cells, "split": str(split)}) for row in rows.rows]
        joined.columns = tuple(dict.fromkeys((*joined.columns, *rows.columns)))
        joined.pictures = tuple(dict.fromkeys((*joined.pictures, *rows.pictures)))
        joined.rows += rows.rows
        joined.problems += rows.problems
    return joined


def _rows(data: Any, name: str) -> Rows:
    schema = data.features.arrow_schema
    pictures = picture_columns(schema)
    rest = [column for column in data.column_names if column not in pictures]
    table = data.select_columns(rest).with_format("arrow")[:] if rest else None
    columns = [
        _held(data, column, name) if table is None or column in pictures else array_cells(table[column])
        for column in schema.names
    ]
    return rows_of_columns(name, schema, columns, first=0)


def _held(data: Any, column: str, name: str) -> list[Held]:
    pictures = data.select_columns([column]).with_format("arrow")
    return [
        Held(f"{name} row {row}: column {column!r}", partial(_cell, pictures, column, row)) for row in range(len(data))
    ]


def _cell(pictures: Any, column: str, row: int) -> object:
    return pictures[row][column][0].as_py()
