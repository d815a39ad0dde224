"""The labels of a task with their counts, and renaming, joining and dropping them for all cases at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.cases.label_map import LabelMap, LabelRule
from dermtools.cases.labels import doubtful
from dermtools.retrieval.editing.mapping import map_labels, mapped
from dermtools.retrieval.search.choices import Choice, condition
from dermtools.tools.glosses import glosses

if TYPE_CHECKING:
    from dermtools.app.session import AppSession
    from dermtools.cases.edits import Edit


class LabelsArguments(Arguments):
    """A task of the case base."""

    task: str


class Rule(Arguments):
    """A label and what it becomes; "" drops it."""

    old: str
    new: str


class MapArguments(LabelsArguments):
    """What becomes of labels of one task, as `LabelMap` takes it: no rule builds on another."""

    rules: tuple[Rule, ...]


def labels(session: AppSession, arguments: LabelsArguments, _: Teller) -> dict[str, Any]:
    """Each label of the closed set: cases by split, patients or groups, meaning, condition, and which look wrong.

    Raises:
        QueryError: no such task.
    """
    case_base = session.opened
    task, columns = case_base.task(arguments.task), case_base.columns
    splits: dict[str, Counter[str]] = {label: Counter() for label in task.labels}
    groups: dict[str, set[str]] = {label: set() for label in task.labels}
    for row, given in enumerate(columns.labels[task.name]):
        for label in given:
            splits[label][columns.splits[row] or ""] += 1
            groups[label].add(columns.group_ids[row])
    meaning = glosses(session.library, task)
    return {
        "task": task.name,
        "unknown": int((~columns.labels[task.name].known).sum()),
        "labels": [
            {
                "label": label,
                "cases": splits[label].total(),
                "splits": splits[label],
                "groups": len(groups[label]),
                "gloss": meaning.get(label),
                "where": condition({task.name: Choice(values=(label,))}),
            }
            for label in task.labels
        ],
        "doubtful": doubtful(task.labels)._asdict(),
    }


def map_preview(session: AppSession, arguments: MapArguments, _: Teller) -> dict[str, Any]:
    """What `map_apply` would do, counted; nothing is written.

    Raises:
        QueryError: no such task.
        SourceError: the rules contradict each other or themselves, or leave no label.
    """
    case_base = session.opened
    name = case_base.task(arguments.task).name
    data, before = mapped(case_base.store, _map(arguments)), case_base.columns
    after = [item.case.labels.get(name, ()) for item in data.cases]
    left = next(task for task in data.tasks if task.name == name)
    counts = Counter(label for given in after for label in given)
    return {
        "changed": sum(was != now for was, now in zip(before.labels[name], after, strict=True)),
        "unknown": sum(bool(was) and not now for was, now in zip(before.labels[name], after, strict=True)),
        "counts": {label: counts[label] for label in left.labels},
        "problems": [f"{problem.where}: {problem.reason}" for problem in data.problems],
    }


def map_apply(session: AppSession, arguments: MapArguments, _: Teller) -> Edit:
    """As `retrieval.editing.mapping.map_labels`, and with its errors."""
    case_base = session.opened
    case_base.task(arguments.task)
    return map_labels(case_base.store, _map(arguments))


def _map(arguments: MapArguments) -> LabelMap:
    """The rules, where the first is rule 1."""
    numbered = enumerate(arguments.rules, start=1)
    return LabelMap(LabelRule(f"rule {at}", one.old, one.new.strip(), arguments.task) for at, one in numbered)


ACTIONS = [
    Action("labels", LabelsArguments, labels),
    Action("map_preview", MapArguments, map_preview),
    Action("map_apply", MapArguments, map_apply),
]
