"""Numbers as programs have them: numpy's integers, from `len`, `argmax` or a table, are whole numbers like Python's."""

from __future__ import annotations

import operator
from typing import Any

from dermtools.errors import DermtoolsError, QueryError


def plain(value: Any) -> Any:
    """What a numpy scalar or array holds, as Python's own; anything else as it is."""
    return value.tolist() if hasattr(value, "tolist") else value


def whole_number(value: object, name: str, *, least: int = 1, error: type[DermtoolsError] = QueryError) -> int:
    """The value as an `int`; raises `error` where it is none (`True` is none, nor is 3.0), or below `least`."""
    given: Any = plain(value)
    try:
        number = least - 1 if isinstance(given, bool) else operator.index(given)
    except TypeError:
        number = least - 1
    if number < least:
        raise error(f"{name} must be a whole number of at least {least}, not {value!r}")
    return number
