"""The cases of the case base, page by page in any order, and all that is known of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.app.actions.searching import case_facts
from dermtools.retrieval.search.ordering import ordered

if TYPE_CHECKING:
    from dermtools.app.session import AppSession

PAGE = 500


class CasesArguments(Arguments):
    """Which cases, in which order, and which of these from where on."""

    where: str = ""
    sort: str = "case_id"
    descending: bool = False
    first: int = Field(default=0, ge=0)
    count: int = Field(default=100, ge=0, le=PAGE)


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
        "cases": [case_facts(snapshot.columns.case(row)) for row in page],
        "version": snapshot.columns.version,
    }


ACTIONS = [Action("cases", CasesArguments, cases)]
