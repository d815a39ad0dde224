"""Cases from a table: CSV, TSV, Excel, JSON lines or Parquet, one row an image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dermtools.cases.case import AttributeValue, Case, Problem, SourceCase, SourceData
from dermtools.cases.groups import GROUP_COLUMNS, given_group, own_group
from dermtools.cases.sources import cells
from dermtools.cases.sources.assembly import given_split, make_task
from dermtools.cases.sources.held import Held
from dermtools.cases.sources.known_sets import KnownSet, chosen_set
from dermtools.cases.sources.options import SourceOptions
from dermtools.cases.sources.picture_cells import content_id, is_no_attribute, read_picture_cell
from dermtools.cases.sources.picture_finder import PictureFinder
from dermtools.cases.sources.records import Row, Rows
from dermtools.cases.sources.roles import DEFAULT_COLUMNS, IMAGE_IDS, KNOWN_TASKS, Columns, wanted_names
from dermtools.cases.sources.rows import read_rows
from dermtools.cases.sources.vectors import Vectors
from dermtools.errors import SourceError
from dermtools.text import few
from dermtools.vocabularies import fitzpatrick_type

ROW_OPTIONS = (
    "columns", "tasks", "separator", "split_seed", "split_fractions", "questions", "images", "without_pictures",
)  # fmt: skip
"""Options that apply to rows of any kind."""
MOST_ID_CHARACTERS = 200
_MAP = "map one to 'image' (--column image=NAME)"
_NAMES_SHOWN = 6


def load_table(path: Path, options: SourceOptions, kind: str | None = None) -> SourceData:
    """Read a table of labelled images.

    A published data set is known by its columns, or named by `kind`, one of `known_sets.KNOWN_KINDS`; it is a table
    like any other where `kind` is `table`.

    Pictures are paths relative to the table's folder or to a folder of the option `images`; absolute paths and
    paths that leave the folder are taken too, since the table is the user's own file. A path that does not exist
    as written is looked for below these folders (see `PictureFinder`). A cell may hold the encoded picture itself:
    bytes, base64, a `data:` URL, or the `{"bytes": ..., "path": ...}` of Hugging Face datasets.

    Raises:
        SourceError: the file cannot be read, a column is missing, or no row makes a case.
    """
    options.refuse_others("table", *ROW_OPTIONS, "encoding", "sheet")
    if missing := [folder for folder in options.picture_folders if not folder.is_dir()]:
        raise SourceError(f"{missing[0]}: no such folder; give the one that holds the pictures")
    wanted = wanted_names(options.columns)
    table = read_rows(path, wanted=wanted, encoding=options.encoding, sheet=options.sheet, short_rows=True)
    known = chosen_set(path, table.columns, kind)
    return cases_of_rows(table, options, name=f"{path.resolve().parent.name}/{path.name}", where=path, known=known)


def cases_of_rows(
    table: Rows, options: SourceOptions, *, name: str, where: Path | str, known: KnownSet | None = None
) -> SourceData:
    """The cases of rows that were read: `name` is the source's, `where` what errors call it; a file, or a name.

    Pictures of rows that are of no file are paths below the working folder, which is not searched.

    Raises:
        SourceError: as `load_table`.
    """
    reader = _RowReader(where, table, options, known)
    problems = list(table.problems)
    for index, row in enumerate(table.rows):
        try:
            reader.add(index, row)
        except ValueError as error:
            problems.append(Problem(row.where, str(error)))
    problems += reader.missing()
    problems.sort(key=lambda problem: int(problem.where.rpartition(" ")[2]))
    problems += reader.mixed_labels()
    cases = list(reader.cases.values())
    found = {name: {label for item in cases for label in item.case.labels.get(name, ())} for name in reader.tasks}
    if cases and options.tasks and (empty := [reader.tasks[name] for name, labels in found.items() if not labels]):
        raise SourceError(f"{where}: column {empty[0]!r} holds no label; choose another task")
    tasks = (make_task(name, labels) for name, labels in found.items() if labels)
    told = (*table.told, *reader.told())
    data = SourceData(name, tuple(tasks), tuple(cases), tuple(problems), (*table.notes, *reader.notes()), told=told)
    return data if known is None else replace(data, **known.provenance(row.cells for row in table.rows))


class _RowReader:
    """Makes cases of rows: knows which column plays which role."""

    def __init__(self, where: Path | str, table: Rows, options: SourceOptions, known: KnownSet | None) -> None:
        self._separator = options.separator
        self._without_pictures = options.without_pictures
        self._table = table
        self._known = known
        self._columns = Columns(where, table.columns, known)
        self._id = self._role("case_id", options)
        self._split = self._role("split", options)
        vector_column, self._vectors = Vectors.for_rows(options.vectors, table, self._columns, where)
        self._image = self._image_column(where, options)
        self._missing: list[Problem] = []
        self._groups = {
            kind: column
            for kind, column in self._columns.groups(options.columns.get("group_id")).items()
            if column not in (self._id, self._image)
        }
        first_group = list(self._groups.values())[:1]
        self.tasks = self._columns.tasks(options.tasks, {self._image, self._id, self._split, *first_group})
        """Task name to column."""
        self._used = {self._image, self._id, self._split, vector_column, *first_group, *self.tasks.values()} - {None}
        self._told = [known.recognised] if known is not None else []
        further = [column for column in table.columns if column and column not in self._used]
        self._attributes = dict(map(self._attribute, further))
        folders = [*([where.parent] if isinstance(where, Path) else ()), *options.picture_folders]
        self._finder = PictureFinder(folders or [Path.cwd()], self._picture_names, below=bool(folders))
        self._own_groups = 0
        self.cases: dict[str, SourceCase] = {}

    def add(self, index: int, row: Row) -> None:
        """Make a case of a row. Raises a ValueError that says why it makes none."""
        if self._used.intersection(row.cut):
            raise ValueError(row.fault)
        image, fallback_id = self._picture(row)
        case_id = fallback_id if self._id is None else self._text(row, self._id)
        if not case_id:
            raise ValueError(f"has no {self._id}")
        if case_id in self.cases:
            raise ValueError(f"case id {case_id!r} is taken by an earlier row")
        vector = None if self._vectors is None else self._vectors.row(index, case_id)
        found = {
            name: cells.labels(row.cells.get(column), self._separator, column) for name, column in self.tasks.items()
        }
        labels = {name: values for name, values in found.items() if values}
        group, split = self._group_of(row), given_split(self._text(row, self._split) if self._split else "")
        known = {column: value for column, values in self._attributes.items() if (value := values[index]) is not None}
        case = Case(case_id=case_id, group_id=group or own_group(case_id), split=split, labels=labels, attributes=known)
        self._own_groups += not group
        self.cases[case_id] = SourceCase(case, image, vector=vector)

    def notes(self) -> list[str]:
        found = [self._known.note] if self._known is not None else []
        if not self._groups:
            looked = f"no group column ({', '.join(GROUP_COLUMNS)})"
            found.append(f"{looked}: each case is its own group, so one patient may sit in two splits")
        elif self._own_groups:
            named = " or ".join(self._groups.values())
            found.append(f"{self._own_groups} cases without {named} are each their own group")
        if self._id is None and self._image is not None:
            names = few(DEFAULT_COLUMNS["case_id"], _NAMES_SHOWN)
            found.append(f"no id column ({names}): {self._image!r} names the cases")
        if self._vectors is not None and self._bare == len(self.cases):
            found.append("the cases come without pictures, by their vectors alone")
        found += [f"column {column!r} is task {name!r}" for name, column in self.tasks.items() if name != column]
        if not self.tasks:
            found.append(f"no label column ({', '.join(KNOWN_TASKS)}) and none named: there is no task to predict")
        if "" in self._table.columns:
            found.append("a column without a name is left out")
        return found

    @property
    def _bare(self) -> int:
        """Cases without a picture."""
        return sum(item.image is None for item in self.cases.values())

    def missing(self) -> list[Problem]:
        """What to say of cases that come by their vectors alone where others have pictures: one line for all."""
        if self._vectors is None or not self._missing or not 0 < self._bare < len(self.cases):
            return []
        first, many = self._missing[0], f"{self._bare} cases come without a picture, by their vectors alone"
        return [Problem(first.where, f"{first.reason}; {many}")]

    def mixed_labels(self) -> list[Problem]:
        """Label columns whose cells are of several kinds, where the format tells kinds apart."""
        columns = [] if self._table.untyped else self.tasks.values()
        kinds = {one: cells.mixture([row.cells.get(one) for row in self._table.rows]) for one in columns}
        remedy = "each is read as text; give all labels as one kind"
        return [Problem(f"column {one!r}", f"holds {found}; {remedy}") for one, found in kinds.items() if found]

    def told(self) -> list[str]:
        return self._told

    def _role(self, role: str, options: SourceOptions) -> str | None:
        if role in options.columns:
            return self._columns.get(options.columns[role])
        of_set = self._known.image if self._known is not None and role == "case_id" else ()
        return next(iter(self._columns.usual((*of_set, *DEFAULT_COLUMNS[role]))), None)

    def _image_column(self, where: Path | str, options: SourceOptions) -> str | None:
        """The picture's column: named, known by its name or by the schema, else an id that names pictures.

        None where there is none and none is needed.
        """
        named, pictures = self._role("image", options), self._table.pictures
        if named and (named in pictures or not pictures or "image" in options.columns):
            return named
        if len(pictures) > 1:
            raise SourceError(f"{where}: columns {' and '.join(map(repr, pictures))} hold pictures; {_MAP}")
        if pictures:
            return pictures[0]
        of_set = self._known.image if self._known is not None else ()
        searched = isinstance(where, Path) or options.picture_folders or not options.without_pictures
        if searched and (ids := self._columns.usual((*of_set, *IMAGE_IDS))):
            return ids[0]
        if options.without_pictures and self._id is not None:
            return None
        looked = f"no column for the picture (looked for {few(DEFAULT_COLUMNS['image'], _NAMES_SHOWN)})"
        raise SourceError(f"{where}: {looked}; {_MAP}; {self._columns.listing}")

    def _attribute(self, column: str) -> tuple[str, list[AttributeValue | None]]:
        """Name and values of the attribute that a column becomes."""
        given = [row.cells.get(column) for row in self._table.rows]
        plain = [None if is_no_attribute(cell) else cell for cell in given]
        if any(one is not other for one, other in zip(plain, given, strict=True)):  # arrays cannot be compared
            self._told.append(f"column {column!r} holds lists, objects or pictures, which are left out")
        if self._known is not None and (name := self._known.skin_types.get(column)):
            types: list[AttributeValue | None] = [fitzpatrick_type(cell) for cell in plain]
            unknown = f"unknown in {types.count(None)} rows"
            self._told.append(f"column {column!r} is attribute {name!r}: Fitzpatrick types 1 to 6, {unknown}")
            return name, types
        return column, cells.typed_column(plain, untyped=self._table.untyped, decimal_comma=self._table.decimal_comma)

    def _picture(self, row: Row) -> tuple[Path | bytes | Held | None, str]:
        """The picture, and the id that it gives to a case without one."""
        if self._image is None:
            return None, ""
        given = row.cells.get(self._image)
        if isinstance(given, Held):  # its bytes are only made where they are the only name that there is
            return given, "" if self._id else given.named
        try:
            cell = read_picture_cell(given)
        except ValueError as error:
            raise ValueError(f"column {self._image!r} {error}") from error
        if cell.data is not None:
            name = cell.fallback_id
            return cell.data, name if len(name) <= MOST_ID_CHARACTERS and name not in self.cases else content_id(
                cell.data
            )
        if not cell.name and not (self._without_pictures and self._id):
            raise ValueError(f"has no picture in column {self._image!r}")
        try:
            path = self._finder.find(cell.name)
        except ValueError as error:
            if not self._without_pictures:
                raise
            self._missing.append(Problem(row.where, str(error)))
            return None, cell.name
        name = self._finder.relative(path) or cell.name
        return path, name if len(name) <= MOST_ID_CHARACTERS else content_id(path.read_bytes())

    def _picture_names(self) -> Iterator[str]:
        if self._image is None:
            return
        for row in self._table.rows:
            cell = row.cells.get(self._image)
            if isinstance(cell, Held):
                continue
            try:
                yield read_picture_cell(cell).name
            except ValueError:
                continue

    def _text(self, row: Row, column: str) -> str:
        """Text of a cell that names something; a ValueError where it is none, or too long for a name."""
        try:
            text = cells.text(row.cells.get(column))
        except ValueError as error:
            raise ValueError(f"column {column!r} {error}") from error
        if len(text) > MOST_ID_CHARACTERS:
            most = f"a name takes at most {MOST_ID_CHARACTERS}"
            raise ValueError(f"column {column!r} holds {len(text)} characters, {most}; map another column")
        return text

    def _group_of(self, row: Row) -> str:
        """The patient, else the encounter or lesion; the kind's name keeps lesion 7 apart from patient 7."""
        for number, (kind, column) in enumerate(self._groups.items()):
            if group := self._text(row, column):
                return given_group(group, kind if number else "")
        return ""
