"""An agent that decides when to look similar cases up, and conversations with it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from dermtools.agent.answer import AgentAnswer, read_answer
from dermtools.agent.events import STREAM_MODES, Event, Finished, events_of
from dermtools.agent.middleware import human_message
from dermtools.errors import DermtoolsError, ModelError
from dermtools.prompting.asking.failures import call_errors, failed_reply, is_ours
from dermtools.tools import DermContext

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AnyMessage
    from langgraph.graph.state import CompiledStateGraph

    from dermtools.agent.toolkit import DermToolkit
    from dermtools.images import ImageSource
    from dermtools.prompting.files.library import Prompt
    from dermtools.tools import Workspace
    from dermtools.tools.pictures.image_store import HeldImage

Graph: TypeAlias = "CompiledStateGraph[Any, Any, Any, Any]"


@dataclass(eq=False, repr=False)
class DermAgent:
    """Answers questions about pictures with the tools over a case base. Made by `create_derm_agent`."""

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
        return self.toolkit.workspace

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


class Conversation:
    """Questions to one agent that know of each other. Not for two threads at once.

    It keeps its messages, unless the agent has a checkpointer. Pictures are in its context, never in messages.
    """

    def __init__(self, agent: DermAgent, *, thread_id: str | None = None, context: DermContext | None = None) -> None:
        self.agent = agent
        self.thread_id = thread_id or uuid.uuid4().hex
        self.context = context or DermContext()
        self.messages: list[AnyMessage] = []

    def attach(self, image: ImageSource, *, name: str | None = None, group_id: str | None = None) -> HeldImage:
        """Take a picture in; questions may name its handle.

        Raises:
            ImageError: it cannot be read, or there are too many.
        """
        held = self.context.images.add(image, name=name, group_id=group_id)
        self.agent.workspace.remark(held.handle, self.context)
        return held

    def ask(self, text: str, images: Sequence[ImageSource] = ()) -> AgentAnswer:
        """The answer to a question, with pictures attached to it.

        Args:
            text: the question.
            images: paths, bytes, `data:` URLs, open pictures, or handles of attached ones.

        Raises:
            ImageError: a picture cannot be read.
            ModelError: the model did not answer.
        """
        return next(event.answer for event in self.stream(text, images) if isinstance(event, Finished))

    async def aask(self, text: str, images: Sequence[ImageSource] = ()) -> AgentAnswer:
        """As `ask`."""
        events = [event async for event in self.astream(text, images)]
        return next(event.answer for event in events if isinstance(event, Finished))

    def stream(self, text: str, images: Sequence[ImageSource] = ()) -> Iterator[Event]:
        """What happens while the question is answered; the last event is `Finished`. Raises as `ask`."""
        question, run = self._run(text, images)
        state: Any = {}
        with _one_error():
            for mode, data in self.agent.graph.stream(**run):
                state = data if mode == "values" else state
                yield from events_of(mode, data)
        yield Finished(self._answer(question, state))

    async def astream(self, text: str, images: Sequence[ImageSource] = ()) -> AsyncIterator[Event]:
        """As `stream`."""
        question, run = self._run(text, images)
        state: Any = {}
        with _one_error():
            async for mode, data in self.agent.graph.astream(**run):
                state = data if mode == "values" else state
                for event in events_of(mode, data):
                    yield event
        yield Finished(self._answer(question, state))

    def _run(self, text: str, images: Sequence[ImageSource]) -> tuple[str, dict[str, Any]]:
        """Id of the question's message, and the arguments of the graph's stream."""
        store = self.context.images
        handles = [image if isinstance(image, str) and image in store else store.add(image).handle for image in images]
        for handle in handles:
            self.agent.workspace.remark(handle, self.context)
        message = human_message(text, handles, id=uuid.uuid4().hex)
        return str(message.id), {
            "input": {"messages": [*self.messages, message]},
            "config": {"configurable": {"thread_id": self.thread_id}},
            "context": self.context,
            "stream_mode": STREAM_MODES,
        }

    def _answer(self, question: str, state: dict[str, Any]) -> AgentAnswer:
        agent = self.agent
        messages: list[AnyMessage] = state["messages"]
        if agent.graph.checkpointer is None:
            self.messages = messages
        place = next(index for index, message in enumerate(messages) if message.id == question)
        case_base = agent.workspace.case_base
        return read_answer(
            messages[place + 1 :],
            before=messages[:place],
            structured=state.get("structured_response"),
            task=case_base.task(agent.task) if agent.task is not None else None,
            known=case_base.columns.row_of,
            max_model_calls=agent.max_model_calls,
        )


@contextmanager
def _one_error() -> Iterator[None]:
    """A failed call of the model as one line that says what happened."""
    try:
        yield
    except DermtoolsError:
        raise
    except call_errors() as error:
        if is_ours(error):
            raise
        raise ModelError(f"the model did not answer: {failed_reply(error).reason}") from error
