"""Which cases a deletion takes: cases by id, and whole groups."""

from __future__ import annotations

from collections.abc import Iterable

from dermtools.cases.columns import CaseColumns
from dermtools.cases.store import UNFINISHED, CaseStore
from dermtools.errors import QueryError
from dermtools.text import instead


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
        return store.delete(case_ids | cases_of(store.columns(), groups) if groups else case_ids)


def end_deletion(store: CaseStore) -> bool:
    """End a deletion that was killed, as every write does; whether there was one."""
    unfinished = (store.path / UNFINISHED).exists()
    if unfinished:
        with store.write():
            pass
    return unfinished


def cases_of(columns: CaseColumns, groups: Iterable[str]) -> set[str]:
    """Ids of all cases of groups; a QueryError names the nearest where one is unknown."""
    wanted = set(groups)
    for group in sorted(wanted - set(columns.group_ids)):
        raise QueryError(f"no group {group!r} in the case base; {instead(group, columns.group_ids, shown=5)}")
    return {case_id for case_id, group in zip(columns.case_ids, columns.group_ids, strict=True) if group in wanted}
