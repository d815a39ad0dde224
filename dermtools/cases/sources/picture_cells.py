"""A cell that names a picture or holds it: a path, bytes, base64, a data URL, `{bytes, path}`."""

from __future__ import annotations

import ast
import base64
import binascii
import hashlib
import re
from pathlib import PureWindowsPath
from typing import NamedTuple, cast

from dermtools.cases.sources import cells
from dermtools.errors import ImageError
from dermtools.strict_json import parsed

_BYTES_KEYS = ("bytes", "base64", "b64", "data")
_PATH_KEYS = ("path", "file_name", "filename", "file", "url", "src")
_WRITTEN = re.compile(r"""\s*(\[?\s*\{\s*['"](bytes|path)['"]\s*:|b['"])""")
"""An object or bytes as text, which a data set becomes that is written as CSV."""
_SHORTEST = 12
"""Characters below which no text is a picture."""
_DATA_URL = re.compile(r"\s*data:[a-z]+/[a-z0-9.+-]+[;,]", re.IGNORECASE)
_BASE64 = re.compile(r"\s*[A-Za-z0-9+/_\r\n-]{40,}={0,2}\s*")
_MAGIC = re.compile(
    rb"\xff\xd8\xff|\x89PNG|GIF8|RIFF....WEBP|BM|II\*\0|MM\0\*|....ftyp|\xff\x4f\xff\x51|\0\0\0\x0cjP  |.{128}DICM",
    re.DOTALL,
)


class PictureCell(NamedTuple):
    """What a cell says of its picture."""

    data: bytes | None
    name: str
    """The path as written; empty where the cell has none."""

    @property
    def fallback_id(self) -> str:
        """Names a case whose picture comes as bytes: its relative path, its file name, else its content hash."""
        path = PureWindowsPath(self.name)  # takes both kinds of slash
        if path.anchor or ".." in path.parts:
            return path.name or content_id(self.data or b"")
        return path.as_posix() if self.name else content_id(self.data or b"")


def content_id(data: bytes) -> str:
    """Names a case by its picture's bytes, short enough to read."""
    return hashlib.sha256(data).hexdigest()[:32]


def read_picture_cell(cell: object) -> PictureCell:
    """Bytes or name of the one picture that a cell gives. A ValueError says what it holds instead."""
    if isinstance(cell, str) and _WRITTEN.match(cell):
        cell = _read_written(cell)
    if isinstance(cell, list):
        if len(cell) != 1:
            raise ValueError(f"holds a list of {len(cell)} pictures; give each picture its own row")
        return read_picture_cell(cell[0])
    if isinstance(cell, dict):
        name = next((value for key in _PATH_KEYS if isinstance(value := cell.get(key), str)), "")
        for value in filter(None, map(cell.get, _BYTES_KEYS)):
            data = value if isinstance(value, bytes) else encoded_picture(value)
            if data is None:
                raise ValueError("holds an object whose bytes are no picture in base64")
            return PictureCell(data, name)
        data = encoded_picture(name)
        return PictureCell(data, name if data is None else "")
    if isinstance(cell, bytes) and cell:
        return PictureCell(cell, "")
    data = encoded_picture(cell)
    return PictureCell(data, cells.text(cell or None) if data is None else "")


def encoded_picture(cell: object) -> bytes | None:
    """Bytes of a picture that is written as text, in base64 or as a `data:` URL; None for any other cell.

    A ValueError where a `data:` URL is damaged.
    """
    if not isinstance(cell, str):
        return None
    if _DATA_URL.match(cell):
        from dermtools.images import read_bytes

        try:
            return read_bytes(cell.strip())
        except ImageError as error:
            raise ValueError(str(error)) from error
    if not _BASE64.fullmatch(cell):
        return None
    try:
        data = base64.b64decode("".join(cell.split()).translate(str.maketrans("-_", "+/")), validate=True)
    except binascii.Error:
        return None
    return data if _MAGIC.match(data) else None


def _read_written(cell: str) -> object:
    """What JSON or Python wrote as this text; the text itself where neither did."""
    for read in (parsed, ast.literal_eval):
        try:
            return cast(object, read(cell.strip()))
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return cell


def is_no_attribute(cell: object) -> bool:
    """Whether a cell is bytes, a list, an object, or a picture written as text, damaged or not."""
    if not isinstance(cell, str):
        return cells.is_no_value(cell)
    if len(cell) < _SHORTEST:
        return False
    if _WRITTEN.match(cell):
        return True
    try:
        return encoded_picture(cell) is not None
    except ValueError:
        return True
