"""Excel workbooks (.xlsx) and OpenDocument sheets (.ods), read by calamine."""

from __future__ import annotations

import datetime
import io
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from dermtools.cases.sources import cells
from dermtools.cases.sources.delimited import read_data
from dermtools.cases.sources.header import find_header, has_name, table_of
from dermtools.cases.sources.records import Rows
from dermtools.cases.sources.unpacking import check_workbook
from dermtools.errors import SourceError, require_extra

if TYPE_CHECKING:
    from python_calamine import CalamineSheet


def read_workbook(path: Path, *, wanted: Collection[str] = (), sheet: str | None = None) -> Rows:
    """Read one sheet: the named one, else the first whose header has a wanted name, else the first with a header.

    Formulas give the values that were saved with them. A cell merged over several rows counts for each of them.

    Raises:
        SourceError: not a workbook, one that unpacks to too much, protected by a password, no such sheet, or no header.
        MissingExtraError: the extra `formats` is not installed.
    """
    require_extra("python_calamine", "formats")
    from python_calamine import CalamineError, load_workbook

    data = read_data(path)
    check_workbook(path, data)
    try:
        book = load_workbook(io.BytesIO(data))
        names = [sheet] if sheet is not None else book.sheet_names
        if missing := [name for name in names if name not in book.sheet_names]:
            raise SourceError(f"{path}: no sheet {missing[0]!r}; the sheets are {', '.join(book.sheet_names)}")
        grids = {name: _grid(book.get_sheet_by_name(name)) for name in names}
    except CalamineError as error:
        remedy = "open it in the spreadsheet and save it as .xlsx without a password, or as CSV"
        raise SourceError(f"{path}: not readable as a workbook ({error}); {remedy}") from error
    headers = {name: index for name, grid in grids.items() if (index := find_header(grid, wanted)) is not None}
    if not headers:
        raise SourceError(f"{path}: no header; the first row of a sheet names the columns")
    chosen = next((n for n, index in headers.items() if has_name(grids[n][index][1], wanted)), next(iter(headers)))
    table = table_of(grids[chosen], headers[chosen], path.name, untyped=False)
    if others := [name for name in headers if name != chosen]:
        left = f"sheets left out: {', '.join(others)}"
        table.told.append(f"read from sheet {chosen!r}; {left}; the option 'sheet' names one")
    return table


def _grid(sheet: CalamineSheet) -> list[tuple[int, list[object]]]:
    rows: list[list[object]] = [list(map(_plain, row)) for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        for row in rows[top + 1 : bottom + 1]:
            if not all(map(cells.is_blank, row)):
                row[left : left + 1] = rows[top][left : left + 1]
    return list(enumerate(rows, start=1))


def _plain(cell: object) -> object:
    """Whole numbers as such, since a workbook has fractions only; dates and times as ISO 8601 writes them."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    if isinstance(cell, datetime.datetime | datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, datetime.timedelta) else cell
