"""The typed tools over a case base, the toolkit, and an agent that decides when to look similar cases up.

    agent = create_derm_agent("openai:gpt-4.1", CaseBase.open("casebase"))
    print(agent.ask("Where on the body is this?", ["photo.jpg"]).text)

The tools' plain functions are `search_similar_cases(workspace, arguments, context)` and so on: every front end shares
them. Pictures have handles, and their bytes are in the `DermContext` of a run.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dermtools.agent.answer import AgentAnswer as AgentAnswer
    from dermtools.agent.context import DermContext as DermContext
    from dermtools.agent.conversation import Conversation as Conversation
    from dermtools.agent.derm_agent import DermAgent as DermAgent
    from dermtools.agent.derm_agent import create_derm_agent as create_derm_agent
    from dermtools.agent.events import Event as Event
    from dermtools.agent.events import Finished as Finished
    from dermtools.agent.events import TextDelta as TextDelta
    from dermtools.agent.events import ToolFinished as ToolFinished
    from dermtools.agent.events import ToolStarted as ToolStarted
    from dermtools.agent.exemplars import exemplar_messages as exemplar_messages
    from dermtools.agent.fetching import PictureFetcher as PictureFetcher
    from dermtools.agent.grants import ImageGrants as ImageGrants
    from dermtools.agent.image_store import ImageStore as ImageStore
    from dermtools.agent.method import AgentMethod as AgentMethod
    from dermtools.agent.middleware import PictureMiddleware as PictureMiddleware
    from dermtools.agent.middleware import human_message as human_message
    from dermtools.agent.toolkit import DermToolkit as DermToolkit
    from dermtools.agent.workspace import Workspace as Workspace

_HOMES = {
    "AgentAnswer": "answer",
    "AgentMethod": "method",
    "Conversation": "conversation",
    "DermAgent": "derm_agent",
    "DermContext": "context",
    "DermToolkit": "toolkit",
    "Event": "events",
    "Finished": "events",
    "ImageGrants": "grants",
    "ImageStore": "image_store",
    "PictureFetcher": "fetching",
    "PictureMiddleware": "middleware",
    "TextDelta": "events",
    "ToolFinished": "events",
    "ToolStarted": "events",
    "Workspace": "workspace",
    "create_derm_agent": "derm_agent",
    "exemplar_messages": "exemplars",
    "human_message": "middleware",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    # Lazy: importing LangChain's agents takes a while, and the other front ends need less.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
