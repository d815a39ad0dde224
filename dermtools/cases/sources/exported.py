"""Cases from an export of dermtools, exactly as they went out: its record says what every column holds."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dermtools.cases.case import AttributeValue, Case, Problem, SourceCase, SourceData, Split
from dermtools.cases.exports.delimited import finite, read_json, read_labels, read_value, unguarded
from dermtools.cases.exports.record import (
    FILE_NAME,
    IMAGE,
    RECORD_NAME,
    VECTOR,
    VECTOR_ROW,
    Column,
    ExportRecord,
    Kind,
    read_export_record,
)
from dermtools.cases.manifest import SourceNote
from dermtools.cases.sources.assembly import given_split
from dermtools.cases.sources.options import SourceOptions
from dermtools.cases.sources.unpacking import arrays_of, parquet_batches
from dermtools.errors import ImageError, SourceError
from dermtools.text import few, one_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

Image = Path | Callable[[], bytes] | None


class _Row(NamedTuple):
    """One row of a table: where it is, its cells by column, its picture and vector."""

    where: str
    cells: Mapping[str, Any]
    image: Image
    vector: NDArray[np.float32] | None


def export_folder(location: Path) -> Path | None:
    """The folder of the export that a location is, or is the table of; None for anything else."""
    if (location / RECORD_NAME).is_file():
        return location
    if location.suffix in (".csv", ".parquet") and (location.parent / RECORD_NAME).is_file():
        return location.parent
    return location.parent if location.name == RECORD_NAME and location.is_file() else None


def load_export(folder: Path, options: SourceOptions) -> SourceData:
    """Read an export: ids and groups as they stand, labels and attributes with their types, vectors.

    Labels and rows may have been edited since. A vector comes with the identity of its embedder.

    Raises:
        SourceError: no export, a damaged record or table, or a column is missing.
    """
    options.refuse_others("dermtools export", "tasks", "split_seed", "split_fractions", "questions", "without_pictures")
    record = read_export_record(folder)
    known = [task.name for task in record.tasks]
    wanted = options.requested_tasks(str(folder), known) or known
    columns = [column for column in record.columns if column.role != "task" or column.of in wanted]
    reader = _csv_rows if record.separator is not None else _parquet_rows
    cases: dict[str, SourceCase] = {}
    problems: list[Problem] = []
    for row in reader(folder, record):
        try:
            case = _case(row.cells, columns, record)
            if case.case_id in cases:
                raise ValueError(f"case id {case.case_id!r} is taken by an earlier row")
        except ValueError as error:
            problems.append(Problem(row.where, one_line(str(error).partition("\n")[0])))
        else:
            cases[case.case_id] = SourceCase(case, row.image, vector=row.vector)
    tasks = []
    for task in record.tasks:
        if task.name in wanted:
            found = {label for item in cases.values() for label in item.case.labels.get(task.name, ())}
            labels = task.labels if found <= {*task.labels} else tuple(sorted({*task.labels, *found}))
            tasks.append(task.model_copy(update={"labels": labels}))
    told = (f"an export of dermtools {record.dermtools_version}: groups, splits and types are as they went out",)
    source = _source(folder, record)
    return SourceData(
        source.name,
        tuple(tasks),
        tuple(cases.values()),
        tuple(problems),
        source.notes,
        licence=source.licence,
        citation=source.citation,
        url=source.url,
        identity=record.identity if record.vectors is not None else None,
        told=told,
    )


def _source(folder: Path, record: ExportRecord) -> SourceNote:
    """The source of the export; of several one that says what all say."""
    if len(record.sources) == 1:
        return record.sources[0]
    notes = []
    for source in record.sources:
        told = {"licence": source.licence, "citation": source.citation, "address": source.url}
        notes += [f"{source.name}: {word} {text}" for word, text in told.items() if text]
        notes += [f"{source.name}: {note}" for note in source.notes]
    return SourceNote(name=folder.resolve().name, notes=tuple(notes))


def _case(cells: Mapping[str, Any], columns: list[Column], record: ExportRecord) -> Case:
    """A ValueError where a cell is not of its kind."""
    ids: dict[str, str] = {}
    labels: dict[str, tuple[str, ...]] = {}
    attributes: dict[str, AttributeValue] = {}
    split: Split | None = None
    for column in columns:
        if column.name not in cells:
            raise ValueError("has fewer cells than the header")
        try:
            value = _value(cells[column.name], column, record)
        except ValueError as error:
            raise ValueError(f"column {column.name!r} holds no {column.kind}: {error}") from error
        if column.role == "task":
            if value:
                labels[column.of] = value
        elif column.role == "attribute":
            if value is not None:
                attributes[column.of] = value
        elif column.role == "split":
            split = given_split(value or "")
        elif not value:
            raise ValueError(f"has no {column.name}")
        else:
            ids[column.role] = value
    return Case(**ids, split=split, labels=labels, attributes=attributes)


def _value(cell: Any, column: Column, record: ExportRecord) -> Any:
    kind, is_text = column.kind, record.separator is not None
    if column.role == "task":
        if record.separator is not None:
            return tuple(read_labels(cell, kind, record.separator))
        found = tuple(cell if isinstance(cell, list) else [] if cell is None else [cell])
        names = next(task.labels for task in record.tasks if task.name == column.of)
        if any(isinstance(one, int) and one not in range(len(names)) for one in found):
            raise ValueError(f"the classes are 0 to {len(names) - 1}")
        return tuple(names[one] if isinstance(one, int) else one for one in found)
    return read_value(cell, kind) if is_text else _typed(cell, kind)


def _typed(cell: Any, kind: Kind) -> AttributeValue | None:
    if cell is None:
        return None
    if isinstance(cell, list | dict):
        raise ValueError("it has several values")
    return read_json(str(cell)) if kind == "json" else finite(float(cell) if kind == "number" else cell)


def _csv_rows(folder: Path, record: ExportRecord) -> Iterator[_Row]:
    csv.field_size_limit(sys.maxsize)  # of the process, and only ever raised
    vectors = None if record.vectors is None else _array(folder, record.vectors)
    for name in record.tables:
        shown = folder / one_line(name)
        try:
            with _inside(folder, name).open(encoding="utf-8-sig", newline="") as file:
                lines = csv.reader(file, strict=True)
                head = [unguarded(cell) for cell in next(lines, [])]
                _check_columns(head, shown, record)
                for number, cells in enumerate(lines, start=2):
                    if cells:
                        yield _csv_row(
                            folder, f"{shown.name} row {number}", dict(zip(head, cells, strict=False)), vectors
                        )
        except (OSError, ValueError, csv.Error) as error:
            raise SourceError(f"{shown}: not readable as CSV in UTF-8 ({one_line(str(error))})") from error


def _csv_row(folder: Path, where: str, cells: dict[str, str], vectors: NDArray[np.float32] | None) -> _Row:
    number = cells.get(VECTOR_ROW, "")
    known = vectors is not None and number.isdecimal() and int(number) < len(vectors)
    vector = vectors[int(number)] if vectors is not None and known else None
    return _Row(where, cells, _picture(folder, cells.get(FILE_NAME)), vector)


def _array(folder: Path, name: str) -> NDArray[np.float32]:
    path = _inside(folder, name)
    try:
        arrays = arrays_of(path)
    except SourceError as error:
        raise SourceError(f"{folder / one_line(name)}: not readable as an array of numbers; export again") from error
    held = arrays.get("")
    if held is None or held.ndim != 2 or held.dtype.kind != "f":
        found = few([f"{array.dtype} of shape {array.shape}" for array in arrays.values()]) or "nothing"
        raise SourceError(f"{folder / one_line(name)}: holds {found}, no vectors; export again")
    return held


def _inside(folder: Path, name: str) -> Path:
    """A file of the export; never one outside its folder, since an export may come from elsewhere."""
    path = folder / name
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):  # a name that no file system takes
        inside = False
    if not inside:
        raise SourceError(f"{folder}: {one_line(name)} is no file in this folder; export again")
    return path


def _picture(folder: Path, name: object) -> Path | None:
    """A picture's file, where it is one in the folder."""
    try:
        return _inside(folder, name) if name and isinstance(name, str) else None
    except SourceError:
        return None


