"""The agent's graph: pictures leave its input before it is written down, and no trace of a run shows one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from langchain_core.runnables.config import ensure_config, merge_configs
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, StateUpdate

from dermtools.agent.incoming import messages_without_pictures
from dermtools.agent.run_context import run_context
from dermtools.tools import DermContext
from dermtools.tracing.handlers import private_traces

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from dermtools.tools import Workspace

_RUNTIME = "__pregel_runtime"
"""Where LangGraph keeps the runtime of the graph around this one, or of the server."""


class PrivateGraph(CompiledStateGraph[Any, Any, Any, Any]):
    """A compiled graph that moves pictures out of what it is given, before anything of it is written down.

    `stream` and `astream` do, which all other ways to run it use, and so do updates of its state. See `run_context` for
    where pictures go.

    `workspace` is what its tools work on.
    """

    def __init__(self, *, workspace: Workspace, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.workspace = workspace

    @classmethod
    def of(cls, graph: CompiledStateGraph[Any, Any, Any, Any], workspace: Workspace) -> Self:
        """The same graph, private, for pictures and cases of the workspace."""
        attributes = {name: value for name, value in graph.__dict__.items() if name != "__orig_class__"}
        return cls(**{**attributes, "workspace": workspace})

    def stream(
        self, input: Any, config: RunnableConfig | None = None, *, context: Any = None, **options: Any
    ) -> Iterator[Any]:
        """As a graph's own `stream`; pictures of `input` move to the context first."""
        input, context = self._prepared(input, context, self._config(config))
        parts: Any = super().stream(input, config, context=context, **options)
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
        """As `stream`."""
        input, context = await asyncio.to_thread(self._prepared, input, context, self._config(config))
        parts: Any = super().astream(input, config, context=context, **options)
        async with aclosing(parts):
            with private_traces(self.config, config):
                part = await anext(parts, parts)
            while part is not parts:
                yield part
                part = await anext(parts, parts)

    def bulk_update_state(self, config: RunnableConfig, supersteps: Sequence[Sequence[StateUpdate]]) -> RunnableConfig:
        """As a graph's own; pictures of the updates move to the context first."""
        return super().bulk_update_state(config, self._updates(supersteps, self._config(config)))

    async def abulk_update_state(
        self, config: RunnableConfig, supersteps: Sequence[Sequence[StateUpdate]]
    ) -> RunnableConfig:
        """As `bulk_update_state`."""
        updates = await asyncio.to_thread(self._updates, supersteps, self._config(config))
        return await super().abulk_update_state(config, updates)

    def _config(self, config: RunnableConfig | None) -> RunnableConfig:
        return ensure_config(merge_configs(self.config, config))

    def _prepared(self, input: Any, context: Any, config: RunnableConfig) -> tuple[Any, Any]:
        """Input and context of a run, with the pictures of the one in the other."""
        around = config.get("configurable", {}).get(_RUNTIME)
        given = getattr(around, "context", None) if context is None else context
        held = self._held(given, config, strict=context is not None)
        ours = given is None or isinstance(given, Mapping | DermContext)
        return _by_handle(input, held), held if ours else given

    def _updates(self, supersteps: Sequence[Sequence[StateUpdate]], config: RunnableConfig) -> list[list[StateUpdate]]:
        held = self._held(None, config)
        return [[step._replace(values=_by_handle(step.values, held)) for step in steps] for steps in supersteps]

    def _held(self, given: Any, config: RunnableConfig, *, strict: bool = False) -> DermContext:
        around = config.get("configurable", {}).get(_RUNTIME)
        store = getattr(around, "store", None)
        store = self.store if store is None else store
        return run_context(given, self.workspace, config=config, store=store, strict=strict) or DermContext()


def _by_handle(input: Any, context: DermContext) -> Any:
    """The input, or an update of the state, with its pictures in the context and their handles in its messages."""
    if isinstance(input, Command):
        return replace(input, update=_by_handle(input.update, context))
    if not isinstance(input, dict) or "messages" not in input:
        return input
    return {**input, "messages": messages_without_pictures(input["messages"], context)}
