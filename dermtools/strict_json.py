"""JSON from outside: a value that any program can walk through, or a ValueError that says why there is none."""

from __future__ import annotations

import json
from typing import Any

MAX_DEPTH = 100
"""Lists and objects inside each other; what is deeper can end the stack of a program that looks at it later."""


def parsed(document: str | bytes) -> Any:
    """The value of a document; a ValueError where it is not JSON, gives a key twice, or is deeper than MAX_DEPTH."""
    try:
        value = json.loads(document, object_pairs_hook=unique)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if is_deep(value):
        raise ValueError("nested too deeply")
    return value


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Hook of a decoder; a ValueError where an object gives a key twice, of which one would be lost."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key is given twice")
    return made


def is_deep(value: Any) -> bool:
    """Whether a value is deeper than MAX_DEPTH. Looks at one level after the other, so it needs no stack itself."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [part for part in level if isinstance(part, (list, dict)) and part]
        if not level:
            return False
        level = [inner for part in level for inner in (part.values() if isinstance(part, dict) else part)]
    return True
