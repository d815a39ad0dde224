"""Group ids: those that a source gives, and those of cases that belong to nobody known. The two never meet."""

from __future__ import annotations

import re
from collections.abc import Iterable

GROUP_COLUMNS = ("group_id", "patient_id", "encounter_id", "lesion_id")
"""Columns that name a group, the preferred one first."""
_OWN, _GIVEN = "case:", "group:"
_RESERVED = (_OWN, _GIVEN, *(f"{column}:" for column in GROUP_COLUMNS))


def own_group(case_id: str) -> str:
    """The group of a case that belongs to nobody known: `case:ID`, which no given id becomes."""
    return _OWN + case_id


def given_group(group_id: str, column: str = "") -> str:
    """The group that a source names: the id as it stands, after `column:` where it is not the preferred column's.

    An id that looks like one of those made here is told apart by `group:` before it, so that two ids are one group
    only where they are one id of one column.
    """
    if column:
        return f"{column}:{group_id}"
    return f"{_GIVEN}{group_id}" if group_id.startswith(_RESERVED) else group_id


def nearly_alike(group_ids: Iterable[str]) -> list[list[str]]:
    """Given ids that differ only in case, white space or leading zeros, such as 007 and 7: one patient, or two."""
    spellings: dict[str, list[str]] = {}
    for group_id in dict.fromkeys(group_ids):
        if not group_id.startswith(_OWN):
            key = re.sub(r"(?<!\d)0+(?=\d)", "", "".join(group_id.casefold().split()))
            spellings.setdefault(key, []).append(group_id)
    return [ids for ids in spellings.values() if len(ids) > 1]