def _parquet_rows(folder: Path, record: ExportRecord) -> Iterator[_Row]:
    import pyarrow as pa
    import pyarrow.parquet

    for name in record.tables:
        path = _inside(folder, name)
        try:
            with pyarrow.parquet.ParquetFile(path) as file:
                names = file.schema_arrow.names
                _check_columns(names, path, record)
                pictures = _Pictures(path) if IMAGE in names else None
                read = [f"{IMAGE}.path" if one == IMAGE else one for one in names]  # which is null without a picture
                done = 0
                for batch in parquet_batches(path, file, read):
                    vectors = None
                    if record.vectors is not None:
                        if not pa.types.is_fixed_size_list(batch.schema.field(VECTOR).type):
                            raise ValueError(f"column {VECTOR!r} holds no vectors")
                        flat = batch.column(VECTOR).flatten().to_numpy(zero_copy_only=False)
                        vectors = np.asarray(flat, np.float32).reshape(batch.num_rows, -1)
                    plain = batch.select([one for one in batch.schema.names if one != VECTOR]).to_pylist()
                    for place, cells in enumerate(plain):
                        image: Image = _picture(folder, cells.get(FILE_NAME))
                        if pictures is not None and cells.get(IMAGE) is not None:
                            image = partial(pictures.read, done + place)
                        vector = None if vectors is None else vectors[place]
                        yield _Row(f"{name} row {done + place + 1}", cells, image, vector)
                    done += batch.num_rows
        except (OSError, ValueError, pa.ArrowException) as error:
            reason = one_line(str(error).partition("\n")[0])
            raise SourceError(f"{folder / one_line(name)}: not readable as Parquet ({reason})") from error


class _Pictures:
    """The pictures inside a Parquet file, few at a time in memory."""

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet

        self._path = path
        with pyarrow.parquet.ParquetFile(path) as file:
            groups = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
        self._starts = np.cumsum([0, *groups])
        self._group = lru_cache(maxsize=2)(self._read_group)

    def read(self, row: int) -> bytes:
        """The picture of a row; an ImageError where the file is gone."""
        group = int(np.searchsorted(self._starts, row, side="right")) - 1
        try:
            return self._group(group)[row - int(self._starts[group])]
        except OSError as error:
            raise ImageError(f"{self._path} cannot be read: {error.strerror}") from error

    def _read_group(self, number: int) -> list[bytes]:
        import pyarrow.parquet

        with pyarrow.parquet.ParquetFile(self._path) as file:
            cells = file.read_row_group(number, columns=[IMAGE])[IMAGE].to_pylist()
        return [cell["bytes"] if cell else b"" for cell in cells]


def _check_columns(names: list[str], path: Path, record: ExportRecord) -> None:
    wanted = [column.name for column in record.columns]
    wanted += [VECTOR] if record.vectors is not None and record.separator is None else []
    if missing := [name for name in wanted if name not in names]:
        raise SourceError(
            f"{path}: column {one_line(missing[0])!r} is missing; restore it, or read it with --from table"
        )
