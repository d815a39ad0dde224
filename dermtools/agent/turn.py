"""One turn of a conversation: what it adds to the messages, from the stream of its run, and the answer in that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from langchain.agents.middleware import ModelCallLimitMiddleware

from dermtools.agent.answer import AgentAnswer, read_answer
from dermtools.agent.events import Event, Interrupted, events_of
from dermtools.agent.interrupts import NO_CHECKPOINTER, interruptions
from dermtools.errors import DermtoolsError, ModelError, QueryError
from dermtools.prompting.asking.failures import call_errors, failed_reply, is_ours

if TYPE_CHECKING:
    from langchain_core.messages import AnyMessage
    from langgraph.types import Interrupt

    from dermtools.agent.derm_agent import DermAgent

_LIMIT_NODE = f"{ModelCallLimitMiddleware.__name__}.before_model"
"""Writes only where the limit is reached: a reply that says so, and the end."""


class Turn:
    """Reads the stream of a run.

    What a turn adds is what its states hold beyond the first: middleware may take messages out, the question too, or
    write them anew, as summaries do.

    Args:
        earlier: what the turn has added already, where it goes on after an interrupt.
    """

    def __init__(self, earlier: Sequence[AnyMessage] = ()) -> None:
        self.state: dict[str, Any] = {}
        self._before: dict[str | None, AnyMessage] | None = None
        self._added: dict[str | None, AnyMessage] = {message.id: message for message in earlier}
        self._interrupts: list[Interrupt] = []
        self._limit_reached = False

    @classmethod
    def going_on(cls, messages: Sequence[AnyMessage]) -> Self:
        """After an interrupt: what stands after the last question is of this turn."""
        last = max((place for place, message in enumerate(messages) if message.type == "human"), default=-1)
        return cls(messages[last + 1 :])

    @property
    def run(self) -> list[AnyMessage]:
        """The messages that the turn added, in their order."""
        return list(self._added.values())

    def events(self, mode: str, data: Any) -> Iterator[Event]:
        """Take in a piece of the stream, and say what happens in it."""
        if mode == "updates":
            self._interrupts += data.get("__interrupt__", ())
            self._limit_reached |= bool(data.get(_LIMIT_NODE))
        if mode == "values":
            self._take(data)
        known = {*(self._before or ()), *self._added} if mode == "updates" else ()
        yield from events_of(mode, data, known)

    def _take(self, state: dict[str, Any]) -> None:
        self.state = state
        messages: list[AnyMessage] = state["messages"]
        if self._before is None:
            self._before = {message.id: message for message in messages if message.id not in self._added}
        for message in messages:
            if message.type != "human" and message.id not in self._before:
                self._added[message.id] = message

    def interrupted(self, *, kept: bool) -> Interrupted | None:
        """The event of a run that waits.

        Raises:
            QueryError: it waits, and its state is not `kept`.
        """
        if not self._interrupts:
            return None
        if not kept:
            raise QueryError(NO_CHECKPOINTER)
        return Interrupted(tuple(interruptions(self._interrupts)))

    def answer(self, agent: DermAgent, seen: Sequence[str]) -> AgentAnswer:
        """What the run says; cases `seen` in earlier turns may be cited."""
        case_base = agent.workspace.case_base
        return read_answer(
            self.run,
            before=list((self._before or {}).values()),
            seen_before=seen,
            structured=self.state.get("structured_response"),
            task=case_base.task(agent.task) if agent.task is not None else None,
            known=case_base.columns.row_of,
            limit_reached=agent.max_model_calls if self._limit_reached else None,
            waiting=interruptions(self._interrupts),
        )


@contextmanager
def one_error() -> Iterator[None]:
    """A failed call of the model as one line that says what happened."""
    try:
        yield
    except DermtoolsError:
        raise
    except call_errors() as error:
        if is_ours(error):
            raise
        raise ModelError(f"the model did not answer: {failed_reply(error).reason}") from error
