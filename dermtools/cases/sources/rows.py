"""Rows of a table file: CSV, TSV, Excel, JSON lines or Parquet."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from dermtools.cases.case import Problem
from dermtools.cases.sources.delimited import decode, read_data, read_delimited
from dermtools.cases.sources.header import repeated
from dermtools.cases.sources.known_sets import NO_SUFFIX
from dermtools.cases.sources.parquet import read_parquet
from dermtools.cases.sources.records import Row, Rows
from dermtools.cases.sources.workbook import read_workbook
from dermtools.errors import SourceError
from dermtools.strict_json import parsed

_DELIMITED = (".csv", ".tsv", ".tab", ".txt")
_WORKBOOKS = (".xlsx", ".xlsm", ".ods")
JSON_LINES = (".jsonl", ".ndjson")
TABLE_SUFFIXES = (*_DELIMITED, *_WORKBOOKS, *JSON_LINES, ".parquet")
OLD_WORKBOOKS = (".xls", ".xlsb")


def read_rows(
    path: Path,
    *,
    wanted: Collection[str] = (),
    encoding: str | None = None,
    sheet: str | None = None,
    short_rows: bool = False,
) -> Rows:
    """Read a table by its extension.

    Args:
        path: the file.
        wanted: keys of names by which a header is known, below title lines and among sheets.
        encoding: of a CSV; None finds it.
        sheet: of a workbook; None takes the first with a header.
        short_rows: take rows that end early, `Row.cut` saying where; else they are problems.

    Raises:
        SourceError: missing, unknown, damaged, without a usable header, or an option that does not fit the format.
        MissingExtraError: a workbook, and the extra `formats` is not installed.
    """
    suffix = ".csv" if path.name in NO_SUFFIX else path.suffix.lower()
    if suffix in OLD_WORKBOOKS:
        raise SourceError(f"{path}: {suffix} is not read; save it as .xlsx or CSV")
    if suffix not in TABLE_SUFFIXES:
        raise SourceError(f"{path}: not a table; give one of {', '.join(TABLE_SUFFIXES)}")
    for option, value, suffixes in (("encoding", encoding, _DELIMITED), ("sheet", sheet, _WORKBOOKS)):
        if value is not None and suffix not in suffixes:
            raise SourceError(f"{path}: option {option!r} is for {', '.join(suffixes)} only; leave it out")
    if suffix in _DELIMITED:
        rows = read_delimited(path, wanted=wanted, encoding=encoding)
    elif suffix in _WORKBOOKS:
        rows = read_workbook(path, wanted=wanted, sheet=sheet)
    else:
        rows = _json_lines(path) if suffix in JSON_LINES else read_parquet(path)
    if not short_rows:
        rows.problems += [Problem(row.where, row.fault) for row in rows.rows if row.cut]
        rows.rows = [row for row in rows.rows if not row.cut]
    if (twice := repeated(rows.columns)) is not None:
        raise SourceError(f"{path}: column {twice!r} is there more than once; rename one of them")
    return rows


def is_table_name(path: Path) -> bool:
    """Whether a file is called as a table that is read here."""
    return path.suffix.lower() in TABLE_SUFFIXES or path.name in NO_SUFFIX


def read_text(path: Path) -> str:
    """Text of a UTF-8 or UTF-16 file, with or without a byte order mark; a SourceError where it is neither."""
    return decode(path, read_data(path), eight_bit=False)[0]


def parse_json(document: str) -> object:
    """Value of a JSON document as `parsed` takes it; a ValueError, too, where it holds half a Unicode character."""
    value: object = parsed(document)
    if "\\u" in document:
        json.dumps(value, ensure_ascii=False).encode()
    return value


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
