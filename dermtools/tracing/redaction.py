"""A value as it may stand in a trace: pictures by handle, size and hash, and no path of this machine."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import traceback
from collections import deque
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from io import IOBase
from pathlib import PurePath
from typing import Any

from PIL import Image
from pydantic import BaseModel

from dermtools.handles import IMAGE_PREFIX
from dermtools.images import content_hash
from dermtools.prediction import Query

TRACE_PICTURES = "DERMTOOLS_TRACE_PICTURES"
"""Environment variable: with `1`, pictures stand in traces as they are."""
A_PATH = "[path]"

_DEEPEST = 40
_SHORTEST = 64
"""Characters of base64, without a `data:` in front, that count as a picture or a piece of one."""

_DATA_URL = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w=.+-]+)*,[^\s\"'<>()\[\]{}\\]{16,}", re.IGNORECASE)
_BASE64 = re.compile(rf"[A-Za-z0-9+/]{{{_SHORTEST},}}={{0,2}}")
_BYTES = re.compile(r"\bb(['\"])(?=[^'\"]{0,80}\\x)(?:\\.|(?!\1)[^\\]){16,}(?:\1|$)", re.DOTALL)
_NOT_BASE64 = re.compile(r"[0-9a-fA-F]*|[0-9]*|(.{1,7})\1*", re.DOTALL)
_PATH = re.compile(
    r"""(?<=')(?:~?/|[A-Za-z]:\\|\\\\)[^'\n]*(?=')|(?<=")(?:~?/|[A-Za-z]:\\|\\\\)[^"\n]*(?=")"""
    r"""|file://[^\s"'<>]+|(?<![\w:/\\])[A-Za-z]:\\[^\s"'<>|]+|(?<!\S)\\\\[^\s"'<>|]+"""
    r"""|(?<![\w<:/.~*-])~?/(?:[^\s/"'<>|:;,()\[\]{}*?]+/)+[^\s"'<>|:;,()\[\]{}*?]*"""
)
_WHOLE_PATH = re.compile(r"(?:~?/[^/\n]+/|[A-Za-z]:[\\/]|\\\\)[^\n]{0,4000}")


def redacted(value: Any) -> Any:
    """The value as it may stand in a trace; the same object where nothing has to be hidden.

    A dataclass with a picture in it becomes a dictionary of its fields, an object of dermtools its class's name, an
    error one without its traceback, whose frames are named by module and line. Everything else keeps its type.
    """
    return _redacted(value, os.environ.get(TRACE_PICTURES) == "1", _DEEPEST)


def _redacted(value: Any, pictures: bool, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float | Enum):
        return value
    if depth == 0:
        return f"[{type(value).__name__}]"
    match value:
        case str():
            return _text(value, pictures)
        case bytes() | bytearray() | memoryview():
            return value if pictures else _named(bytes(value))
        case PurePath():
            return A_PATH
        case Image.Image():
            return value if pictures else picture_name(value)
        case Query():
            seen = value.jpeg if value.jpeg is not None else value.image
            told = {"case_id": value.case_id, "text": value.text, "picture": seen}
            return {name: _redacted(one, pictures, depth - 1) for name, one in told.items() if one is not None}
        case BaseException():
            return _error(value, pictures, depth)
        case Mapping():
            changed = _changed(dict(value), pictures, depth)
            return {**value, **changed} if changed else value
        case list() | tuple() | set() | frozenset() | deque():
            return _items(value, pictures, depth)
        case BaseModel():
            changed = _changed({**value.__dict__, **(value.model_extra or {})}, pictures, depth)
            return value.model_copy(update=changed) if changed else value
        case IOBase():
            return "[file]"
    return _object(value, pictures, depth)


def _object(value: Any, pictures: bool, depth: int) -> Any:
    if isinstance(value, type) or callable(value):
        return value
    if is_dataclass(value):
        parts = {field.name: getattr(value, field.name, None) for field in fields(value)}
        changed = _changed(parts, pictures, depth)
        return {**parts, **changed} if changed else value
    if type(value).__module__.partition(".")[0] == "dermtools":
        return f"[{type(value).__name__}]"
    if getattr(value, "ndim", 0) and hasattr(value, "dtype"):
        return f"[array of {tuple(value.shape)}, {value.dtype}]"
    return value


def _changed(parts: dict[Any, Any], pictures: bool, depth: int) -> dict[Any, Any]:
    made = {name: _redacted(part, pictures, depth - 1) for name, part in parts.items()}
    return {name: part for name, part in made.items() if part is not parts[name]}


def _items(value: Any, pictures: bool, depth: int) -> Any:
    made = [_redacted(item, pictures, depth - 1) for item in value]
    if all(new is old for new, old in zip(made, value, strict=True)):
        return value
    # What was hidden may not be hashable any more; a trace writes a set as a list anyway.
    return tuple(made) if isinstance(value, tuple) else made


def _text(text: str, pictures: bool) -> str:
    if _WHOLE_PATH.fullmatch(text) and not text.startswith("/9j/"):
        return A_PATH
    hidden = text
    if not pictures and len(text) >= _SHORTEST // 2:
        hidden = _DATA_URL.sub(lambda match: _encoded(match[0].partition(",")[2]), hidden)
        hidden = _BASE64.sub(lambda match: match[0] if _is_something_else(match[0]) else _encoded(match[0]), hidden)
        hidden = _BYTES.sub(lambda match: f"[{len(match[0])} characters of bytes]", hidden)
    if ("/" in hidden or "\\" in hidden) and not (pictures and _BASE64.search(hidden)):
        hidden = _PATH.sub(A_PATH, hidden)
    return text if hidden == text else hidden


def _is_something_else(run: str) -> bool:
    """A hash, a number or a line of one repeated sign."""
    return _NOT_BASE64.fullmatch(run) is not None


def picture_name(picture: bytes | str | Image.Image) -> str:
    """What stands for a picture where only its name may: of bytes or a `data:` URL its handle, size and hash."""
    match picture:
        case bytes():
            return _named(picture)
        case str():
            return _encoded("".join(picture.partition(",")[2].split()))
    return f"[picture of {picture.width} x {picture.height} pixels]"


def _encoded(data: str) -> str:
    try:
        return _named(base64.b64decode(data + "=" * (-len(data) % 4), validate=True))
    except (binascii.Error, ValueError):
        return f"[a picture or a piece of one, {len(data)} characters]"


def _named(data: bytes) -> str:
    """A picture's handle, as tools name it, its size and its hash."""
    handle = IMAGE_PREFIX + content_hash(data)[:16]
    return f"[picture {handle}, {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}]"


def _error(error: BaseException, pictures: bool, depth: int) -> BaseException:
    shown = _redacted(str(error), pictures, depth - 1)
    try:
        made: BaseException = type(error).__new__(type(error))
        made.__dict__.update(_redacted(dict(error.__dict__), pictures, depth - 1))
        made.args = _redacted(error.args, pictures, depth - 1)
        is_whole = str(made) == shown
    except Exception:  # noqa: BLE001  # an error of anybody's class, whose text may need what it was not given
        is_whole = False
    if not is_whole:
        made = RuntimeError(f"{type(error).__name__}: {shown}")
    frames = traceback.walk_tb(error.__traceback__)
    told = [f"{frame.f_globals.get('__name__')}, line {line}, in {frame.f_code.co_name}" for frame, line in frames]
    made.__notes__ = [*_redacted(getattr(error, "__notes__", []), pictures, depth - 1), *told]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    made.__cause__ = None if cause is None else _redacted(cause, pictures, depth // 2)
    return made
