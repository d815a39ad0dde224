"""Lists of labels to change, as tables: one row a case with a column a task, or one row a finding of a check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dermtools.cases.exports.delimited import guarded, unguarded
from dermtools.cases.sources import cells
from dermtools.cases.sources.rows import read_rows
from dermtools.errors import QueryError
from dermtools.text import few, instead, name_key

if TYPE_CHECKING:
    from dermtools.cases.store import CaseStore

FINDINGS = ("case_id", "finding", "task", "label", "suggested", "new_label", "note")
"""Columns of the list that a check writes; what stands in `new_label` is done."""
SEPARATOR = "|"
"""Between several labels in one cell, as in the tables that an ingest reads."""

Changes = dict[str, dict[str, tuple[str, ...]]]


def plain(cell: object) -> str:
    """The text of a cell, without the apostrophe that keeps a spreadsheet from running it where it was written here."""
    text = cells.text(cell)
    return bare if (bare := unguarded(text)) != text and guarded(bare) == text else text


class LabelList(NamedTuple):
    """What a table asks for."""

    changes: Changes
    """Case id to task to all labels that the case is to have."""
    notes: tuple[str, ...]
    """How the table was read, one line each."""


def read_label_list(path: Path, store: CaseStore) -> LabelList:
    """Read which labels a table asks for; an empty cell changes nothing.

    With the columns `case_id`, `task` and `new_label` it is the list of a check: a row whose `new_label` is filled puts
    that in place of its `label`, or of all labels where `label` is empty. Else it has `case_id` and a column for each
    task to change.

    Raises:
        SourceError: the file is no table, or a row cannot be read.
        QueryError: a column is missing, a case is unknown, two rows contradict each other, or a case has not the label
            to be replaced.
    """
    table = read_rows(path, wanted=("caseid",))
    if table.problems:
        raise QueryError(f"{path}: {table.problems[0].where} {table.problems[0].reason}")
    named = {name_key(column): column for column in table.columns}
    if (id_column := named.get("caseid")) is None:
        raise QueryError(f"{path}: no column case_id; {instead('case_id', table.columns)}")
    rows = [(row.where, plain(row.cells.get(id_column)), row.cells) for row in table.rows]
    rows = [row for row in rows if row[1]]
    if {"task", "newlabel"} <= named.keys():
        return _findings(rows, named, store)
    tasks = {task.name: named[key] for task in store.manifest.tasks if (key := name_key(task.name)) in named}
    if not tasks:
        known = few([task.name for task in store.manifest.tasks]) or "none"
        raise QueryError(f"{path}: no column is a task; a column of labels is named after its task: {known}")
    changes: Changes = {}
    stored = store.columns().row_of
    for where, case_id, row in rows:
        if case_id not in stored:
            raise QueryError(f"{where}: no case {case_id!r} in the case base; {instead(case_id, stored, shown=5)}")
        for task, column in tasks.items():
            if given := _labels(row.get(column), column):
                _put(changes, where, case_id, task, given)
    aside = [column for column in table.columns if column not in (id_column, *tasks.values())]
    return LabelList(changes, (f"columns left aside: {few(aside)}",) if aside else ())


def _findings(rows: list[tuple[str, str, dict[str, object]]], named: dict[str, str], store: CaseStore) -> LabelList:
    columns = store.columns()
    changes: Changes = {}
    replaced: dict[tuple[str, str, str], str] = {}
    ignored = 0
    for where, case_id, row in rows:
        given_cells = (plain(row.get(named.get(key, ""))) for key in ("task", "label", "newlabel"))
        case_id, task, old, new = map(unguarded, (case_id, *given_cells))
        if not new:
            ignored += 1
            continue
        if not task:
            raise QueryError(f"{where}: new_label is filled, but task is empty; name the task")
        if case_id not in columns.row_of or task not in columns.labels:
            changes.setdefault(case_id, {})[task] = (new,)  # refused where it is written, with the nearest name
            continue
        before = columns.labels[task][columns.row_of[case_id]]
        if replaced.setdefault((case_id, task, old), new) != new:
            raise QueryError(f"{where}: case {case_id!r} gets {new!r} here and {replaced[case_id, task, old]!r} above")
        given, olds = (cells.labels(one, SEPARATOR, "a label") for one in (new, old))
        if gone := [label for label in olds if label not in before]:
            if set(given) <= set(before):
                continue  # done before
            now = few(before) or "unknown"
            raise QueryError(f"{where}: case {case_id!r} is not {gone[0]!r} in {task} any more; it is {now}")
        present = changes.get(case_id, {}).get(task, before)
        changes.setdefault(case_id, {})[task] = _replaced(present, olds, given)
    return LabelList(changes, (f"rows without a new_label, left as they are: {ignored}",) if ignored else ())


def _labels(cell: object, column: str) -> tuple[str, ...]:
    return cells.labels(cell if isinstance(cell, list) else plain(cell), SEPARATOR, column)


def _replaced(labels: tuple[str, ...], old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    """The labels with the new ones where the first of the old ones stood; the new ones alone where none is named."""
    if not old:
        return new
    put = [one for label in labels for one in (new if label == old[0] else (label,) if label not in old else ())]
    return tuple(dict.fromkeys(put))


def _put(changes: Changes, where: str, case_id: str, task: str, labels: tuple[str, ...]) -> None:
    before = changes.setdefault(case_id, {}).setdefault(task, labels)
    if before != labels:
        raise QueryError(f"{where}: case {case_id!r} is {few(labels)} here and {few(before)} above, in {task}")
