"""Which files a stretch of code opens to read them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

_watching: list[list[Path]] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _watching and isinstance(arguments[0], str | Path):
        path, mode, _ = arguments
        if mode is not None and "r" in mode:
            for found in _watching:
                found.append(Path(path))


@cache
def _install() -> None:
    sys.addaudithook(_hook)  # once: a hook can never be taken away again


@contextmanager
def opened_to_read() -> Iterator[list[Path]]:
    """A list that grows with every file that Python code opens to read; a failed attempt counts as well."""
    _install()
    found: list[Path] = []
    _watching.append(found)
    try:
        yield found
    finally:
        _watching.pop()
