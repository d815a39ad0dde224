"""Cases that come one after the other, from an iterator: never all of them in memory.

What an ingest knows of a whole source before it begins, it finds out here as the cases come: their labels, and the
splits of groups, which are drawn by the group's id, so that they do not depend on what else there is.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import accumulate, islice

from dermtools.cases.attributes import choice_notes, identifier_problems, kept_attributes
from dermtools.cases.case import SPLITS, Case, Problem, SourceCase, SourceData, Split, Task
from dermtools.cases.columns import CaseColumns
from dermtools.cases.sources.assembly import SPLITS_MADE, make_task
from dermtools.cases.sources.options import SourceOptions
from dermtools.retrieval.ingest.reconcile import joined_tasks

SAMPLE = 10_000
"""Cases whose attributes and ids are looked at, whether they tell who somebody is."""


@dataclass
class Stream:
    """Cases of an iterator, and what must become of each before it is stored."""

    name: str
    items: Iterable[SourceCase | Problem]
    total: int
    """How many there are, where that is known; else 0."""
    options: SourceOptions
    _made: int = field(default=0, init=False)
    _found: dict[str, None] = field(default_factory=dict, init=False)
    """Attributes that cases brought."""

    @property
    def outline(self) -> SourceData:
        """What is known of the source before its first case."""
        return SourceData(self.name, (), ())

    def cases(self, stored: CaseColumns, problems: list[Problem]) -> Iterator[SourceCase]:
        """The cases as they are stored; problems are put into the list."""
        splits: dict[str, Split] = {}
        for group, split in zip(stored.group_ids, stored.splits, strict=True):
            if split in SPLITS:
                splits.setdefault(group, split)
        for item in self.items:
            if isinstance(item, Problem):
                problems.append(item)
            else:
                yield self._completed(item, stored, splits)

    def told(self) -> list[str]:
        """What was done, for the person who started it."""
        case = Case(case_id="-", group_id="-", attributes=dict.fromkeys(self._found, ""))
        chosen = self.options.attributes
        kept = tuple(self._found) if chosen == "all" else chosen
        notes = choice_notes(SourceData(self.name, (), (SourceCase(case),), kept=kept))
        if self._made:
            notes.append(f"{SPLITS_MADE} {self._made} cases: drawn by group, seed {self.options.split_seed}")
        return notes

    def doubts(self, columns: CaseColumns, came: Collection[str]) -> Iterator[Problem]:
        """What looks wrong: attributes that no case has, and those that may tell who somebody is."""
        kept = () if self.options.attributes == "all" else self.options.attributes
        for name in kept:
            if name not in self._found:
                yield Problem(f"attribute {name}", f"no case of {self.name} has it")
        rows = islice((columns.row_of[case_id] for case_id in came if case_id in columns.row_of), SAMPLE)
        cases = [SourceCase(columns.case(row)) for row in rows]
        ids = {one for item in cases for one in (item.case.case_id, item.case.group_id)}
        yield from identifier_problems(SourceData(self.name, (), tuple(cases)), ids)

    def _completed(self, item: SourceCase, stored: CaseColumns, splits: dict[str, Split]) -> SourceCase:
        case = item.case
        self._found.update(dict.fromkeys(case.attributes))
        row = stored.row_of.get(case.case_id)
        before = None if row is None else stored.case(row)
        split = case.split
        if split is None:
            self._made += 1
            split = (before.split if before else None) or splits.get(case.group_id) or self._drawn(case.group_id)
        splits.setdefault(case.group_id, split)
        kept = None if self.options.attributes == "all" else self.options.attributes
        attributes = kept_attributes(case, kept, before.attributes if before else {})
        labels = {**(before.labels if before else {}), **{task: one for task, one in case.labels.items() if one}}
        done = case.model_copy(update={"split": split, "attributes": attributes, "labels": labels})
        return replace(item, case=done)

    def _drawn(self, group: str) -> Split:
        digest = hashlib.sha256(f"{self.options.split_seed}:{group}".encode()).digest()
        share = int.from_bytes(digest[:8]) / 2**64
        ends = list(accumulate(self.options.split_fractions))[:-1]
        return SPLITS[bisect_right(ends, share)]


def with_labels(tasks: Collection[Task], cases: Iterable[Case]) -> list[Task]:
    """The tasks with the labels that these cases bring; empty where they bring no new one."""
    known = {task.name: set(task.labels) for task in tasks}
    found: dict[str, set[str]] = {}
    for case in cases:
        for name, labels in case.labels.items():
            found.setdefault(name, set()).update(labels)
    new = [make_task(name, labels) for name, labels in found.items() if labels - known.get(name, set())]
    return joined_tasks(tasks, new) if new else []
