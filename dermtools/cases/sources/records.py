"""What every reader of a table gives: its columns and rows, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field

from dermtools.cases.case import Problem


@dataclass(frozen=True)
class Row:
    """One record. `where` counts as an editor or a spreadsheet does, so a CSV's first record is row 2."""

    where: str
    cells: dict[str, object]
    cut: tuple[str, ...] = ()
    """Columns at the end that the row has no cell for."""

    @property
    def fault(self) -> str:
        """What is wrong with a row that is cut."""
        return f"has {len(self.cells) - len(self.cut)} cells, the header has {len(self.cells)}"


@dataclass
class Rows:
    """The records of a table file, and those that cannot be read."""

    columns: tuple[str, ...]
    untyped: bool
    """Whether cells are text only because the format (CSV) has no types."""
    decimal_comma: bool = False
    """Whether numbers are written `3,5`."""
    pictures: tuple[str, ...] = ()
    """Columns that hold pictures, where the file's own schema says so."""
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
