"""The context of a run: what a program, a server's client or nobody gave, made one `DermContext`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

# Of typing_extensions, since pydantic wants it so before Python 3.12.
from typing_extensions import TypedDict

from dermtools.agent.store_pictures import PicturesInStore
from dermtools.errors import QueryError
from dermtools.text import one_line
from dermtools.tools import DermContext
from dermtools.tools.pictures.threads import Thread

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore

    from dermtools.tools import Workspace

MAX_CONDITION = 2000
"""Characters."""
MAX_GROUPS = 1000


class RunContext(TypedDict, total=False):
    """Context of a run as JSON, for clients of a server. A program may give a `DermContext` in its place."""

    where: Annotated[str, Field(description="Condition on every case that tools show, on attributes that are shown.")]
    hidden_groups: Annotated[list[str], Field(description="Patients or encounters whose cases no tool shows.")]


def thread_of(config: Mapping[str, Any] | None) -> Thread | None:
    """The conversation of a LangGraph configuration, and its user where a server has authenticated one."""
    configurable = (config or {}).get("configurable") or {}
    thread = configurable.get("thread_id")
    user = configurable.get("langgraph_auth_user_id")
    return None if thread is None or thread == "" else Thread(str(thread), "" if user is None else str(user))


def run_context(
    given: Any,
    workspace: Workspace,
    *,
    config: Mapping[str, Any] | None = None,
    store: BaseStore | None = None,
    otherwise: DermContext | None = None,
    strict: bool = False,
) -> DermContext | None:
    """The context of a run; None where it has none of its own and pictures could be kept nowhere.

    Pictures are where the `DermContext` has them; else in the place of the workspace, in the graph's store, or in
    memory, each thread's apart.

    Args:
        given: a `DermContext`; a `RunContext`; whatever else the graph's own nodes want, or None.
        workspace: with the case base.
        config: of the run; names the thread.
        store: of the graph.
        otherwise: what holds of a run without a `DermContext` of its own.
        strict: refuse what is no `RunContext`; else only its keys are looked at.

    Raises:
        QueryError: a bad `RunContext`.
    """
    if isinstance(given, DermContext):
        return given
    context = otherwise
    if isinstance(given, Mapping) and given:
        context = _of_json(given, workspace, otherwise or DermContext(), strict)
    thread = thread_of(config)
    if thread is None:
        return context
    places = workspace.picture_store or (PicturesInStore(store) if store is not None else workspace.in_memory)
    return replace(context or DermContext(), images=places.of(thread))


def _of_json(given: Mapping[str, Any], workspace: Workspace, base: DermContext, strict: bool) -> DermContext:
    """The context `base`, with a client's conditions beside its own."""
    known = RunContext.__annotations__
    if given.get("images"):
        raise QueryError("the context of a run takes no images; send pictures as image blocks of a message")
    if strict and (unknown := [key for key in given if key not in known and key != "images"]):
        raise QueryError(
            f"the context of a run takes {' and '.join(known)}, not {one_line(str(unknown[0]), 60)!r}; leave it out"
        )
    where, groups = given.get("where"), given.get("hidden_groups")
    if where is not None and not (isinstance(where, str) and where.strip() and len(where) <= MAX_CONDITION):
        raise QueryError(f"where in the context of a run is a condition of at most {MAX_CONDITION} characters")
    if groups is not None and not _are_texts(groups):
        raise QueryError(f"hidden_groups in the context of a run is a list of at most {MAX_GROUPS} group ids")
    if where is not None:
        # A client may be a stranger: its condition names shown attributes alone, or it could ask for private ones.
        workspace.case_base.snapshot.matching(where, workspace.case_base.attributes.shown)
    both = [f"({condition})" for condition in (base.where, where) if condition is not None]
    return replace(base, where=" AND ".join(both) or None, hidden_groups=base.hidden_groups | frozenset(groups or ()))


def _are_texts(groups: Any) -> bool:
    if not isinstance(groups, Sequence) or isinstance(groups, str | bytes):
        return False
    return len(groups) <= MAX_GROUPS and all(isinstance(group, str) for group in groups)
