"""Questions to an agent that know of each other, and the decisions that it may wait for between."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from langgraph.types import Command

from dermtools.agent.answer import AgentAnswer
from dermtools.agent.events import STREAM_MODES, Event, Finished
from dermtools.agent.interrupts import Decision, Interruption, answers, interruptions, waits_for
from dermtools.agent.middleware import human_message
from dermtools.agent.turn import Turn, one_error
from dermtools.errors import QueryError
from dermtools.tools import DermContext

if TYPE_CHECKING:
    from langchain_core.messages import AnyMessage
    from langchain_core.runnables import RunnableConfig

    from dermtools.agent.derm_agent import DermAgent
    from dermtools.images import ImageSource
    from dermtools.tools.pictures.image_store import HeldImage


class Conversation:
    """Questions to one agent that know of each other. Not for two threads at once.

    It keeps its messages, unless the agent has a checkpointer. Pictures are in its context, never in messages.

    A run may wait for a person, by `HumanInTheLoopMiddleware` or any interrupt of LangGraph: then its answer has
    `waiting`, and `resume` goes on with decisions on it. That takes a checkpointer.

    `agent` answers; `thread_id` names the conversation to a checkpointer; `context` is what tools may see, `messages`
    what was said so far where there is no checkpointer.
    """

    def __init__(self, agent: DermAgent, *, thread_id: str | None = None, context: DermContext | None = None) -> None:
        self.agent = agent
        self.thread_id = thread_id or uuid.uuid4().hex
        self.context = context or agent.context_of(self.thread_id)
        self.messages: list[AnyMessage] = []
        self._seen: list[str] = []
        self._open: Turn | None = None

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
            QueryError: the conversation waits for a decision, or would have to without a checkpointer.
        """
        return _answer(self.stream(text, images))

    async def aask(self, text: str, images: Sequence[ImageSource] = ()) -> AgentAnswer:
        """As `ask`."""
        return _answer([event async for event in self.astream(text, images)])

    def stream(self, text: str, images: Sequence[ImageSource] = ()) -> Iterator[Event]:
        """What happens while the question is answered; the last event is `Finished`. Raises as `ask`."""
        self._no_decision_due(self.waiting())
        yield from self._events(*self._question(text, images))

    async def astream(self, text: str, images: Sequence[ImageSource] = ()) -> AsyncIterator[Event]:
        """As `stream`."""
        self._no_decision_due(await self.awaiting())
        async for event in self._aevents(*self._question(text, images)):
            yield event

    def waiting(self) -> list[Interruption]:
        """What the conversation waits for; of one that another process began, too."""
        if self.agent.graph.checkpointer is None:
            return []
        return interruptions(self.agent.graph.get_state(self._config).interrupts)

    async def awaiting(self) -> list[Interruption]:
        """As `waiting`."""
        if self.agent.graph.checkpointer is None:
            return []
        return interruptions((await self.agent.graph.aget_state(self._config)).interrupts)

    def resume(self, decisions: Sequence[Decision]) -> AgentAnswer:
        """Go on with a run that waits.

        Args:
            decisions: one for each action that waits, in their order: `"approve"`, `"reject"`, or as LangChain writes
                them, `{"type": "reject", "message": "..."}`. An interrupt of one's own takes what it asks for.

        Raises:
            ModelError: the model did not answer.
            QueryError: nothing waits, or the decisions do not fit; then it still waits.
        """
        return _answer(self.stream_resume(decisions))

    async def aresume(self, decisions: Sequence[Decision]) -> AgentAnswer:
        """As `resume`."""
        return _answer([event async for event in self.astream_resume(decisions)])

    def stream_resume(self, decisions: Sequence[Decision]) -> Iterator[Event]:
        """What happens from here on, as `stream` has it. Raises as `resume`."""
        given = answers(self.waiting(), decisions)
        messages = [] if self._open else self.agent.graph.get_state(self._config).values["messages"]
        yield from self._events(*self._resumed(given, messages))

    async def astream_resume(self, decisions: Sequence[Decision]) -> AsyncIterator[Event]:
        """As `stream_resume`."""
        given = answers(await self.awaiting(), decisions)
        messages = [] if self._open else (await self.agent.graph.aget_state(self._config)).values["messages"]
        async for event in self._aevents(*self._resumed(given, messages)):
            yield event

    @property
    def _config(self) -> RunnableConfig:
        return {"configurable": {"thread_id": self.thread_id}}

    @property
    def _options(self) -> dict[str, Any]:
        """Of the graph's stream."""
        return {"config": self._config, "context": self.context, "stream_mode": STREAM_MODES}

    def _no_decision_due(self, waiting: Sequence[Interruption]) -> None:
        if waiting:
            raise QueryError(f'the conversation {waits_for(waiting)}, e.g. resume(["reject"]), before you ask on')

    def _question(self, text: str, images: Sequence[ImageSource]) -> tuple[Turn, Any]:
        store = self.context.images
        handles = [image if isinstance(image, str) and image in store else store.add(image).handle for image in images]
        for handle in handles:
            self.agent.workspace.remark(handle, self.context)
        message = human_message(text, handles, id=uuid.uuid4().hex)
        return Turn(), {"messages": [*self.messages, message]}

    def _resumed(self, answered: dict[str, Any], messages: Sequence[AnyMessage]) -> tuple[Turn, Any]:
        turn = Turn.going_on(messages) if self._open is None else Turn(self._open.run)
        return turn, Command(resume=answered)

    def _events(self, turn: Turn, given: Any) -> Iterator[Event]:
        with one_error():
            for mode, data in self.agent.graph.stream(given, **self._options):
                yield from turn.events(mode, data)
        yield from self._end(turn)

    async def _aevents(self, turn: Turn, given: Any) -> AsyncIterator[Event]:
        with one_error():
            async for mode, data in self.agent.graph.astream(given, **self._options):
                for event in turn.events(mode, data):
                    yield event
        for event in self._end(turn):
            yield event

    def _end(self, turn: Turn) -> Iterator[Event]:
        kept = self.agent.graph.checkpointer is not None
        if (interrupted := turn.interrupted(kept=kept)) is not None:
            yield interrupted
        self._open = None if interrupted is None else turn
        if not kept:
            self.messages = turn.state["messages"]
        answer = turn.answer(self.agent, self._seen)
        self._seen = answer.seen
        yield Finished(answer)


def _answer(events: Iterator[Event] | Sequence[Event]) -> AgentAnswer:
    return next(event.answer for event in events if isinstance(event, Finished))
