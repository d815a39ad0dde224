"""Cells of a CSV that a spreadsheet runs nothing of, and that read back exactly."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from itertools import chain
from typing import Any

from dermtools.cases.case import AttributeValue
from dermtools.cases.exports.record import Kind
from dermtools.strict_json import parsed

GUARD = "'"
"""Stands before a text that a spreadsheet would take for a formula, that is empty, or that begins with it."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", GUARD)
_SEPARATORS = ("|", ";", "¦", *map(chr, range(0xE000, 0xF900)))


def separator_for(labels: Iterable[str]) -> str:
    """A character that stands in no label: `|`, `;` or `¦`, else one that Unicode leaves to private use."""
    used = set(chain.from_iterable(labels))
    return next(one for one in _SEPARATORS if one not in used)


def guarded(text: str) -> str:
    """A text as a cell; the apostrophe is what spreadsheets themselves put before text that is no formula."""
    return GUARD + text if not text or text.startswith(_FORMULA) else text


def unguarded(cell: str) -> str:
    """The text of a cell."""
    return cell.removeprefix(GUARD)


def written(value: Any, kind: Kind, separator: str) -> str:
    """A value as a cell; an unknown one is empty. Numbers are no formulas and stay as they are."""
    if value is None:
        return ""
    if kind == "labels":
        return guarded(separator.join(value))
    if kind == "boolean":
        return "true" if value else "false"
    return repr(value) if kind in ("integer", "number") else guarded(value)


def read_value(cell: str, kind: Kind) -> AttributeValue | None:
    """The attribute that `written` made this cell of. A ValueError where it is none of its kind."""
    if not cell:
        return None
    if kind == "boolean":
        if cell.lower() not in ("true", "false"):
            raise ValueError(f"{cell!r} is neither true nor false")
        return cell.lower() == "true"
    if kind == "json":
        return read_json(unguarded(cell))
    return int(cell) if kind == "integer" else finite(float(cell)) if kind == "number" else unguarded(cell)


def read_json(document: str) -> AttributeValue:
    """The value of a cell of kind `json`; a ValueError where it is none that an attribute may have."""
    value = parsed(document)
    if not isinstance(value, str | int | float | bool):
        raise ValueError(f"{document!r} is no text, number or truth value")
    return finite(value)


def finite(value: AttributeValue) -> AttributeValue:
    """The value; a ValueError for NaN and infinity, which no attribute may be."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no finite number")
    return value


def read_labels(cell: str, kind: Kind, separator: str) -> Collection[str]:
    """The labels of a cell."""
    text = unguarded(cell)
    return () if not cell else tuple(text.split(separator)) if kind == "labels" else (text,)
