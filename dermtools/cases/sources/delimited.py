"""CSV as editors, spreadsheets and clinics write it: any usual delimiter and encoding."""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
from collections.abc import Collection
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from dermtools.cases.sources import cells
from dermtools.cases.sources.header import find_header, has_name, table_of
from dermtools.cases.sources.records import Rows
from dermtools.errors import SourceError

if TYPE_CHECKING:
    from _csv import Reader

_DELIMITERS = ",;\t|"
_SEP_LINE = re.compile(r'\A"?sep=([^"\r\n])"?[;,\t| ]*(\r\n|\r|\n|\Z)', re.IGNORECASE)
"""The first line by which Excel learns the delimiter."""
_FORMULA_TEXT = re.compile(r'="(.*)"', re.DOTALL)
"""How exports keep the leading zeros of `007` from Excel: `="007"`."""
_SAMPLE = 64
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EIGHT_BIT = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "cp850": "DOS code page 850"}
_LIKELY = frozenset("äöüÄÖÜßéèêëÉÈÊàâáÀÂíìîïÎóòôÔúùûÛñçÇœŒæåøÅØ°µ²³±€§«»„“”‚‘’–—… \xa0")
"""Characters that texts of Western Europe have beyond ASCII; they decide between the eight-bit encodings."""


def read_delimited(path: Path, *, wanted: Collection[str] = (), encoding: str | None = None) -> Rows:
    """Read a CSV or TSV; its delimiter is the one that gives the header and the rows equally many cells.

    Raises:
        SourceError: not text, not in the named encoding, no header, or quotes that do not close.
    """
    text, note = decode(path, read_data(path), encoding)
    marker = _SEP_LINE.match(text)
    if marker:
        text, delimiter = text[marker.end() :], marker[1]
    else:
        delimiter = _delimiter(text, wanted, "\t," if path.suffix.lower() in (".tsv", ".tab") else ",\t")
    reader = _reader(text, delimiter)
    try:
        grid = [(number, [_plain(cell) for cell in row]) for number, row in enumerate(reader, start=1)]
    except csv.Error as error:
        raise SourceError(f"{path} line {reader.line_num}: not readable as CSV ({error}); check its quotes") from error
    header = find_header(grid, wanted)
    if header is None:
        raise SourceError(f"{path}: no header; the first line names the columns")
    table = table_of(grid, header, path.name, untyped=True)
    table.decimal_comma = delimiter != "," and any(cells.has_decimal_comma(c) for _, row in grid for c in row)
    table.notes += [note] if note else []
    return table


def read_data(path: Path) -> bytes:
    """Bytes of a file; a SourceError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})") from error


def decode(path: Path, data: bytes, encoding: str | None = None, *, eight_bit: bool = True) -> tuple[str, str]:
    """Text of a file, and a note where its encoding was guessed: a byte order mark, UTF-16, UTF-8, else eight bits.

    Raises:
        SourceError: the file is not text, or not in the encoding that was named.
    """
    note, guessed = "", encoding or _unicode_encoding(data)
    try:
        text = data.decode(guessed)
    except LookupError as error:
        raise SourceError(f"encoding {encoding!r} is unknown; give one such as utf-8, cp1252 or utf-16") from error
    except UnicodeDecodeError as error:
        if encoding or guessed != "utf-8" or not eight_bit:
            name = "UTF-8" if guessed.startswith("utf-8") else guessed
            raise SourceError(f"{path}: not {name} (at byte {error.start}); save it as UTF-8") from error
        texts = {name: data.decode(name, errors="replace") for name in _EIGHT_BIT}
        best = max(texts, key=lambda name: sum(char in _LIKELY for char in texts[name] if not char.isascii()))
        text, note = texts[best], f"not UTF-8: read as {_EIGHT_BIT[best]}; the option 'encoding' names another"
    if "\0" in text[:4096]:
        raise SourceError(f"{path}: not a text file; save it as CSV in UTF-8")
    return text.removeprefix("\ufeff"), note


def _unicode_encoding(data: bytes) -> str:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    # Without a mark, UTF-16 shows in the zero bytes that every Latin letter has.
    start = data[:4096]
    low, high = start[1::2].count(0), start[::2].count(0)
    if max(low, high) > len(start) / 4:
        return "utf-16-le" if low > high else "utf-16-be"
    return "utf-8"


def _reader(text: str, delimiter: str) -> Reader:
    # A cell may hold a whole picture as base64; the limit is one of the process and is only ever raised.
    csv.field_size_limit(sys.maxsize)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)


def _plain(cell: str) -> str:
    match = _FORMULA_TEXT.fullmatch(cell.strip())
    return match[1] if match else cell


def _delimiter(text: str, wanted: Collection[str], usual: str) -> str:
    """The delimiter whose header has a wanted name, whose rows are as long as the header, and that splits most."""
    best, best_rank = usual[0], (False, 0.0, 1)
    for delimiter in dict.fromkeys(usual + _DELIMITERS):
        try:
            grid = list(enumerate(islice(_reader(text, delimiter), _SAMPLE)))
        except csv.Error:
            continue
        header = find_header(grid, wanted)
        if header is None or (width := len(grid[header][1])) < 2:
            continue
        rows = [row for _, row in grid[header:] if any(cell.strip() for cell in row)]
        rank = (has_name(grid[header][1], wanted), sum(len(row) == width for row in rows) / len(rows), width)
        if rank > best_rank:
            best, best_rank = delimiter, rank
    return best
