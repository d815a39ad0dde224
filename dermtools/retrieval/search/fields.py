"""Columns of a case base as a `where` condition sees them: typed values, each known or unknown."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from dermtools.cases.case import SPLITS, AttributeValue, Task
from dermtools.cases.column_values import Coded, Labels, Texts
from dermtools.errors import QueryError
from dermtools.text import one_line

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from dermtools.cases.columns import CaseColumns

Kind = Literal["labels", "text", "number", "boolean"]

SELECTION = "selection"
"""The column in which a condition names cases that were picked by hand: `selection = 'picked-1'`."""
UNSELECTED = "none"
BUILT_IN = ("case_id", "group_id", "split")
COMPARISONS = {"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal"}
LONGEST_WORD = 30
"""Characters of a column's name that is not quoted in an error."""
_EXAMPLES: dict[Kind, str] = {"labels": "= 'text'", "text": "= 'text'", "number": "= 40", "boolean": "= true"}


class Encoded(NamedTuple):
    """A column as numbers: each entry of `codes` says that its row has that one of `values`; m entries in all."""

    values: NDArray[Any]
    """Distinct values, shape (k,)."""
    codes: NDArray[np.int64]
    """Shape (m,)."""
    rows: NDArray[np.int64]
    """Shape (m,); a row with several labels comes several times, an unknown one not at all."""
    known: NDArray[np.bool_]
    """Of each row, whether its value is known, shape (n,)."""


class Field:
    """One column as Arrow values, null where unknown; a comparison gives a boolean a row, null where unknown.

    Compared is each distinct value, once.
    """

    def __init__(self, name: str, column: Texts | Coded[Any] | Labels, *, closed: Sequence[str] = ()) -> None:
        self.name = name
        self.closed = tuple(closed)
        self._column = column
        self.kind: Kind = "text"
        if isinstance(column, Labels):
            self.kind = "labels"
        elif isinstance(column, Coded):
            self.kind = _kind(column.distinct())
        self._typed = _as_typed(name)
        self._example = f"{self._typed} {_EXAMPLES[self.kind]}"

    @cached_property
    def encoded(self) -> Encoded:
        """What is counted by: made once."""
        import pyarrow as pa

        if isinstance(self._column, Labels):
            names = pa.array(self._column.names, pa.string())
            return Encoded(_numpy(names), self._column.codes.astype(np.int64), self._column.rows, self._column.known)
        column = self._column.coded if isinstance(self._column, Texts) else self._column
        known = column.known
        codes, values = column.codes[known].astype(np.int64), column.values
        if isinstance(self._column, Coded):
            # A column of mixed kinds is read as text, and numbers as float: of two values may become one.
            types = {"text": pa.string(), "number": pa.float64(), "boolean": pa.bool_()}
            plain: Callable[[Any], Any] = {"text": str, "number": float}.get(self.kind, bool)
            one = pa.array(list(map(plain, column.distinct())), types[self.kind]).dictionary_encode()
            codes, values = one.indices.to_numpy().astype(np.int64)[codes], one.dictionary
        return Encoded(_numpy(values), codes, np.flatnonzero(known), known)

    def equals(self, value: AttributeValue) -> pa.BooleanArray:
        """Rows that hold the value; of a label column, rows that have it among their labels."""
        self._check(value)
        return self._each(lambda label: label == value) if self.kind == "labels" else self._compared("equal", value)

    def compares(self, symbol: str, value: AttributeValue) -> pa.BooleanArray:
        """Rows that are less or greater than the value."""
        if self.kind in ("labels", "boolean"):
            raise QueryError(f"where: {self._typed} has no order, so {symbol} does not apply; use =, != or IN")
        self._check(value)
        return self._compared(COMPARISONS[symbol], value)

    def like(self, pattern: str, *, ignore_case: bool) -> pa.BooleanArray:
        """Rows whose text, or any of whose labels, matches an SQL pattern."""
        if self.kind in ("number", "boolean"):
            raise QueryError(f"where: LIKE needs text, and {self._typed} holds {self.kind}s")
        matches = re.compile(_like_regex(pattern), re.DOTALL | (re.IGNORECASE if ignore_case else 0)).fullmatch
        return self._each(lambda text: matches(text) is not None)

    def is_true(self) -> pa.BooleanArray:
        """Rows of a boolean column that are true."""
        if self.kind != "boolean":
            raise QueryError(f"where: {self._typed} alone is no condition; compare it, e.g. {self._example}")
        return self._rows(self.encoded.values.astype(np.bool_))

    def is_null(self) -> pa.BooleanArray:
        """Rows whose value is unknown."""
        import pyarrow as pa

        return pa.array(~self.encoded.known)

    def _compared(self, function: str, value: AttributeValue) -> pa.BooleanArray:
        import pyarrow as pa
        from pyarrow import compute

        if isinstance(self._column, Texts):
            return compute.call_function(function, [self._column.array, value]).combine_chunks()
        values = pa.array(self.encoded.values, None if self.kind in ("number", "boolean") else pa.string())
        return self._rows(compute.call_function(function, [values, value]).to_numpy(zero_copy_only=False))

    def _each(self, fits: Callable[[str], bool]) -> pa.BooleanArray:
        """Rows whose text, or any of whose labels, fits."""
        return self._rows(np.array([fits(text) for text in self.encoded.values], np.bool_))

    def _rows(self, fits: NDArray[np.bool_]) -> pa.BooleanArray:
        """Rows any of whose values fits, by a bool for each of the distinct values."""
        import pyarrow as pa

        encoded = self.encoded
        found = np.zeros(len(encoded.known), np.bool_)
        found[encoded.rows[fits[encoded.codes]]] = True
        return pa.array(found, mask=~encoded.known)

    def _check(self, value: AttributeValue) -> None:
        given: Kind = _kind([value])
        held: Kind = "text" if self.kind == "labels" else self.kind
        if given != held:
            raise QueryError(f"where: {self._typed} holds {held}, not {given}; write e.g. {self._example}")
        if self.closed and value not in self.closed:
            raise QueryError(
                f"where: {self._typed} has no {one_line(repr(value), 80)}; {_nearest_names(str(value), self.closed)}"
            )


