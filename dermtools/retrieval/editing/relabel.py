"""Other labels for cases that are stored: no picture is read, and no vector is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from dermtools.cases.columns import LABEL_PREFIX
from dermtools.cases.edits import Edit, edit, unchanged
from dermtools.errors import QueryError
from dermtools.retrieval.editing.outdated import outdated
from dermtools.text import counted, few, instead

if TYPE_CHECKING:
    from dermtools.cases.case import Task
    from dermtools.cases.columns import CaseColumns
    from dermtools.cases.store import CaseStore

Labels = Mapping[str, Collection[str]]
"""Task to the labels of one case; none where they are unknown."""
Given = Mapping[str, tuple[str, ...]]
"""The same, checked: each label once."""


def relabel(
    store: CaseStore, changes: Mapping[str, Labels], *, new_labels: bool = False, command: str = "relabel"
) -> Edit:
    """Give cases other labels, in one transaction that one command undoes.

    Tasks that are not named stay as they are. A label that loses its last case leaves the label set, unless the set
    had labels without a case before: then it was given as a whole, and stays.

    Args:
        store: of the case base.
        changes: case id to task to labels; no labels where they are unknown.
        new_labels: take labels that the task does not have yet into its set.
        command: the name of the command, for the history.

    Raises:
        QueryError: an unknown case or task, a label that is not in the set, or text where a list of labels belongs.
        CaseBaseError: another process is writing.
    """
    with store.write():
        columns, tasks = store.columns(), {task.name: task for task in store.manifest.tasks}
        wanted = {
            case_id: {task: _labels(columns, tasks, case_id, task, labels, new_labels) for task, labels in row.items()}
            for case_id, row in changes.items()
        }
        return write_labels(store, wanted, command)


def write_labels(
    store: CaseStore, wanted: Mapping[str, Given], command: str, sets: Mapping[str, Task] | None = None
) -> Edit:
    """Write labels that were checked, in one transaction; the caller holds the lock.

    Args:
        store: of the case base.
        wanted: case id to task to labels; tasks that are not named stay as they are.
        command: the name of the command, for the history.
        sets: the tasks with their label sets after it; None takes those that the cases need.
    """
    columns, tasks = store.columns(), {task.name: task for task in store.manifest.tasks}
    changed = {
        case_id: row
        for case_id, row in wanted.items()
        if any(columns.labels[task][columns.row_of[case_id]] != labels for task, labels in row.items())
    }
    fresh = {name for name, task in (sets or {}).items() if task != tasks[name]}
    if not (changed or (fresh and len(columns))):
        return unchanged(store, command)
    # Only the rows make a version: where a label set alone changes, one case is written as it is.
    ids = list(changed) or columns.case_ids[:1]
    rows = [columns.row_of[case_id] for case_id in ids]
    pairs = list(zip(rows, changed.values(), strict=True)) if changed else []
    touched = [
        task
        for task in tasks
        if task in fresh or any(columns.labels[task][at] != row[task] for at, row in pairs if task in row)
    ]
    after = {task: list(columns.labels[task]) for task in touched}
    for at, labels in pairs:
        for task in labels.keys() & after.keys():
            after[task][at] = labels[task]
    cells = {LABEL_PREFIX + task: [list(after[task][row]) or None for row in rows] for task in touched}
    if sets is None:
        sets = {task: label_set(tasks[task], columns.labels[task], after[task]) for task in touched}
    else:
        sets = {task: sets[task] for task in touched}
    cases = f"other labels of {few(touched)} for {counted(len(changed), 'case')}"
    done = edit(
        store,
        command,
        cases if changed else f"another label set of {few(touched)}",
        len(changed),
        lambda table: table.set_cells(ids, cells),
        tasks=tuple(sets.get(task.name, task) for task in tasks.values()),
    )
    notes = [
        *(note for name, task in sets.items() for note in _set_notes(tasks[name], task)),
        *outdated(store.path, "labels", touched),
    ]
    return done.model_copy(update={"notes": tuple(notes)})


def label_set(task: Task, before: Iterable[Collection[str]], after: Iterable[Collection[str]]) -> Task:
    """The task with the label set that its cases need after an edit."""
    had, has = (Counter(label for labels in column for label in labels) for column in (before, after))
    given_whole = any(label not in had for label in task.labels)
    kept = {label for label in task.labels if given_whole or label in has or label not in had}
    labels = tuple(sorted(kept | has.keys()))
    return task if set(labels) == set(task.labels) or not labels else task.model_copy(update={"labels": labels})


def _set_notes(before: Task, after: Task) -> Iterable[str]:
    if gone := [label for label in before.labels if label not in after.labels]:
        yield f"no case has {few([repr(one) for one in gone])} any more: no label of {before.name} from now on"
    if come := [label for label in after.labels if label not in before.labels]:
        yield f"new labels of {before.name}: {few([repr(one) for one in come])}"


def _labels(
    columns: CaseColumns, tasks: Mapping[str, Task], case_id: str, name: str, labels: Collection[str], new: bool
) -> tuple[str, ...]:
    """The labels of one case, each once and without white space around it, where they may be set."""
    if case_id not in columns.row_of:
        raise QueryError(f"no case {case_id!r} in the case base; {instead(case_id, columns.case_ids, shown=5)}")
    if (task := tasks.get(name)) is None:
        raise QueryError(f"no task {name!r} in the case base; {instead(name, tasks)}")
    if isinstance(labels, str):
        raise QueryError(f"case {case_id!r}: give a list of labels of {name}, not one text")
    given = tuple(dict.fromkeys(label.strip() for label in labels))
    if "" in given:
        raise QueryError(f"case {case_id!r}: a label of {name} is empty; give no label where it is unknown")
    unknown = next((label for label in given if label not in task.labels), None)
    if unknown is not None and not new:
        remedy = f"{instead(unknown, task.labels)}; a label that is new on purpose: --new-labels"
        raise QueryError(f"case {case_id!r}: {unknown!r} is not a label of {name}; {remedy}")
    return given
