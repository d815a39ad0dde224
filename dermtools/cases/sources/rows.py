"""Rows of a table file: CSV, TSV, JSON lines or Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from dermtools.cases.case import Problem
from dermtools.errors import SourceError


@dataclass(frozen=True)
class Row:
    """One record. `where` counts as an editor or a spreadsheet does, so a CSV's first record is row 2."""

    where: str
    cells: dict[str, object]


@dataclass
class Rows:
    """The records of a table file, and those that cannot be read."""

    columns: tuple[str, ...]
    untyped: bool
    """Whether cells are text only because the format (CSV) has no types."""
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_rows(path: Path) -> Rows:
    """Read a table by its extension; a SourceError where it is missing, unknown, damaged, or has no usable header."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise SourceError(f"{path}: not a table; give one of {', '.join(TABLE_SUFFIXES)}")
    rows = reader(path)
    if repeated := [column for column, count in Counter(rows.columns).items() if count > 1]:
        raise SourceError(f"{path}: column {repeated[0]!r} is there more than once; rename one of them")
    return rows


def read_text(path: Path) -> str:
    """Text of a UTF-8 file, with or without a byte order mark; a SourceError where it is not."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: not UTF-8 (at byte {error.start}); save it as UTF-8") from error


def parse_json(document: str) -> object:
    """Value of a JSON document; a ValueError where it is none, too deep, or holds half a Unicode character."""
    try:
        value: object = json.loads(document)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if "\\u" in document:
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _delimited(path: Path, delimiter: str) -> Rows:
    reader = csv.reader(io.StringIO(read_text(path), newline=""), delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
        if len(header) == 1 and any(other in header[0] for other in ";\t,"):
            remedy = "tabs" if delimiter == "\t" else "commas, or name the file .tsv for tabs"
            raise SourceError(f"{path}: the header is one column, {header[0]!r}; separate columns with {remedy}")
        if not any(header):
            raise SourceError(f"{path}: no header; the first line names the columns")
        table = Rows(columns=tuple(header), untyped=True)
        for number, record in enumerate(reader, start=2):
            where = f"{path.name} row {number}"
            if len(record) == len(header):
                table.rows.append(Row(where, dict(zip(header, record, strict=True))))
            elif record:
                table.problems.append(Problem(where, f"has {len(record)} cells, the header has {len(header)}"))
    except csv.Error as error:
        raise SourceError(f"{path} line {reader.line_num}: not readable as CSV ({error}); check its quotes") from error
    return table


def _json_lines(path: Path) -> Rows:
    table = Rows(columns=(), untyped=False)
    # Not splitlines(): JSON text may hold the other line breaks of Unicode unescaped.
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path.name} row {number}"
        try:
            record = parse_json(line)
        except ValueError as error:
            table.problems.append(Problem(where, f"is not JSON ({error})"))
            continue
        if isinstance(record, dict):
            table.rows.append(Row(where, record))
        else:
            table.problems.append(Problem(where, "is not a JSON object"))
    if not table.rows:
        first = f"; {table.problems[0].where} {table.problems[0].reason}" if table.problems else ""
        raise SourceError(f"{path}: holds no JSON object, one a line{first}")
    table.columns = tuple(dict.fromkeys(column for row in table.rows for column in row.cells))
    return table


def _parquet(path: Path) -> Rows:
    import pyarrow
    import pyarrow.parquet

    try:
        content = pyarrow.parquet.read_table(path, partitioning=None)
    except (OSError, pyarrow.ArrowException) as error:
        reason = str(error).partition("\n")[0]
        raise SourceError(f"{path}: not readable as Parquet ({reason})") from error
    columns = tuple(content.column_names)
    # Through columns, not records: records would drop a repeated column before it can be refused.
    records = zip(*(column.to_pylist() for column in content.columns), strict=True)
    cells = (dict(zip(columns, record, strict=True)) for record in records)
    return Rows(columns, untyped=False, rows=[Row(f"{path.name} row {n}", found) for n, found in enumerate(cells, 1)])


_READERS: dict[str, Callable[[Path], Rows]] = {
    ".csv": partial(_delimited, delimiter=","),
    ".tsv": partial(_delimited, delimiter="\t"),
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
}
TABLE_SUFFIXES = tuple(_READERS)
