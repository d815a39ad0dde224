"""Cases and groups by name: those that there are, and one line on one that there is not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dermtools.errors import QueryError
from dermtools.text import instead

if TYPE_CHECKING:
    from dermtools.cases.columns import CaseColumns


def chosen(columns: CaseColumns, case_ids: Iterable[str], groups: Iterable[str]) -> set[str]:
    """Ids of these cases, and of all cases of these groups; a QueryError names the nearest of one there is not."""
    if isinstance(case_ids, str) or isinstance(groups, str):
        raise QueryError("give a list of ids, not one text")
    ids = set(case_ids)
    if unknown := sorted(ids - columns.row_of.keys()):
        raise QueryError(f"no case {unknown[0]!r} in the case base; {instead(unknown[0], columns.case_ids, shown=5)}")
    return ids | cases_of(columns, groups)


def cases_of(columns: CaseColumns, groups: Iterable[str]) -> set[str]:
    """Ids of all cases of groups; a QueryError names the nearest where one is unknown."""
    wanted = set(groups)
    index, found = columns.index("group_id"), set[str]()
    for group in sorted(wanted):
        if not len(rows := index.rows(group)):
            raise QueryError(f"no group {group!r} in the case base; {instead(group, columns.group_ids, shown=5)}")
        found.update(columns.case_ids[row] for row in rows.tolist())
    return found