class Fields:
    """Every column that a condition may name, made when first used.

    Built-in names come before tasks, and tasks before attributes of the same name; `selections`, a name to the ids of
    its cases, come last. With `shown`, attributes outside it are not there: neither as a column nor in a message.
    """

    def __init__(
        self,
        columns: CaseColumns,
        tasks: Iterable[Task],
        shown: Collection[str] | None = None,
        selections: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._columns = columns
        self.selections = selections or {}
        self._tasks = {task.name: task for task in tasks}
        self._made: dict[str, Field] = {}
        self._shown = shown

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All columns, in the order of precedence."""
        attributes = sorted(name for name in self._columns.attributes if self._shown is None or name in self._shown)
        selection = (SELECTION,) if self.selections else ()
        return tuple(dict.fromkeys((*BUILT_IN, *self._tasks, *attributes, *selection)))

    def __getitem__(self, name: str) -> Field:
        """The column of that name; case matters only where two names differ in nothing else.

        A QueryError lists the existing ones.
        """
        # Attributes are parsed only where a condition may name one.
        if name not in BUILT_IN and name not in self._tasks and name not in self.names:
            folded = [known for known in self.names if _folded(known) == _folded(name)]
            if len(folded) != 1:
                close = _close(name, self.names)
                guess = f"did you mean {' or '.join(map(_as_typed, close))}? " if close else ""
                known = ", ".join(map(_as_typed, self.names))
                raise QueryError(
                    f"where: no column {one_line(name, 80)!r}; {guess}there are: {known} (text goes in single quotes)"
                )
            name = folded[0]
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> Field:
        columns = self._columns
        if name in ("case_id", "group_id"):
            return Field(name, columns.case_ids if name == "case_id" else columns.group_ids)
        if name == "split":
            return Field(name, columns.splits, closed=SPLITS)
        if name in self._tasks:
            rows = columns.labels.get(name) or Labels((), np.zeros(0, np.int32), np.zeros(len(columns), np.int64))
            return Field(name, rows, closed=self._tasks[name].labels)
        if name in columns.attributes:
            return Field(name, columns.attributes[name])
        return Field(name, self._selected(), closed=(*self.selections, UNSELECTED))

    def _selected(self) -> Labels:
        """For each row the selections that it is in, else that it is in none."""
        row_of, count = self._columns.row_of, len(self._columns)
        found = [rows[rows >= 0] for ids in self.selections.values() for rows in (row_of.of(ids),)]
        found.append(np.setdiff1d(np.arange(count), np.concatenate(found)))
        rows = np.concatenate(found)
        words = np.repeat(np.arange(len(found), dtype=np.int32), [len(part) for part in found])
        return Labels(
            (*self.selections, UNSELECTED), words[np.argsort(rows, kind="stable")], np.bincount(rows, minlength=count)
        )


def _numpy(values: pa.Array) -> NDArray[Any]:
    plain: NDArray[Any] = values.to_numpy(zero_copy_only=False)
    return plain


def _nearest_names(given: str, names: Sequence[str]) -> str:
    """What to write instead: the names that look like the given one, else the first of all."""
    if close := _close(given, names):
        return f"did you mean {' or '.join(repr(name) for name in close)}?"
    listed = ", ".join(map(repr, names[:20])) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    return f"there are: {listed}" if names else "it has no values yet"


def _close(given: str, names: Sequence[str]) -> list[str]:
    """The names that look like the given one, three at most: by their letters, or because one holds the other."""
    by_fold = {_folded(name): name for name in names}
    wanted = _folded(given)
    close = difflib.get_close_matches(wanted, by_fold, n=3, cutoff=0.6)
    parts = [fold for fold in by_fold if min(len(fold), len(wanted)) > 2 and (wanted in fold or fold in wanted)]
    return [by_fold[fold] for fold in dict.fromkeys([*close, *parts])][:3]


def _folded(name: str) -> str:
    """Without regard to case, and to how an umlaut is written."""
    return unicodedata.normalize("NFC", name).casefold()


def _as_typed(name: str) -> str:
    """A column's name as it stands in a condition: in quotes where it is no plain word, for data may have chosen it."""
    if name.isidentifier() and len(name) <= LONGEST_WORD:
        return name
    return repr(name) if '"' in name or "\\" in name else f'"{name}"'


def _kind(values: Iterable[object]) -> Kind:
    """Kind of a column by its known values; a mixture is read as text."""
    kinds: set[Kind] = {
        "boolean" if issubclass(kind, bool) else "number" if issubclass(kind, int | float) else "text"
        for kind in set(map(type, values)) - {type(None)}  # few types, however many values
    }
    return kinds.pop() if len(kinds) == 1 else "text"


def _like_regex(pattern: str) -> str:
    """SQL LIKE as a regular expression: `%` any text, `_` any one character.

    Atomic groups keep matching from going exponential in the number of `%`, as in the standard
    library's `fnmatch`: the leftmost place for each part is always good enough.
    """
    parts = ["".join("." if char == "_" else re.escape(char) for char in part) for part in pattern.split("%")]
    if len(parts) == 1:
        return parts[0]
    middle = "".join(f"(?>.*?{part})" for part in parts[1:-1] if part)
    return f"{parts[0]}{middle}.*{parts[-1]}"
