"""Other splits for a case base, whole groups at a time: made anew, or as somebody says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dermtools.cases.case import SPLITS
from dermtools.cases.edits import Edit, edit, unchanged
from dermtools.cases.sources.rows import read_rows
from dermtools.cases.splits import DEFAULT_FRACTIONS, assign_splits, joined_groups
from dermtools.errors import QueryError
from dermtools.retrieval.editing.choice import cases_of
from dermtools.retrieval.editing.label_list import plain
from dermtools.retrieval.editing.outdated import outdated
from dermtools.text import counted, few, instead, name_key

if TYPE_CHECKING:
    from dermtools.cases.columns import CaseColumns
    from dermtools.cases.store import CaseStore

ELSEWHERE = "results of earlier evaluations are of the former splits: they compare with none that come now"


def split(
    store: CaseStore,
    given: Mapping[str, str] | None = None,
    *,
    fractions: Sequence[float] = DEFAULT_FRACTIONS,
    seed: int = 0,
    task: str | None = None,
) -> Edit:
    """Give the cases other splits, in one transaction that one command undoes; no group is ever torn.

    Args:
        store: of the case base.
        given: group to its split; all other groups stay where they are. None makes the splits of all cases anew, by
            group and by picture, as `assign_splits` does.
        fractions: of new splits: shares of train, valid and test.
        seed: of new splits.
        task: whose labels new splits balance; the first task by default.

    Raises:
        QueryError: a group, split or task is unknown, or two groups with the same picture would be in two splits.
        SourceError: the fractions are not three shares of one.
        CaseBaseError: another process is writing.
    """
    with store.write():
        columns = store.columns()
        if given is None:
            splits: Sequence[str | None] = _anew(store, columns, fractions, seed, task)
            how = f"made anew by group, seed {seed}"
        else:
            splits = _as_said(columns, given)
            how = f"of {counted(len(given), 'group')}, as said"
        changed = [row for row, (old, new) in enumerate(zip(columns.splits, splits, strict=True)) if old != new]
        if not changed:
            return unchanged(store, "split")
        ids, new = [columns.case_ids[row] for row in changed], [splits[row] for row in changed]
        counts = Counter(splits)
        now = ", ".join(f"{name} {counts[name]}" for name in (*SPLITS, None) if counts[name])
        what = f"splits {how}: {now}".replace("None", "none")
        done = edit(store, "split", what, len(changed), lambda table: table.set_cells(ids, {"split": new}))
    return done.model_copy(update={"notes": (ELSEWHERE, *outdated(store.path, "splits"))})


def read_split_list(path: Path, store: CaseStore) -> dict[str, str]:
    """Group to split, from a table with the columns `group_id` or `case_id`, and `split`; a case takes its group along.

    Raises:
        SourceError: the file is no table.
        QueryError: a column is missing, a case, group or split is unknown, or a group is put into two splits.
    """
    table = read_rows(path, wanted=("split",))
    if table.problems:
        raise QueryError(f"{path}: {table.problems[0].where} {table.problems[0].reason}")
    named = {name_key(column): column for column in table.columns}
    key = next((key for key in ("groupid", "caseid") if key in named), None)
    if key is None or "split" not in named:
        raise QueryError(f"{path}: the columns are {few(table.columns)}; needed are group_id or case_id, and split")
    columns = store.columns()
    groups, said = {*columns.group_ids}, dict[str, str]()
    for row in table.rows:
        name, where = plain(row.cells.get(named[key])), plain(row.cells.get(named["split"]))
        if not name or not where:
            continue
        if key == "caseid":
            if name not in columns.row_of:
                raise QueryError(f"{row.where}: no case {name!r}; {instead(name, columns.case_ids, shown=5)}")
            name = columns.group_ids[columns.row_of[name]]
        elif name not in groups:
            raise QueryError(f"{row.where}: no group {name!r}; {instead(name, columns.group_ids, shown=5)}")
        if where not in SPLITS:
            raise QueryError(f"{row.where}: no split {where!r}; {instead(where, SPLITS)}")
        if said.setdefault(name, where) != where:
            raise QueryError(f"{row.where}: group {name!r} would be in {said[name]} and {where}; give it one split")
    return said


def _anew(
    store: CaseStore, columns: CaseColumns, fractions: Sequence[float], seed: int, task: str | None
) -> Sequence[str | None]:
    names = [one.name for one in store.manifest.tasks]
    if task is not None and task not in names:
        raise QueryError(f"no task {task!r} in the case base; {instead(task, names)}")
    cases = [case.model_copy(update={"split": None}) for case in columns.cases(range(len(columns)))]
    balanced = task or next(iter(names), None)
    made = assign_splits(cases, seed=seed, fractions=fractions, task=balanced, contents=columns.content_hashes)
    return [case.split for case in made.cases]


def _as_said(columns: CaseColumns, given: Mapping[str, str]) -> Sequence[str | None]:
    cases_of(columns, given)
    if wrong := next((one for one in given.values() if one not in SPLITS), None):
        raise QueryError(f"no split {wrong!r}; {instead(wrong, SPLITS)}")
    splits = [given.get(group, split) for group, split in zip(columns.group_ids, columns.splits, strict=True)]
    units = joined_groups(columns.group_ids, columns.content_hashes)
    of_unit: dict[str, dict[str, str]] = {}
    for unit, group, now in zip(units, columns.group_ids, splits, strict=True):
        if now is not None:
            of_unit.setdefault(unit, {}).setdefault(now, group)
    # What was torn before is none of this edit's making, where it names none of these groups.
    for unit in {unit for unit, group in zip(units, columns.group_ids, strict=True) if group in given}:
        if len(of_unit.get(unit, ())) > 1:
            apart = few([f"{group!r} in {where}" for where, group in of_unit[unit].items()])
            raise QueryError(f"groups that share a picture would be in two splits: {apart}; give them the same one")
    return splits
