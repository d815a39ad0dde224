"""The agent's graph: pictures leave its input before it is written down, and no trace of a run shows one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any, Self

from langchain_core.messages import BaseMessage, HumanMessage, convert_to_messages
from langgraph.graph.state import CompiledStateGraph

from dermtools.agent.middleware import without_pictures
from dermtools.tools import DermContext
from dermtools.tracing.handlers import private_traces

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig


class PrivateGraph(CompiledStateGraph[Any, Any, Any, Any]):
    """A compiled graph whose `stream` and `astream`, which all other ways to run it use, keep pictures in."""

    @classmethod
    def of(cls, graph: CompiledStateGraph[Any, Any, Any, Any]) -> Self:
        """The same graph, private."""
        return cls(**{name: value for name, value in graph.__dict__.items() if name != "__orig_class__"})

    def stream(
        self, input: Any, config: RunnableConfig | None = None, *, context: Any = None, **options: Any
    ) -> Iterator[Any]:
        parts: Any = super().stream(_by_handle(input, context), config, context=context, **options)
        with closing(parts):
            # The run is set up, handlers included, before its first part comes; nothing here may last beyond a yield.
            with private_traces(self.config, config):
                part = next(parts, parts)
            while part is not parts:
                yield part
                part = next(parts, parts)

    async def astream(
        self, input: Any, config: RunnableConfig | None = None, *, context: Any = None, **options: Any
    ) -> AsyncIterator[Any]:
        parts: Any = super().astream(_by_handle(input, context), config, context=context, **options)
        async with aclosing(parts):
            with private_traces(self.config, config):
                part = await anext(parts, parts)
            while part is not parts:
                yield part
                part = await anext(parts, parts)


def _by_handle(input: Any, context: Any) -> Any:
    """The input with pictures in the context, and their handles in its messages."""
    if not isinstance(input, dict) or not isinstance(context, DermContext) or "messages" not in input:
        return input
    given = input["messages"]
    if not isinstance(given, list | tuple | str | dict | BaseMessage):
        return input
    messages = convert_to_messages(given if isinstance(given, list) else [given])
    kept = [without_pictures(one, context) if isinstance(one, HumanMessage) else one for one in messages]
    return {**input, "messages": kept}
