"""Embeddings that were computed elsewhere, and the rows or ids that they belong to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.cases.case import Problem, SourceCase, SourceData
from dermtools.cases.sources.pictures import picture_stem
from dermtools.cases.sources.records import Rows
from dermtools.cases.sources.roles import Columns
from dermtools.cases.sources.unpacking import arrays_of
from dermtools.errors import SourceError
from dermtools.strict_json import parsed
from dermtools.text import few, name_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SUFFIXES = (".npy", ".npz")
NORM_TOLERANCE = 1e-3
"""How far from 1 the norm of a normalised vector may be, as `embedding/vectors.py` has it."""
_ID_NAMES = ("case_id", "image_id", "id", "ids", "case_ids", "image_ids", "img_id", "isic_id", "image_name", "name")
_AT_ONCE = 8192
_SHAPES = "give float numbers of shape (cases, dimension)"


@dataclass(frozen=True, eq=False)
class Vectors:
    """Vectors of one dimension, one a row; row i belongs to the case `ids[i]`, or to row i of the table."""

    values: NDArray[np.float32] = field(repr=False)
    """Shape (n, d); a row that has no vector is NaN."""
    ids: Mapping[str, int] | None = field(default=None, repr=False)
    """Case id to row; None where rows go by their order."""
    name: str = "the vectors"
    """What to call them in an error, such as `column 'embedding'`."""
    faults: Mapping[int, str] = field(default_factory=dict, repr=False)
    """Row to what is wrong with its vector."""

    def __len__(self) -> int:
        return len(self.values)

    @property
    def dimension(self) -> int:
        """Numbers of one vector."""
        return int(self.values.shape[1])

    @cached_property
    def _stems(self) -> dict[str, int | None]:
        """Rows by the id without a picture's extension; None where two ids share it."""
        stems: dict[str, int | None] = {}
        for one, row in (self.ids or {}).items():
            stem = picture_stem(one)
            stems[stem] = None if stem in stems else row
        return stems

    def _parts(self) -> Iterator[NDArray[np.float32]]:
        return (self.values[start : start + _AT_ONCE] for start in range(0, len(self), _AT_ONCE))

    @classmethod
    def of(cls, given: Any, name: str = "the vectors") -> Vectors:
        """Vectors from an array, shape (n, d), or a mapping from case id to an array, shape (d,).

        Raises:
            SourceError: it is neither; names the vectors' shape or type.
        """
        if isinstance(given, Mapping):
            found = cls.of_cells(list(given.values()), name)
            return cls(found.values, {str(one): row for row, one in enumerate(given)}, name, found.faults)
        if not hasattr(given, "ndim"):
            return cls.of_cells(list(given), name)
        values = np.asarray(given)
        if values.ndim != 2 or values.dtype.kind not in "fiu" or 0 in values.shape:
            raise SourceError(f"{name} have shape {values.shape} and type {values.dtype}; {_SHAPES}")
        return _checked(values, None, name, {})

    @classmethod
    def of_cells(cls, cells: Sequence[Any], name: str) -> Vectors:
        """Vectors from the cells of a column: arrays, lists, or text such as `[0.1, 0.2]`.

        A cell of another length than most is a fault of its row, as one that is empty or holds no numbers.

        Raises:
            SourceError: no cell holds a vector.
        """
        faults: dict[int, str] = {}
        rows: list[NDArray[np.float32] | None] = []
        for number, cell in enumerate(cells):
            try:
                rows.append(_numbers(cell))
            except ValueError as error:
                faults[number] = f"{name} {error}"
                rows.append(None)
        lengths = Counter(len(row) for row in rows if row is not None)
        if not lengths:
            first = f"; the first {next(iter(faults.values()))}" if faults else ""
            raise SourceError(f"{name} holds no vector{first}; {_SHAPES}")
        dimension = lengths.most_common(1)[0][0]
        values = np.full((len(cells), dimension), np.nan, np.float32)
        for number, row in enumerate(rows):
            if row is not None and len(row) != dimension:
                faults[number] = f"{name} holds {len(row)} numbers, the others {dimension}"
            elif row is not None:
                values[number] = row
        return _checked(values, None, name, faults)

    @classmethod
    def of_file(cls, path: Path) -> Vectors:
        """Vectors of an .npy file, in the order of the table's rows, or of an .npz file, which may hold ids, too.

        Raises:
            SourceError: it cannot be read, or holds no array of shape (n, d).
        """
        arrays = arrays_of(path)
        tables = {key: array for key, array in arrays.items() if array.ndim == 2 and array.dtype.kind in "fiu"}
        if len(tables) != 1:
            held = few([f"{key or 'array'} {array.shape}" for key, array in arrays.items()])
            many = len(tables) or "no"
            raise SourceError(f"{path}: holds {many} arrays of shape (cases, dimension) where one is needed: {held}")
        values = next(iter(tables.values()))
        if 0 in values.shape:
            raise SourceError(f"{path}: holds an array of shape {values.shape}, no vector; {_SHAPES}")
        try:
            ids = _ids(arrays, len(values))
        except UnicodeDecodeError as error:
            raise SourceError(f"{path}: holds ids that are no text in UTF-8; write them as text") from error
        named = None if ids is None else {one: row for row, one in enumerate(ids)}
        if named is not None and ids is not None and len(named) != len(ids):
            twice = next(one for one, count in Counter(ids).items() if count > 1)
            raise SourceError(f"{path}: the id {twice!r} comes twice; give each case one vector")
        return _checked(values, named, path.name, {})

    @classmethod
    def for_rows(
        cls, given: str | Path | Vectors | None, table: Rows, columns: Columns, where: object
    ) -> tuple[str | None, Vectors | None]:
        """The vectors that go with a table's rows, and the column that holds them, if one does.

        Raises:
            SourceError: no such column or file, or not one vector a row where they go by the order of the rows.
        """
        if given is None:
            return None, None
        if isinstance(given, str) and (column := columns.find(given)):
            return column, cls.of_cells([row.cells.get(column) for row in table.rows], f"column {column!r}")
        if isinstance(given, str) and Path(given).suffix.lower() not in SUFFIXES:
            columns.get(given)
        vectors = given if isinstance(given, Vectors) else cls.of_file(Path(given).expanduser())
        rows = len(table.rows) + len(table.problems)
        if vectors.ids is None and rows != len(vectors):
            remedy = "give one a row, or ids with them (.npz with an array of ids)"
            raise SourceError(f"{where} has {rows} rows, {vectors.name} {len(vectors)}; {remedy}")
        if vectors.ids is None and table.problems:
            first = table.problems[0]
            raise SourceError(f"{first.where} {first.reason}: vectors in the order of the rows need every row")
        return None, vectors

    def of_cases(self, data: SourceData) -> SourceData:
        """The cases of a source without rows, with their vectors by id; a problem for each that has none.

        Raises:
            SourceError: the vectors have no ids.
        """
        if self.ids is None:
            raise SourceError(f"{self.name} has no ids; {data.name} needs an .npz with an array of its case ids")
        cases, problems = [], list(data.problems)
        for item in data.cases:
            try:
                cases.append(replace(item, vector=self.row(0, item.case.case_id)))
            except ValueError as error:
                problems.append(Problem(item.case.case_id, str(error)))
        return replace(data, cases=tuple(cases), problems=tuple(problems))

    def row(self, number: int, case_id: str) -> NDArray[np.float32]:
        """The vector of row `number`, or of a case, float32, shape (d,). A ValueError says why there is none."""
        found: int | None = number
        if self.ids is not None:
            found = self.ids.get(case_id, self._stems.get(picture_stem(case_id)))
        if found is None:
            raise ValueError(f"has no vector: its id is not in {self.name}")
        if found in self.faults:
            raise ValueError(self.faults[found])
        vector: NDArray[np.float32] = self.values[found]
        return vector


