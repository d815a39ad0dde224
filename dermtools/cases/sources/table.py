"""Cases from a table: CSV, TSV, JSON lines or Parquet, one row an image."""

from __future__ import annotations

import re
from pathlib import Path

from dermtools.cases.case import AttributeValue, Case, Problem, SourceCase, SourceData
from dermtools.cases.groups import GROUP_COLUMNS, given_group, own_group
from dermtools.cases.sources import cells
from dermtools.cases.sources.assembly import given_split, make_task
from dermtools.cases.sources.options import SourceOptions
from dermtools.cases.sources.pictures import is_file
from dermtools.cases.sources.rows import Row, Rows, read_rows
from dermtools.errors import SourceError

DEFAULT_COLUMNS: dict[str, tuple[str, ...]] = {
    "case_id": ("case_id", "image_id", "id"),
    "image": ("image", "file", "path"),
    "group_id": GROUP_COLUMNS,
    "split": ("split",),
}
KNOWN_TASKS = ("location", "anatomic_location", "anatomic_locations", "diagnosis", "infection", "label")


def load_table(path: Path, options: SourceOptions) -> SourceData:
    """Read a table of labelled images.

    Pictures are paths relative to the table's folder; absolute paths and paths that leave the folder are
    taken too, since the table is the user's own file. A Parquet file may hold the encoded pictures
    themselves, as bytes or as the `{"bytes": ..., "path": ...}` of Hugging Face datasets.

    Raises:
        SourceError: the file cannot be read, a column is missing, or no row makes a case.
    """
    options.refuse_others("table", "columns", "tasks", "separator", "split_seed", "split_fractions", "questions")
    table = read_rows(path)
    reader = _RowReader(path, table, options)
    problems = list(table.problems)
    for index, row in enumerate(table.rows):
        try:
            reader.add(index, row)
        except ValueError as error:
            problems.append(Problem(row.where, str(error)))
    cases = list(reader.cases.values())
    found = {name: {label for item in cases for label in item.case.labels.get(name, ())} for name in reader.tasks}
    if cases and options.tasks and (empty := [reader.tasks[name] for name, labels in found.items() if not labels]):
        raise SourceError(f"{path}: column {empty[0]!r} holds no label; choose another task")
    tasks = (make_task(name, labels) for name, labels in found.items() if labels)
    name = f"{path.resolve().parent.name}/{path.name}"
    return SourceData(name, tuple(tasks), tuple(cases), tuple(problems), tuple(reader.notes()))


class _RowReader:
    """Makes cases of rows: knows which column plays which role."""

    def __init__(self, path: Path, table: Rows, options: SourceOptions) -> None:
        self._path = path
        self._options = options
        self._columns = table.columns
        self._listing = f"the columns are {', '.join(table.columns)}"
        roles = {
            role: [self._existing(options.columns[role])]
            if role in options.columns
            else [name for name in names if name in table.columns]
            for role, names in DEFAULT_COLUMNS.items()
        }
        if not roles["image"]:
            looked = f"no column for the picture (looked for {', '.join(DEFAULT_COLUMNS['image'])})"
            raise SourceError(f"{path}: {looked}; map one to 'image'; {self._listing}")
        self._image = roles["image"][0]
        self._id = next(iter(roles["case_id"]), None)
        self._split = next(iter(roles["split"]), None)
        self._groups = [column for column in roles["group_id"] if column != self._id]
        self.tasks = self._task_columns({self._image, self._id, self._split, *self._groups[:1]})
        """Task name to column."""
        used = {self._image, self._id, self._split, *self._groups[:1], *self.tasks.values()}
        self._attributes: dict[str, list[AttributeValue | None]] = {
            column: cells.typed_column([row.cells.get(column) for row in table.rows], untyped=table.untyped)
            for column in table.columns
            if column and column not in used
        }
        self._own_groups = 0
        self.cases: dict[str, SourceCase] = {}

    def add(self, index: int, row: Row) -> None:
        """Make a case of a row. Raises a ValueError that says why it makes none."""
        image = self._picture(row)
        case_id = cells.text(row.cells.get(self._id or self._image))
        if not case_id:
            raise ValueError(f"has no {self._id or 'path to name the case'}")
        if case_id in self.cases:
            raise ValueError(f"case id {case_id!r} is taken by an earlier row")
        separator = self._options.separator
        found = {name: cells.labels(row.cells.get(column), separator, column) for name, column in self.tasks.items()}
        labels = {name: values for name, values in found.items() if values}
        group, split = self._group_of(row), given_split(cells.text(row.cells.get(self._split)) if self._split else "")
        known = {column: value for column, values in self._attributes.items() if (value := values[index]) is not None}
        case = Case(case_id=case_id, group_id=group or own_group(case_id), split=split, labels=labels, attributes=known)
        self._own_groups += not group
        self.cases[case_id] = SourceCase(case, image)

    def notes(self) -> list[str]:
        found = []
        if not self._groups:
            looked = f"no group column ({', '.join(DEFAULT_COLUMNS['group_id'])})"
            found.append(f"{looked}: each case is its own group, so one patient may sit in two splits")
        elif self._own_groups:
            found.append(f"{self._own_groups} cases without {' or '.join(self._groups)} are each their own group")
        if self._id is None:
            found.append(f"no id column ({', '.join(DEFAULT_COLUMNS['case_id'])}): {self._image!r} names the cases")
        found += [f"column {column!r} is task {name!r}" for name, column in self.tasks.items() if name != column]
        if not self.tasks:
            found.append(f"no label column ({', '.join(KNOWN_TASKS)}) and none named: there is no task to predict")
        if "" in self._columns:
            found.append("a column without a name is left out")
        return found

    def _picture(self, row: Row) -> Path | bytes:
        cell = row.cells.get(self._image)
        if isinstance(cell, dict):
            cell = cell.get("bytes") or cell.get("path")
        if isinstance(cell, bytes) and cell:
            return cell
        name = cells.text(cell)
        if not name:
            raise ValueError(f"has no picture in column {self._image!r}")
        picture = self._path.parent / name
        if not is_file(picture):
            raise ValueError(f"no such file: {picture}")
        return picture

    def _group_of(self, row: Row) -> str:
        """The patient, else the encounter or lesion; the column's name keeps lesion 7 apart from patient 7."""
        for column in self._groups:
            if group := cells.text(row.cells.get(column)):
                return given_group(group, "" if column == self._groups[0] else column)
        return ""

    def _task_columns(self, taken: set[str | None]) -> dict[str, str]:
        columns = [self._existing(column) for column in self._options.tasks]
        columns = columns or [name for name in KNOWN_TASKS if name in self._columns and name not in taken]
        tasks: dict[str, str] = {}
        for column in columns:
            name = re.sub(r"\W+", "_", column).strip("_")
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
                rule = "a Latin letter, then letters, digits or _"
                raise SourceError(f"{self._path}: column {column!r} gives no task name ({rule}); rename it")
            if name in tasks:
                raise SourceError(f"{self._path}: columns {tasks[name]!r} and {column!r} would both be task {name!r}")
            tasks[name] = column
        return tasks

    def _existing(self, column: str) -> str:
        if column not in self._columns:
            raise SourceError(f"{self._path}: no column {column!r}; {self._listing}")
        return column
