"""Labels joined or dropped as the user says: old label, new label, and perhaps the task."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import NamedTuple

from dermtools.cases.case import Problem, SourceCase, SourceData, Task
from dermtools.cases.labels import seen, written
from dermtools.errors import SourceError
from dermtools.text import few


class LabelRule(NamedTuple):
    """One old label and what it becomes."""

    where: str
    """The row that says so, such as `labels.csv row 2`."""
    old: str
    new: str
    """"" drops the label."""
    task: str = ""
    """The one task that it is about; "" for every task."""


class LabelMap:
    """Rules that do not build on each other, so that applying them twice is applying them once.

    A rule is about the very label, else about every label that looks the same: Unicode form, kind and number of
    spaces do not count. A rule for one task goes before one for all.

    Raises:
        SourceError: an old label is empty or comes twice, or a new label is the old one of another rule.
    """

    def __init__(self, rules: Iterable[LabelRule]) -> None:
        self._rules = tuple(rules)
        earlier: dict[tuple[str, str], str] = {}
        for rule in self._rules:
            if not seen(rule.old):
                raise SourceError(f"{rule.where}: names no old label")
            if where := earlier.get((rule.task, rule.old)):
                raise SourceError(f"{rule.where}: {written(rule.old)} has a new label in {where} already")
            earlier[rule.task, rule.old] = rule.where
        for task in {"", *(rule.task for rule in self._rules)}:
            _refuse_chains(self._of(task))

    def _of(self, task: str) -> list[LabelRule]:
        """The rules that hold for one task, each old label once."""
        rules = sorted(self._rules, key=lambda rule: bool(rule.task))
        return list({rule.old: rule for rule in rules if not rule.task or _names(rule, task)}.values())

    def apply(self, data: SourceData) -> SourceData:
        """The source with these labels; notes say what became of which, problems name rules that met no label.

        Raises:
            SourceError: a task is left without any label.
        """
        found: dict[str, dict[str, LabelRule]] = {task.name: _matched(self._of(task.name), task) for task in data.tasks}
        counts: Counter[tuple[str, str]] = Counter()

        def relabelled(item: SourceCase) -> SourceCase:
            labels = {}
            for task, given in item.case.labels.items():
                rules = found.get(task, {})
                counts.update((task, label) for label in given if label in rules)
                new = dict.fromkeys(rules[label].new if label in rules else label for label in given)
                labels[task] = tuple(filter(None, new))
            kept = {task: found for task, found in labels.items() if found}
            return replace(item, case=item.case.model_copy(update={"labels": kept}))

        cases = tuple(map(relabelled, data.cases))
        return replace(
            data,
            tasks=tuple(_renamed(task, found[task.name]) for task in data.tasks),
            cases=cases,
            problems=(*data.problems, *self._idle(data.tasks, found)),
            notes=(*data.notes, *_notes(found, counts)),
        )

    def _idle(self, tasks: Iterable[Task], found: dict[str, dict[str, LabelRule]]) -> Iterator[Problem]:
        """Rules for a task or a label that is not there."""
        labels = {task.name: task.labels for task in tasks}
        met = {task: {rule.old for rule in rules.values()} for task, rules in found.items()}
        for rule in self._rules:
            about = [task for task in labels if not rule.task or _names(rule, task)]
            if not about:
                yield Problem(rule.where, f"there is no task {rule.task!r}; the tasks are {', '.join(labels)}")
            elif not any(rule.old in met[task] for task in about):
                near = get_close_matches(rule.old, [label for task in about for label in labels[task]], n=1)
                hint = f"; the nearest is {written(near[0])}" if near else ""
                yield Problem(rule.where, f"there is no label {written(rule.old)}{hint}")


def _names(rule: LabelRule, task: str) -> bool:
    """Whether a rule is about a task, which it may call by its column: `Skin Type` is `Skin_Type`."""
    one, other = (re.sub(r"\W+", "_", name).strip("_").casefold() for name in (rule.task, task))
    return one == other


def _refuse_chains(rules: Iterable[LabelRule]) -> None:
    """Refuse a rule that makes what another rule makes into something else."""
    by_old = defaultdict(list)
    for rule in rules:
        by_old[seen(rule.old)].append(rule)
    for rule in rules:
        for other in by_old[seen(rule.new)] if rule.new else ():
            if other.new != rule.new:
                end = written(other.new) if other.new else "nothing"
                chain = f"makes {written(rule.old)} into {written(rule.new)}, which {other.where} makes into {end}"
                raise SourceError(f"{rule.where}: {chain}; write the final label in both")


def _matched(rules: Iterable[LabelRule], task: Task) -> dict[str, LabelRule]:
    """Every label of a task that a rule is about, and the rule."""
    exact = {rule.old: rule for rule in rules}
    alike = defaultdict(list)
    for rule in rules:
        alike[seen(rule.old)].append(rule)
    found = {}
    for label in task.labels:
        candidates = [exact[label]] if label in exact else alike[seen(label)]
        if len({rule.new for rule in candidates}) == 1:
            found[label] = candidates[0]
    return found


def _renamed(task: Task, rules: dict[str, LabelRule]) -> Task:
    labels = {rules[label].new if label in rules else label for label in task.labels} - {""}
    if not labels:
        where = next(iter(rules.values())).where
        raise SourceError(f"{where}: with it no label of task {task.name!r} is left")
    return task.model_copy(update={"labels": tuple(sorted(labels))})


def _notes(found: dict[str, dict[str, LabelRule]], counts: Counter[tuple[str, str]]) -> Iterator[str]:
    """One note for each new label: which labels, of how many cases, became it."""
    for task, rules in found.items():
        joined = defaultdict(list)
        for label, rule in rules.items():
            if label != rule.new and counts[task, label]:
                joined[rule.new].append(f"{written(label)} {counts[task, label]}")
        for new, olds in joined.items():
            yield f"task {task}, labels {'joined to ' + written(new) if new else 'dropped'}: {few(olds)}"
