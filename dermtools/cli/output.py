"""How commands print: JSON for programs, tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dermtools.errors import DermtoolsError

if TYPE_CHECKING:
    from rich.table import Table

NOT_A_DIAGNOSIS = "For research; not a diagnosis."


def print_json(value: Any) -> None:
    """Print one JSON document to standard output."""
    import json

    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


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


def show(*items: object) -> None:
    """Print rich renderables or plain text to standard output."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=False)
    for item in items:
        console.print(item)


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, in a folder that is made where there is none."""
    from dermtools.files import write_whole

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        raise DermtoolsError(f"cannot write {path}: {error.strerror}; choose a folder that can be written") from error
