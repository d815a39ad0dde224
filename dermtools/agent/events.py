"""What happens in a run, as it happens: text, tool calls, the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.messages import AIMessage, ToolMessage

from dermtools.agent.answer import ANSWER_TOOL, AgentAnswer

MODEL_NODE = "model"
"""Name of the node of LangChain's agents that calls the model."""
STREAM_MODES: list[Literal["messages", "updates", "values"]] = ["messages", "updates", "values"]


@dataclass(frozen=True)
class TextDelta:
    """A piece of the agent's text."""

    text: str


@dataclass(frozen=True)
class ToolStarted:
    """The agent calls a tool."""

    call_id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class ToolFinished:
    """A tool gave its result, or its error."""

    call_id: str
    name: str
    text: str
    succeeded: bool
    data: dict[str, Any] | None
    """None for an error."""


@dataclass(frozen=True)
class Finished:
    """The run is over."""

    answer: AgentAnswer


Event = TextDelta | ToolStarted | ToolFinished | Finished


def events_of(mode: str, data: Any) -> Iterator[Event]:
    """Events in one piece of a LangGraph stream with `STREAM_MODES`, without those of the tool for the answer."""
    if mode == "messages":
        message, metadata = data
        if isinstance(message, AIMessage) and metadata.get("langgraph_node") == MODEL_NODE and message.text:
            yield TextDelta(str(message.text))
    elif mode == "updates":
        for update in data.values():
            for message in (update or {}).get("messages", ()):
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
