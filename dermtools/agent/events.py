"""What happens in a run, as it happens: text, tool calls, the answer."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from langchain.agents.middleware.internal_call_transformer import INTERNAL_CALL_METADATA_KEY
from langchain_core.messages import AIMessage, ToolMessage

from dermtools.agent.answer import AgentAnswer
from dermtools.agent.final_answer import ANSWER_TOOL
from dermtools.agent.interrupts import Interruption

MODEL_NODE = "model"
"""Name of the node of LangChain's agents that calls the model."""
STREAM_MODES: list[Literal["messages", "updates", "values"]] = ["messages", "updates", "values"]


@dataclass(frozen=True)
class TextDelta:
    """A piece of the agent's text.

    `text` follows on that of the piece before.
    """

    text: str


@dataclass(frozen=True)
class ToolStarted:
    """The agent calls a tool.

    `call_id` is in its `ToolFinished` too; `name` is the tool, `arguments` what the model gave.
    """

    call_id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class ToolFinished:
    """A tool gave its result, or its error.

    `call_id` is that of its `ToolStarted`, `name` the tool, `text` what the model is told; `succeeded` is false for an
    error.
    """

    call_id: str
    name: str
    text: str
    succeeded: bool
    data: dict[str, Any] | None
    """None for an error."""


@dataclass(frozen=True)
class Interrupted:
    """The run waits for decisions; `Conversation.resume` goes on with them.

    `waiting` are the decisions asked for.
    """

    waiting: tuple[Interruption, ...]


@dataclass(frozen=True)
class Finished:
    """The run is over, or waits after an `Interrupted`; see the answer's `waiting`.

    `answer` is what `ask` would have given.
    """

    answer: AgentAnswer


Event = TextDelta | ToolStarted | ToolFinished | Interrupted | Finished
"""One thing that happened in a streamed turn."""


def events_of(mode: str, data: Any, known: Container[str | None] = ()) -> Iterator[Event]:
    """Events in one piece of a LangGraph stream with `STREAM_MODES`, without those of the tool for the answer.

    Middleware may write messages anew that the state has already: those with `known` ids are no event. Nor is the text
    of models that middleware asks, to choose tools for one.
    """
    if mode == "messages":
        message, metadata = data
        ours = metadata.get("langgraph_node") == MODEL_NODE and INTERNAL_CALL_METADATA_KEY not in metadata
        if ours and isinstance(message, AIMessage) and message.text:
            yield TextDelta(str(message.text))
    elif mode == "updates":
        for update in data.values():
            # The update of an interrupt is a tuple, and a node may have none.
            for message in update.get("messages", ()) if isinstance(update, dict) else ():
                if message.id is None or message.id not in known:
                    yield from _tool_events(message)


def _tool_events(message: Any) -> Iterator[Event]:
    if isinstance(message, AIMessage):
        for call in message.tool_calls:
            if call["name"] != ANSWER_TOOL:
                yield ToolStarted(call["id"] or "", call["name"], dict(call["args"]))
    elif isinstance(message, ToolMessage) and message.name != ANSWER_TOOL:
        data = message.artifact if isinstance(message.artifact, dict) else None
        yield ToolFinished(
            message.tool_call_id, message.name or "", str(message.text), message.status == "success", data
        )
