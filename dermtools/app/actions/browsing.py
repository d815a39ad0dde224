"""The cases of the case base, page by page in any order, and all that is known of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.app.actions.searching import case_facts
from dermtools.errors import QueryError
from dermtools.retrieval.search.ordering import ordered

if TYPE_CHECKING:
    from dermtools.app.session import AppSession

PAGE = 500
CHOSEN = 20_000
"""Cases that can be chosen at once."""
ALSO = 24
"""Pictures of one patient, and nearest cases, that are shown beside a case."""


class OrderArguments(Arguments):
    """Which cases, and in which order."""

    where: str = ""
    sort: str = "case_id"
    descending: bool = False


class CasesArguments(OrderArguments):
    """Also, which of these."""

    first: int = Field(default=0, ge=0)
    count: int = Field(default=100, ge=0, le=PAGE)


class IdsArguments(OrderArguments):
    """Also, which of these."""

    first: int = Field(default=0, ge=0)
    count: int = Field(default=CHOSEN, ge=0, le=CHOSEN)


class FactsArguments(Arguments):
    """Cases by their id."""

    cases: tuple[str, ...] = Field(max_length=PAGE)


class CaseArguments(OrderArguments):
    """A case, among which others."""

    case: str
    nearest: int = Field(default=12, ge=0, le=ALSO)


def cases(session: AppSession, arguments: CasesArguments, _: Teller) -> dict[str, Any]:
    """How many cases there are, and one page of them; private attributes too, for the person alone sees them.

    Raises:
        QueryError: the condition cannot be met, or there is no column to sort by.
    """
    snapshot = session.opened.snapshot
    rows = ordered(snapshot, arguments.where, arguments.sort, descending=arguments.descending)
    page = rows[arguments.first : arguments.first + arguments.count].tolist()
    return {
        "total": len(rows),
        "first": arguments.first,
        "cases": [case_facts(case) for case in snapshot.columns.cases(page)],
        "version": snapshot.columns.version,
    }


def ids(session: AppSession, arguments: IdsArguments, _: Teller) -> dict[str, Any]:
    """Ids of a stretch of the cases in this order, for a choice that reaches beyond what is on the page.

    Raises:
        QueryError: as `cases`, or there are more than can be chosen at once.
    """
    snapshot = session.opened.snapshot
    rows = ordered(snapshot, arguments.where, arguments.sort, descending=arguments.descending)
    wanted = rows[arguments.first :]
    if arguments.count == CHOSEN and len(wanted) > CHOSEN:
        raise QueryError(f"{len(wanted):,} cases are more than the {CHOSEN:,} that can be chosen at once; filter them")
    return {"ids": [snapshot.columns.case_ids[row] for row in wanted[: arguments.count].tolist()]}


def facts(session: AppSession, arguments: FactsArguments, _: Teller) -> dict[str, Any]:
    """Of these cases, those that there are."""
    columns = session.opened.snapshot.columns
    rows = (columns.row_of.get(case_id) for case_id in arguments.cases)
    return {
        "cases": [case_facts(columns.case(row)) for row in rows if row is not None],
        "version": columns.version,
    }


def case(session: AppSession, arguments: CaseArguments, _: Teller) -> dict[str, Any]:
    """A case, its place among the others, its patient's further pictures, and the nearest cases of other patients.

    Raises:
        QueryError: there is no such case, or as `cases`.
    """
    case_base = session.opened
    snapshot = case_base.snapshot
    columns, row = snapshot.columns, snapshot.row(arguments.case)
    rows = ordered(snapshot, arguments.where, arguments.sort, descending=arguments.descending)
    place = np.flatnonzero(rows == row)
    around = {"place": None, "of": len(rows), "previous": None, "next": None}
    if len(place):
        at = int(place[0])
        around["place"] = at
        around["previous"] = columns.case_ids[rows[at - 1]] if at else None
        around["next"] = columns.case_ids[rows[at + 1]] if at + 1 < len(rows) else None
    group = sorted(snapshot.guard.rows_of_groups([columns.group_ids[row]]) - {row})
    found = case_base.search(case_id=arguments.case, k=arguments.nearest) if arguments.nearest else ()
    return {
        "case": case_facts(columns.case(row)),
        "width": int(columns.widths[row]),
        "height": int(columns.heights[row]),
        **around,
        "group": [case_facts(columns.case(one)) for one in group[:ALSO]],
        "group_size": len(group) + 1,
        "nearest": [{"rank": one.rank, "distance": one.distance, **case_facts(one.case)} for one in found],
        "version": columns.version,
    }


ACTIONS = [
    Action("cases", CasesArguments, cases),
    Action("ids", IdsArguments, ids),
    Action("facts", FactsArguments, facts),
    Action("case", CaseArguments, case),
]
