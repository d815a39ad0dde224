"""How commands print: JSON for programs, tables for people."""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dermtools.errors import DermtoolsError

if TYPE_CHECKING:
    from rich.table import Table

NOT_A_DIAGNOSIS = "For research; not a diagnosis."
UNBROKEN = 100_000
"""Columns of what is no terminal."""
_COMMAND = re.compile(r"(?P<before>[^\n]*:) (?P<command>dermtools [^\n]+)")


def print_json(value: Any) -> None:
    """Print one JSON document to standard output; a number that is none (NaN, infinite) is null."""
    import json

    typer.echo(json.dumps(_finite(value), ensure_ascii=False, indent=2, allow_nan=False))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()) -> Table:
    """A plain table; the columns named in `right` are right-aligned."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    result = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        result.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        # Text, so that brackets in outside text are never read as markup.
        result.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    return result


def show(*items: object, to_stderr: bool = False) -> None:
    """Print rich renderables or plain text, to standard output where nothing else is said.

    Lines break between words in a terminal, and where COLUMNS says how wide it is; a pipe or file gets them whole.
    A command at the end of a line that is too long stands on one of its own, whole: it is there to be copied.
    """
    from rich.console import Console

    class Terminal(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # ends a command well, see `ending`

    stream = sys.stderr if to_stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else UNBROKEN
    console = Terminal(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=False, width=width)
    for item in items:
        if isinstance(item, str) and len(item) > console.width and (ending := _COMMAND.match(item)):
            console.print(_hanging(ending["before"], console.width))
            console.print(f"  {ending['command']}", soft_wrap=True)
        else:
            console.print(_hanging(item, console.width) if isinstance(item, str) else item)


def _hanging(line: str, width: int) -> str:
    """An indented line, broken between words so that the rest of it is indented further."""
    import textwrap

    margin = line[: len(line) - len(line.lstrip(" "))]
    if not margin or len(line) <= width:
        return line
    return textwrap.fill(line, width, subsequent_indent=f"{margin}  ", break_long_words=False, break_on_hyphens=False)


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, in a folder that is made where there is none."""
    from dermtools.files import write_whole

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        raise DermtoolsError(f"cannot write {path}: {error.strerror}; choose a folder that can be written") from error
