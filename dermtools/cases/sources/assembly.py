"""The last step of every source: tasks with their questions, splits, and the checks that all share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from dermtools.cases.case import SPLITS, Problem, SourceCase, SourceData, Split, Task
from dermtools.cases.sources.options import SourceOptions
from dermtools.cases.splits import assign_splits
from dermtools.errors import SourceError

_SPLIT_NAMES: dict[str, Split] = {
    "train": "train",
    "valid": "valid",
    "validation": "valid",
    "val": "valid",
    "dev": "valid",
    "test": "test",
}
SPLIT_NAMES = tuple(_SPLIT_NAMES)

_QUESTIONS = {
    "location": "Which body site does the picture show?",
    "anatomic_location": "Which body site does the picture show?",
    "anatomic_locations": "Which body site does the picture show?",
    "diagnosis": "Which diagnosis fits the picture best?",
    "infection": "Is the wound infected?",
}


def split_named(name: str) -> Split | None:
    """The split that a word stands for, in any case; None where it stands for none."""
    return _SPLIT_NAMES.get(name.strip().lower())


def make_task(name: str, labels: Iterable[str]) -> Task:
    """A task with its labels sorted and the default question for its name."""
    question = _QUESTIONS.get(name, f"Which {name.replace('_', ' ')} fits the picture best?")
    return Task(name=name, question=question, labels=tuple(sorted(set(labels))))


def assemble(
    name: str,
    *,
    where: str,
    tasks: Sequence[Task],
    cases: Sequence[SourceCase],
    problems: Sequence[Problem],
    notes: Sequence[str],
    options: SourceOptions,
) -> SourceData:
    """Make the data complete: the user's questions, and a split for every case.

    Raises:
        SourceError: no case is left, or a question is for a task that is not there.
    """
    if not cases:
        first = f"; the first reason: {problems[0].where}: {problems[0].reason}" if problems else ""
        raise SourceError(f"{where}: no case can be read{first}")
    if strangers := [task for task in options.questions if task not in {known.name for known in tasks}]:
        raise SourceError(
            f"{where}: a question is given for task {strangers[0]!r}; the tasks are "
            f"{', '.join(task.name for task in tasks) or 'none'}"
        )
    tasks = [task.model_copy(update={"question": options.questions.get(task.name, task.question)}) for task in tasks]
    balanced = tasks[0].name if tasks else None
    assignment = assign_splits(
        [item.case for item in cases], seed=options.split_seed, fractions=options.split_fractions, task=balanced
    )
    notes = list(notes)
    if missing := sum(item.case.split is None for item in cases):
        counts = Counter(case.split for case in assignment.cases)
        balance = f"stratified by {balanced}, " if balanced else ""
        notes.append(
            f"splits made for {missing} of {len(cases)} cases: by group, {balance}"
            f"seed {options.split_seed}; now {', '.join(f'{split} {counts[split]}' for split in SPLITS)}"
        )
    return SourceData(
        name=name,
        tasks=tuple(tasks),
        cases=tuple(replace(item, case=case) for item, case in zip(cases, assignment.cases, strict=True)),
        problems=(*problems, *assignment.problems),
        notes=tuple(notes),
    )
