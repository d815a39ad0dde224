"""The nearest cases of a picture, of a case or of words, with all that the person at this machine may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.errors import QueryError
from dermtools.handles import CASE_PREFIX

if TYPE_CHECKING:
    from dermtools.app.session import AppSession
    from dermtools.cases.case import Case


class SearchArguments(Arguments):
    """As of `CaseBase.search`."""

    query: str | None = None
    """Handle of a picture that was brought, or of a case."""
    text: str | None = None
    k: int = 12
    where: str | None = None
    max_per_group: int | None = None
    diversity: Literal["mmr", "balanced"] | None = None
    task: str | None = None


def search(session: AppSession, arguments: SearchArguments, _: Teller) -> dict[str, Any]:
    """Neighbours, nearest first; private attributes too, since nobody but the person sees the page.

    Raises:
        QueryError: not exactly one of picture and words, or an option cannot be met.
        ImageError: the picture cannot be read.
    """
    case_base = session.opened
    if bool(arguments.query) == bool(arguments.text):
        raise QueryError("give a picture or words, one of them")
    if arguments.query:
        query = session.workspace.query(arguments.query, session.context)
    else:
        query = case_base.query(text=arguments.text)
    found = case_base.search(
        query=query,
        k=arguments.k,
        where=arguments.where or None,
        max_per_group=arguments.max_per_group,
        diversity=arguments.diversity,
        task=arguments.task,
    )
    itself = case_base.case(query.case_id) if query.case_id else None
    return {
        "query": {"handle": arguments.query, "name": query.name, "case": itself and case_facts(itself)},
        "neighbors": [{"rank": one.rank, "distance": one.distance, **case_facts(one.case)} for one in found],
        "notes": list(found.notes),
        "version": case_base.store.version,
    }


def case_facts(case: Case) -> dict[str, Any]:
    """A case as the page shows it."""
    return {
        "case_id": case.case_id,
        "handle": CASE_PREFIX + case.case_id,
        "group_id": case.group_id,
        "split": case.split,
        "labels": {task: list(labels) for task, labels in case.labels.items()},
        "attributes": dict(case.attributes),
    }


ACTIONS = [Action("search", SearchArguments, search)]
