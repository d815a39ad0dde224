"""Values of every column with counts, what a condition chooses of them, and the condition of what was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.retrieval.search import facets as counting
from dermtools.retrieval.search.choices import Choice, condition

if TYPE_CHECKING:
    from dermtools.app.session import AppSession


class FacetArguments(Arguments):
    """As of `retrieval.search.facets.facets`."""

    where: str = ""
    names: tuple[str, ...] = ()
    find: str = ""


def facets(session: AppSession, arguments: FacetArguments, _: Teller) -> counting.Facets:
    """Private attributes too: the person at this machine sees them.

    Raises:
        QueryError: the condition cannot be met, or there is no such column.
    """
    return counting.facets(session.opened.snapshot, arguments.where, arguments.names, arguments.find)


class ConditionArguments(Arguments):
    """What the person chose, by column."""

    choices: dict[str, Choice]
    rest: str = ""


def where(_: AppSession, arguments: ConditionArguments, __: Teller) -> dict[str, str]:
    """The condition, to be read and edited as text."""
    return {"where": condition(arguments.choices, arguments.rest)}


ACTIONS = [Action("facets", FacetArguments, facets), Action("where", ConditionArguments, where)]
