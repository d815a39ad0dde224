"""An agent that decides when to look similar cases up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from dermtools.agent.answer import AgentAnswer
from dermtools.agent.conversation import Conversation
from dermtools.tools import DermContext
from dermtools.tools.pictures.threads import Thread

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langgraph.graph.state import CompiledStateGraph

    from dermtools.agent.toolkit import DermToolkit
    from dermtools.images import ImageSource
    from dermtools.prompting.files.library import Prompt
    from dermtools.tools import Workspace

Graph: TypeAlias = "CompiledStateGraph[Any, Any, Any, Any]"


@dataclass(eq=False, repr=False)
class DermAgent:
    """Answers questions about pictures with the tools over a case base. Made by `create_derm_agent`.

    `toolkit` has its tools, `model` is the chat model that calls them.
    """

    graph: Graph
    """The LangGraph agent, for graphs of one's own; give it a `DermContext`."""
    toolkit: DermToolkit
    model: BaseChatModel
    task: str | None
    """The task that it answers, as a label of its closed set; None for free conversation."""
    max_model_calls: int
    """Of one run."""
    max_tool_calls: int = 24
    """Of one run."""
    show_pictures: bool = True
    """Whether the model sees pictures, attached ones and those of tools."""
    policy: Prompt | None = None
    """When it is to look cases up; None leaves that to its own judgement."""

    @property
    def workspace(self) -> Workspace:
        """Case base, grants and pictures that its tools work on."""
        return self.toolkit.workspace

    def context_of(self, thread_id: str) -> DermContext:
        """That of a conversation, with the pictures that the workspace's picture store has of it, if it has one."""
        store = self.workspace.picture_store
        return DermContext() if store is None else DermContext(images=store.of(Thread(thread_id)))

    def conversation(self, *, thread_id: str | None = None, context: DermContext | None = None) -> Conversation:
        """Start a conversation, or resume the one that the checkpointer has under `thread_id`; see `DermContext`."""
        return Conversation(self, thread_id=thread_id, context=context)

    def ask(self, text: str, images: Sequence[ImageSource] = (), *, context: DermContext | None = None) -> AgentAnswer:
        """One question in a conversation of its own; raises as `Conversation.ask`."""
        return self.conversation(context=context).ask(text, images)

    async def aask(
        self, text: str, images: Sequence[ImageSource] = (), *, context: DermContext | None = None
    ) -> AgentAnswer:
        """As `ask`."""
        return await self.conversation(context=context).aask(text, images)
