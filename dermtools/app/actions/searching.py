"""The nearest cases of pictures, of a case or of words, with all that the person at this machine may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.errors import QueryError
from dermtools.handles import CASE_PREFIX

if TYPE_CHECKING:
    from dermtools.app.session import AppSession
    from dermtools.cases.case import Case
    from dermtools.prediction import Query
    from dermtools.retrieval import Neighbors

LEFT_OUT_SHOWN = 60
MAX_K = 1000


class SearchArguments(Arguments):
    """As of `CaseBase.search`; `views` as of `search_views`."""

    query: str | None = None
    """Handle of a picture that was brought, or of a case."""
    views: tuple[str, ...] = ()
    """Handles of several pictures of one patient, searched together."""
    text: str | None = None
    k: Annotated[int, Field(ge=1, le=MAX_K)] = 12
    where: str | None = None
    max_per_group: int | None = None
    diversity: Literal["mmr", "balanced"] | None = None
    task: str | None = None

    @property
    def options(self) -> dict[str, Any]:
        """Those of `CaseBase.search`, apart from what is searched."""
        return {**self.model_dump(include={"k", "max_per_group", "diversity", "task"}), "where": self.where or None}


@dataclass(frozen=True, eq=False)
class LookedUp:
    """What a search found."""

    neighbors: Neighbors
    query: Query | None = None
    """None of several views."""
    views: tuple[Query, ...] = ()
    nearest_views: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """What was searched, in a few words."""
        return self.neighbors.query if self.query is None else self.query.name


def look_up(session: AppSession, arguments: SearchArguments) -> LookedUp:
    """The search itself; raises as `search`."""
    from dermtools.retrieval.search.pipeline import SearchOptions
    from dermtools.retrieval.views import search_views

    case_base = session.opened
    if sum(map(bool, (arguments.query, arguments.views, arguments.text))) != 1:
        raise QueryError("give a picture, several views of one patient, or words: one of them")
    if arguments.views:
        views = tuple(session.workspace.query(handle, session.context) for handle in arguments.views)
        joint = search_views(case_base, views, SearchOptions(**arguments.options))
        return LookedUp(joint.neighbors, None, views, joint.nearest_views)
    if arguments.query:
        query = session.workspace.query(arguments.query, session.context)
    else:
        query = case_base.query(text=arguments.text)
    return LookedUp(case_base.search(query=query, **arguments.options), query)


def search(session: AppSession, arguments: SearchArguments, _: Teller) -> dict[str, Any]:
    """Neighbours, nearest first; private attributes too, since nobody but the person sees the page.

    `votes` are each task's shares over the neighbours that carry a label of it, as `knn-vote` counts them. Of several
    views, each neighbour says to which it is nearest.

    Raises:
        QueryError: not exactly one of picture, views and words, or an option cannot be met.
        ImageError: a picture cannot be read.
    """
    case_base, looked_up = session.opened, look_up(session, arguments)
    found, query = looked_up.neighbors, looked_up.query
    itself = case_facts(case_base.case(query.case_id)) if query and query.case_id else None
    neighbors = [{"rank": one.rank, "distance": one.distance, **case_facts(one.case)} for one in found]
    if looked_up.views:
        neighbors = [{**one, "view": view} for one, view in zip(neighbors, looked_up.nearest_views, strict=True)]
    return {
        "query": {"handle": arguments.query, "name": looked_up.name, "case": itself},
        "neighbors": neighbors,
        "votes": _votes(found, [task.name for task in case_base.tasks]),
        "notes": list(found.notes),
        "left_out": [
            {"case_id": case_id, "handle": CASE_PREFIX + case_id, "why": why}
            for case_id, why in list(found.left_out.items())[:LEFT_OUT_SHOWN]
        ],
        "version": case_base.store.version,
    }


def _votes(found: Neighbors, tasks: list[str]) -> dict[str, dict[str, Any]]:
    """For each task, how many of the neighbours vote, and the share of each label, the largest first."""
    from dermtools.retrieval.search.votes import shares, voters

    of_task = {task: voters(found, task) for task in tasks}
    return {task: {"voters": len(voting), "shares": shares(voting)} for task, voting in of_task.items()}


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
