"""Which cases a deletion takes: cases by id, and whole groups."""

from __future__ import annotations

from collections.abc import Iterable

from dermtools.cases.erasing import put_away
from dermtools.cases.store import UNFINISHED, CaseStore
from dermtools.errors import QueryError
from dermtools.retrieval.editing.choice import cases_of


def delete(store: CaseStore, case_ids: Iterable[str], groups: Iterable[str]) -> int:
    """Delete cases and groups in one transaction; unknown case ids are passed over. Returns how many cases went.

    Raises:
        QueryError: a group is unknown, or one text was given for a list.
        CaseBaseError: another process is writing.
    """
    if isinstance(case_ids, str) or isinstance(groups, str):
        raise QueryError("delete takes a list of ids, not one text")
    case_ids, groups = set(case_ids), list(groups)
    with store.write():
        columns = store.columns()
        away = put_away(store, set(groups) - set(columns.group_ids))
        ids = case_ids | cases_of(columns, [group for group in groups if group not in away])
        gone = store.delete(ids)
        if away and put_away(store, away):
            store.purge("cases that were put away are erased for good, and earlier versions with them")
        return gone


def end_deletion(store: CaseStore) -> bool:
    """End a deletion that was killed, as every write does; whether there was one."""
    unfinished = store.backend.has(UNFINISHED)
    if unfinished:
        with store.write():
            pass
    return unfinished
