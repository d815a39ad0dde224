"""Columns of a case base as a `where` condition sees them: typed values, each known or unknown."""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dermtools.cases.case import SPLITS, AttributeValue, Task
from dermtools.errors import QueryError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.cases.columns import CaseColumns

Kind = Literal["labels", "text", "number", "boolean"]

COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_EXAMPLES: dict[Kind, str] = {"labels": "= 'text'", "text": "= 'text'", "number": "= 40", "boolean": "= true"}


class Field:
    """One column: its kind, which rows are known, and the rows that satisfy a comparison.

    Methods that give rows return bool, shape (n,); what they say about unknown rows means nothing.
    """

    def __init__(
        self, name: str, values: Sequence[object], *, closed: Sequence[str] = (), labels: bool = False
    ) -> None:
        self.name = name
        self.closed = tuple(closed)
        self._raw = values
        self.known = np.fromiter((value not in (None, ()) for value in values), np.bool_, len(values))
        self.kind: Kind = "labels" if labels else _kind(values)
        self._values: NDArray[Any] = np.empty(0)
        if self.kind == "number":
            self._values = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        elif self.kind == "boolean":
            self._values = np.array([value is True for value in values], dtype=np.bool_)
        elif self.kind == "text":
            self._values = np.array(["" if value is None else str(value) for value in values], dtype=object)

    def equals(self, value: AttributeValue) -> NDArray[np.bool_]:
        """Rows that hold the value; of a label column, rows that have it among their labels."""
        self._check(value)
        if self.kind == "labels":
            return self._any_label(lambda label: label == value)
        return np.asarray(self._values == value, dtype=np.bool_)

    def compares(self, symbol: str, value: AttributeValue) -> NDArray[np.bool_]:
        """Rows that are less or greater than the value."""
        if self.kind in ("labels", "boolean"):
            raise QueryError(f"where: {self.name} has no order, so {symbol} does not apply; use =, != or IN")
        self._check(value)
        return np.asarray(COMPARISONS[symbol](self._values, value), dtype=np.bool_)

    def like(self, pattern: str, *, ignore_case: bool) -> NDArray[np.bool_]:
        """Rows whose text, or any of whose labels, matches an SQL pattern."""
        if self.kind in ("number", "boolean"):
            raise QueryError(f"where: LIKE needs text, and {self.name} holds {self.kind}s")
        matches = re.compile(_like_regex(pattern), re.DOTALL | (re.IGNORECASE if ignore_case else 0)).fullmatch
        if self.kind == "labels":
            return self._any_label(lambda label: matches(label) is not None)
        return np.fromiter((matches(text) is not None for text in self._values), np.bool_, len(self._values))

    def is_true(self) -> NDArray[np.bool_]:
        """Rows of a boolean column that are true."""
        if self.kind != "boolean":
            raise QueryError(f"where: {self.name} alone is no condition; compare it, e.g. {self._example()}")
        return np.asarray(self._values, dtype=np.bool_)

    def _any_label(self, fits: Callable[[str], bool]) -> NDArray[np.bool_]:
        rows: Sequence[Any] = self._raw
        return np.fromiter((any(map(fits, labels)) for labels in rows), np.bool_, len(rows))

    def _check(self, value: AttributeValue) -> None:
        given: Kind = _kind([value])
        held: Kind = "text" if self.kind == "labels" else self.kind
        if given != held:
            raise QueryError(f"where: {self.name} holds {held}, not {given}; write e.g. {self._example()}")
        if self.closed and value not in self.closed:
            raise QueryError(f"where: {self.name} has no {value!r}; {_nearest_names(str(value), self.closed)}")

    def _example(self) -> str:
        return f"{self.name} {_EXAMPLES[self.kind]}"


class Fields:
    """Every column that a condition may name, made when first asked for.

    Built-in names come before tasks, and tasks before attributes of the same name.
    """

    def __init__(self, columns: CaseColumns, tasks: Iterable[Task]) -> None:
        self._columns = columns
        self._tasks = {task.name: task for task in tasks}
        self._made: dict[str, Field] = {}
        self.names = tuple(dict.fromkeys(("case_id", "group_id", "split", *self._tasks, *sorted(columns.attributes))))

    def __len__(self) -> int:
        return len(self._columns)

    def __getitem__(self, name: str) -> Field:
        """The column of that name; case matters only where two names differ in nothing else.

        A QueryError lists the existing ones.
        """
        if name not in self.names:
            folded = [known for known in self.names if known.casefold() == name.casefold()]
            if len(folded) != 1:
                raise QueryError(
                    f"where: no column {name!r}; there are: {', '.join(self.names)} (text goes in single quotes)"
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
            rows = columns.labels.get(name, [()] * len(columns))
            return Field(name, rows, closed=self._tasks[name].labels, labels=True)
        return Field(name, columns.attributes[name])


def _nearest_names(given: str, names: Sequence[str]) -> str:
    """What to write instead: the names that look like the given one, else the first of all."""
    by_fold = {name.casefold(): name for name in names}
    close = [by_fold[folded] for folded in difflib.get_close_matches(given.casefold(), by_fold, n=3, cutoff=0.6)]
    if close:
        return f"did you mean {' or '.join(repr(name) for name in close)}?"
    listed = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    return f"there are: {listed}" if names else "it has no values yet"


def _kind(values: Iterable[object]) -> Kind:
    """Kind of a column by its known values; a mixture is read as text."""
    kinds: set[Kind] = {
        "boolean" if isinstance(value, bool) else "number" if isinstance(value, int | float) else "text"
        for value in values
        if value is not None
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