def _checked(values: NDArray[Any], ids: Mapping[str, int] | None, name: str, faults: Mapping[int, str]) -> Vectors:
    """The vectors as float32, a fault for each row that holds NaN or infinity and has no other."""
    with np.errstate(over="ignore"):
        vectors = Vectors(values.astype(np.float32, copy=False), ids, name)
    found = dict(faults)
    with np.errstate(all="ignore"):
        # A sum that is finite has finite parts; the few others are looked at one by one.
        sums = np.concatenate([part.sum(axis=1) for part in vectors._parts()])
    for row in np.flatnonzero(~np.isfinite(sums)).tolist():
        if row not in found and not np.isfinite(vectors.values[row]).all():
            found[row] = f"{name} holds NaN or infinity"
    return replace(vectors, faults=found)


def _numbers(cell: object) -> NDArray[np.float32]:
    """A cell as a vector, shape (d,). A ValueError says what it holds instead."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        raise ValueError("holds no vector")
    if isinstance(cell, str):
        try:
            cell = (
                parsed(cell)
                if cell.lstrip().startswith("[")
                else [float(word) for word in cell.replace(",", " ").split()]
            )
        except ValueError as error:
            raise ValueError("holds text that is no list of numbers") from error
    try:
        values = np.asarray(cell)
    except ValueError as error:  # lists of several lengths
        raise ValueError("holds no list of numbers") from error
    if values.ndim != 1 or values.dtype.kind not in "fiu" or not values.size:
        raise ValueError(f"holds {'no list of numbers' if values.ndim != 1 or values.size else 'an empty list'}")
    with np.errstate(over="ignore"):
        return values.astype(np.float32, copy=False)


def _ids(arrays: Mapping[str, NDArray[Any]], count: int) -> list[str] | None:
    """The ids among the arrays of a file: one with a usual name, else the only one of text; None for none."""
    rows = {key: array for key, array in arrays.items() if array.shape == (count,) and array.dtype.kind in "USiu"}
    usual = [key for name in _ID_NAMES for key in rows if name_key(key) == name_key(name)]
    texts = [key for key, array in rows.items() if array.dtype.kind in "US"]
    found = usual[:1] or (texts if len(texts) == 1 else [])
    if not found:
        return None
    return [one.decode() if isinstance(one, bytes) else str(one) for one in rows[found[0]].tolist()]


def dimension_and_norm(cases: Sequence[SourceCase]) -> tuple[int, bool]:
    """How many numbers the vectors of cases have, and whether their model makes those of norm 1.

    It does where most have it: the others are damaged then, and left out by name when they are stored. A SourceError
    where no case has a vector.
    """
    vectors = [item.vector for item in cases if item.vector is not None]
    if not vectors:
        raise SourceError("no case has a vector; name the column or file that holds them: --vectors")
    parts = (vectors[start : start + _AT_ONCE] for start in range(0, len(vectors), _AT_ONCE))
    norms = np.concatenate([np.linalg.norm(np.stack(part).astype(np.float64), axis=1) for part in parts])
    return len(vectors[0]), bool((np.abs(norms - 1) <= NORM_TOLERANCE).mean() > 0.5)
