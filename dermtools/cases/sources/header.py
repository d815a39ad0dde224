"""The header of a grid of cells, as people export it: title lines above, empty columns and rows around."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from dermtools.cases.case import Problem
from dermtools.cases.sources import cells
from dermtools.cases.sources.records import Row, Rows
from dermtools.text import name_key

_SEARCHED = 30
"""Rows among which the header is looked for."""

Grid = Sequence[tuple[int, Sequence[object]]]
"""Rows of cells, each with its number."""


def find_header(grid: Grid, wanted: Collection[str]) -> int | None:
    """Index of the row that names the columns; None where all are blank.

    A title above it has fewer cells than the header, so only rows that are wider than all before are asked: the
    first with a name in `wanted` (keys of names), else the first with two cells, else the first.
    """
    wider = list(_wider(grid))
    if named := [index for index, _ in wider if has_name(grid[index][1], wanted)]:
        return named[0]
    return next((index for index, width in wider if width > 1), wider[0][0] if wider else None)


def has_name(row: Sequence[object], wanted: Collection[str]) -> bool:
    """Whether a row has one of the wanted names."""
    return any(name_key(cells.text(cell)) in wanted for cell in row if not cells.is_blank(cell))


def _wider(grid: Grid) -> Iterator[tuple[int, int]]:
    widest = 0
    for index, (_, row) in enumerate(islice(grid, _SEARCHED)):
        width = sum(not cells.is_blank(cell) for cell in row)
        if width > widest:
            widest = width
            yield index, width


def table_of(grid: Grid, header: int, file: str, *, untyped: bool) -> Rows:
    """Rows below the header; blank ones and columns without name and content are passed over."""
    names = [" ".join(cells.text(cell).strip("\ufeff\u200b").split()) for cell in grid[header][1]]
    table = Rows(columns=(), untyped=untyped)
    unnamed = False
    for number, row in grid[header + 1 :]:
        if all(map(cells.is_blank, row)):
            continue
        where = f"{file} row {number}"
        if any(not cells.is_blank(cell) for cell in row[len(names) :]):
            table.problems.append(Problem(where, f"has {len(row)} cells, the header has {len(names)}"))
            continue
        cut = tuple(name for name in names[len(row) :] if name)
        full = [*row, *[""] * (len(names) - len(row))]
        found = {name: cell for name, cell in zip(names, full, strict=False) if name}
        unnamed = unnamed or any(not name and not cells.is_blank(cell) for name, cell in zip(names, full, strict=False))
        table.rows.append(Row(where, found, cut))
    table.columns = (*filter(None, names), *([""] if unnamed else []))
    if any(not all(map(cells.is_blank, row)) for _, row in grid[:header]):
        table.notes.append(f"the header is row {grid[header][0]}; what stands above it is left out")
    return table


def repeated(columns: Sequence[str]) -> str | None:
    """A name that two columns have; None where all differ."""
    return next((column for column, count in Counter(columns).items() if count > 1), None)
