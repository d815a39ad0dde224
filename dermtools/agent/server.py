"""The agent's graph for a LangGraph server, set up from environment variables: `langgraph dev` and its like."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dermtools.errors import DermtoolsError

if TYPE_CHECKING:
    from dermtools.agent.derm_agent import Graph
    from dermtools.images.kinds import OnWriting

CASE_BASE = "DERMTOOLS_CASEBASE"
"""Folder of the case base."""
MODEL = "DERMTOOLS_MODEL"
"""`provider:model`."""
BASE_URL = "DERMTOOLS_BASE_URL"
"""Address of the model's service, where it is not the provider's own."""
TASK = "DERMTOOLS_TASK"
"""Answer this task; by default the agent converses freely."""
PICTURES = "DERMTOOLS_PICTURES"
"""Folder for pictures; by default they are in the server's store."""
SHOW_PICTURES = "DERMTOOLS_SHOW_PICTURES"
"""`0` for a model that takes text only."""
CHECK_TEXT = "DERMTOOLS_CHECK_TEXT"
"""`refuse` or `flag` pictures with writing drawn in."""


def make_graph(environment: Mapping[str, str] | None = None) -> Graph:
    """The agent's graph; the server adds its store and checkpointer.

    Make it once, where a module is imported: `graph = make_graph()`. A server calls a function that it is given
    instead for every request, in its event loop.

    Args:
        environment: instead of the process's own.

    Raises:
        DermtoolsError: a variable is missing or says what is not possible, the case base cannot be opened, or the
            model cannot be set up.
    """
    from dermtools.agent.factory import create_derm_agent
    from dermtools.prompting.asking.models import chat_model
    from dermtools.retrieval import CaseBase
    from dermtools.tools.pictures.picture_folder import PicturesInFolder

    given = os.environ if environment is None else environment
    base_url, folder = given.get(BASE_URL), given.get(PICTURES)
    case_base = CaseBase.open(_needed(given, CASE_BASE, "the folder of a case base"))
    options: dict[str, Any] = {"base_url": base_url} if base_url else {}
    agent = create_derm_agent(
        chat_model(_needed(given, MODEL, "a chat model, e.g. openai:gpt-4.1"), **options),
        case_base,
        task=given.get(TASK) or None,
        show_pictures=_chosen(given, SHOW_PICTURES, {"": True, "1": True, "0": False}),
        check_text=_chosen(given, CHECK_TEXT, _ON_WRITING),
        picture_store=PicturesInFolder(folder) if folder else None,
    )
    # What the first question would wait for.
    _ = case_base.snapshot, case_base.embedder
    return agent.graph


_ON_WRITING: dict[str, OnWriting | None] = {"": None, "refuse": "refuse", "flag": "flag"}


def _needed(given: Mapping[str, str], name: str, what: str) -> str:
    if value := given.get(name, "").strip():
        return value
    raise DermtoolsError(f"{name} is not set; it names {what}")


def _chosen(given: Mapping[str, str], name: str, choices: Mapping[str, Any]) -> Any:
    value = given.get(name, "").strip()
    if value in choices:
        return choices[value]
    raise DermtoolsError(f"{name} is {value[:60]!r}; it may be {', '.join(filter(None, choices))}, or not set")
