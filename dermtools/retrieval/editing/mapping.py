"""Labels of stored cases joined, renamed or dropped by a label map: what would come of it, and doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dermtools.cases.case import SourceCase, SourceData
from dermtools.retrieval.editing.relabel import write_labels

if TYPE_CHECKING:
    from dermtools.cases.edits import Edit
    from dermtools.cases.label_map import LabelMap
    from dermtools.cases.store import CaseStore


def mapped(store: CaseStore, rules: LabelMap) -> SourceData:
    """The tasks and cases with the labels of a map, which `LabelMap.apply` says; nothing is written.

    Raises:
        SourceError: a task is left without any label.
    """
    columns = store.columns()
    cases = tuple(map(SourceCase, columns.cases(range(len(columns)))))
    return rules.apply(SourceData(store.path.name, store.manifest.tasks, cases))


def map_labels(store: CaseStore, rules: LabelMap, *, command: str = "relabel") -> Edit:
    """Give all cases the labels of a map, and the tasks its label sets, in one transaction that one command undoes.

    Raises:
        SourceError: a task is left without any label.
        CaseBaseError: another process is writing.
    """
    with store.write():
        data = mapped(store, rules)
        wanted = {
            item.case.case_id: {task.name: item.case.labels.get(task.name, ()) for task in data.tasks}
            for item in data.cases
        }
        done = write_labels(store, wanted, command, {task.name: task for task in data.tasks})
    notes = (*data.notes, *(f"{problem.where}: {problem.reason}" for problem in data.problems), *done.notes)
    return done.model_copy(update={"notes": notes})
