"""What the cells of a table hold: identifiers, labels and typed attributes."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from dermtools.cases.case import AttributeValue

# Leading zeros, and more whole digits than a float holds exactly, make an identifier, not a number.
_INTEGER = re.compile(r"[+-]?(0|[1-9][0-9]{0,18})")
_NUMBER = re.compile(r"[+-]?((0|[1-9][0-9]{0,14})(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?(0|[1-9][0-9]{0,2}([.\u00a0\u202f' ][0-9]{3}){1,4}|[1-9][0-9]{0,14})(,[0-9]+)?")
_TRUTH = {"true": True, "false": False}
_INVISIBLE = " \t\r\n\v\f\xa0\u200b\ufeff"
_KINDS = {bytes: "bytes", list: "a list", dict: "an object", np.ndarray: "numbers"}
_NO_TEXT = tuple(_KINDS)
_INT64 = range(-(2**63), 2**63)


def text(cell: object) -> str:
    """A cell as stripped text; empty for an unknown one. A ValueError for bytes, a picture, a list or an object."""
    if isinstance(cell, _NO_TEXT):
        raise ValueError(f"holds {_KINDS[type(cell)]} where a text or number belongs")
    if callable(cell):  # one that gives a picture
        raise ValueError("holds a picture where a text or number belongs")
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))  # 7.0, as pandas writes a 7 of a column with gaps
    return str(cell).strip()


def is_no_value(cell: object) -> bool:
    """Whether a cell holds bytes, a picture, a list, an array or an object, where a text or number may stand."""
    return isinstance(cell, _NO_TEXT) or callable(cell)


def is_blank(cell: object) -> bool:
    """Whether a cell of a CSV or workbook holds nothing that one could see."""
    return cell is None or (isinstance(cell, str) and not cell.strip(_INVISIBLE))


def has_decimal_comma(cell: str) -> bool:
    """Whether a cell is a number such as `3,5` or `1.234,567`; `1,234` may be an English thousand."""
    match = _DECIMAL_COMMA.fullmatch(cell.strip())
    if match is None or match[3] is None:
        return False
    return match[2] is not None or len(match[3]) != len(",000")


def labels(cell: object, separator: str, column: str) -> tuple[str, ...]:
    """Labels of a cell, each once, in their order: a list as it is, anything else split at the separator.

    A ValueError says where the cell holds something that is no label, such as an object or a list of lists.
    """
    if is_no_value(cell) and not isinstance(cell, list):
        raise ValueError(f"column {column!r} holds no labels")
    parts = cell if isinstance(cell, list) else text(cell).split(separator)
    if any(map(is_no_value, parts)):
        raise ValueError(f"column {column!r} holds a list of things that are no labels")
    return tuple(dict.fromkeys(label for label in map(text, parts) if label))


def mixture(column: Sequence[object]) -> str | None:
    """What the labels of a column are, where they are of several kinds, such as `texts (12) and numbers (3)`."""
    kinds = {str: "texts", bool: "truth values", int: "numbers", float: "numbers", list: "lists"}
    whole = (cell for cell in column if not isinstance(cell, list) or not any(map(is_no_value, cell)))
    usable = (cell for cell in whole if isinstance(cell, list) or (not is_no_value(cell) and text(cell)))
    counts = Counter(kinds.get(type(cell), "others") for cell in usable)
    return " and ".join(f"{kind} ({count})" for kind, count in counts.most_common()) if len(counts) > 1 else None


def typed_column(cells: Sequence[object], *, untyped: bool, decimal_comma: bool = False) -> list[AttributeValue | None]:
    """Attribute values of a whole column, all of one type; None for unknown.

    Empty text, null and numbers that are not finite are unknown, and so are bytes, lists and objects.
    `untyped` reads numbers and truth values out of text, as a CSV needs it; with
    `decimal_comma`, 3,5 and 1.234,5 are numbers.
    """
    values = [_plain(cell) for cell in cells]
    known = [value for value in values if value is not None]
    convert = _conversion(known, untyped=untyped, decimal_comma=decimal_comma)
    return [None if value is None else convert(value) for value in values]


def _plain(cell: object) -> AttributeValue | None:
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else None
    if isinstance(cell, bool) or (isinstance(cell, int) and cell in _INT64):
        return cell
    return None if is_no_value(cell) else text(cell) or None


def _conversion(
    known: Sequence[AttributeValue], *, untyped: bool, decimal_comma: bool
) -> Callable[[AttributeValue], AttributeValue]:
    kinds = {type(value) for value in known}
    if not untyped:
        return (lambda value: value) if len(kinds) <= 1 else float if kinds == {int, float} else text
    texts = [str(value) for value in known]
    if all(value.lower() in _TRUTH for value in texts):
        return lambda value: _TRUTH[str(value).lower()]
    if all(_INTEGER.fullmatch(value) and int(value) in _INT64 for value in texts):
        return int
    if decimal_comma and all(map(_DECIMAL_COMMA.fullmatch, texts)):
        return _number_with_comma
    if all(_NUMBER.fullmatch(value) and math.isfinite(float(value)) for value in texts):
        return float
    return str


def _number_with_comma(value: AttributeValue) -> float:
    whole, _, fraction = str(value).partition(",")
    return float(re.sub("[^0-9+-]", "", whole) + "." + fraction)
