"""One version of a case base in memory: everything that a search needs, each part made when first used."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from dermtools.errors import QueryError
from dermtools.retrieval.indexing.kept import searched
from dermtools.retrieval.search.fields import Fields
from dermtools.retrieval.search.lance_index import lance_index
from dermtools.retrieval.search.leak_guard import LeakGuard
from dermtools.retrieval.search.where import matching_rows
from dermtools.text import instead

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dermtools.cases.case import Task
    from dermtools.cases.columns import CaseColumns
    from dermtools.cases.store import CaseStore
    from dermtools.retrieval.search.index import VectorIndex

GUESSED_AMONG = 20_000
"""Case ids among which the nearest to a wrong one is looked for."""
KEPT_CONDITIONS = 64


class CaseFacts:
    """Columns and what is derived from them, without vectors; row i is the same case in all."""

    def __init__(self, columns: CaseColumns, tasks: tuple[Task, ...]) -> None:
        self.columns = columns
        self.selections: Mapping[str, frozenset[str]] = {}
        """Cases that were picked by hand: name to ids, for conditions that may name every attribute."""
        self.tasks = {task.name: task for task in tasks}
        self._fields: dict[frozenset[str] | None, Fields] = {}
        self._matching: dict[tuple[str, frozenset[str] | None], NDArray[np.bool_]] = {}
        self._by_label: dict[str, dict[str, NDArray[np.bool_]]] = {}

    def __len__(self) -> int:
        return len(self.columns)

    @cached_property
    def guard(self) -> LeakGuard:
        """Finds a query's own rows."""
        return LeakGuard(self.columns)

    def row(self, case_id: str) -> int:
        """Row of a case; QueryError where there is no such case."""
        row = self.columns.row_of.get(case_id)
        if row is None:
            known = f"this case base of {len(self)} cases"
            near = instead(repr(case_id), map(repr, self.columns.case_ids[:GUESSED_AMONG]), shown=3)
            raise QueryError(f"no case {case_id!r} in {known}; {near}")
        return row

    def task(self, name: str) -> Task:
        """Task of that name; a QueryError lists the existing ones."""
        if name not in self.tasks:
            raise QueryError(f"no task {name!r}; {instead(name, self.tasks)}")
        return self.tasks[name]

    def fields(self, shown: frozenset[str] | None = None) -> Fields:
        """Columns as a condition sees them: with every attribute, or those in `shown` alone."""
        picked = dict(self.selections) if shown is None else {}
        fields = self._fields.get(shown)
        if fields is None or fields.selections != picked:
            fields = self._fields[shown] = Fields(self.columns, self.tasks.values(), shown, picked)
        return fields

    def matching(self, condition: str, shown: frozenset[str] | None = None) -> NDArray[np.bool_]:
        """Rows that satisfy a `where` condition, bool, shape (n,); kept for the next time.

        It may name every attribute, or those in `shown` alone.
        """
        rows = self._matching.get((condition, shown))
        if rows is None:
            rows = matching_rows(condition, self.fields(shown))
            if len(self._matching) >= KEPT_CONDITIONS:
                self._matching.clear()
            self._matching[condition, shown] = rows
        return rows

    def by_label(self, task: str) -> dict[str, NDArray[np.bool_]]:
        """Each label of a task with the rows that have it, bool, shape (n,); labels without a case are absent."""
        self.task(task)
        if task not in self._by_label:
            labels = self.columns.labels[task]
            self._by_label[task] = {label: labels.mask(label) for label in sorted(labels.names)}
        return self._by_label[task]


class Snapshot(CaseFacts):
    """The same with the index of the vectors."""

    def __init__(self, columns: CaseColumns, index: VectorIndex, tasks: tuple[Task, ...]) -> None:
        super().__init__(columns, tasks)
        self.index = index

    @classmethod
    def load(cls, store: CaseStore) -> Snapshot:
        """The version that the store is at."""
        columns, index = lance_index(store) or searched(store)
        return cls(columns, index, store.manifest.tasks)
