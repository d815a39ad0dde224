"""JSON in a model's text: strict, and only where it is all of the text."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from dermtools.strict_json import is_deep, unique

_FENCE = re.compile(r"(?:\s|`{1,3}(?:[\w-]+(?=[\s\[{]))?|~~~[\w-]*)+")


def decoded_at(text: str, start: int) -> tuple[Any, int] | None:
    """The JSON value that begins at `start`, and where it ends; None where there is none, or one that is not strict."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return None if is_deep(value) else (value, end)


def whole_json(text: str) -> list[Any]:
    """The JSON values that a text is made of, code fences aside; none where anything else is in it."""
    values = []
    at = _after_fence(text, 0)
    while at < len(text):
        if (found := decoded_at(text, at)) is None:
            return []
        values.append(found[0])
        at = _after_fence(text, found[1])
    return values


def as_one(values: list[Any]) -> Any:
    """The value of values that are all the same, or None; 1 and true are not the same."""
    if len(values) < 2:
        return values[0] if values else None
    return values[0] if len({json.dumps(value, sort_keys=True) for value in values}) == 1 else None


def _after_fence(text: str, at: int) -> int:
    fence = _FENCE.match(text, at)
    return fence.end() if fence else at


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=unique, parse_constant=_not_json)
