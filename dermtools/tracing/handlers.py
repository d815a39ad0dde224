"""LangChain's callback handlers, made to see no picture: tracers of LangSmith, OpenTelemetry, and any other.

Each handler of a run gets a twin of a class derived from its own, which shares its state and redacts what it is told
before the handler's own method gets it. Twins are inherited as handlers are, so that all runs below see them too, and
a user's client, project, tags and metadata stay as they were.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.callbacks import BaseCallbackHandler, BaseCallbackManager, CallbackManager
from langchain_core.runnables.config import ensure_config, merge_configs, var_child_runnable_config
from langchain_core.tracers.context import _configure_hooks

from dermtools.tracing.redaction import redacted

if TYPE_CHECKING:
    from langchain_core.callbacks import Callbacks
    from langchain_core.runnables import RunnableConfig

Handler = TypeVar("Handler", bound=BaseCallbackHandler)
Model = TypeVar("Model")

_MARK = "_dermtools_redacts"
_THE_PROGRAMS_OWN = "langgraph.pregel."
"""Modules of the handlers that give a graph's messages to the program that asked for them: no trace."""


def private_handlers(callbacks: Callbacks) -> Callbacks:
    """The same handlers, or a copy of the manager with them, that see no picture."""
    if isinstance(callbacks, BaseCallbackManager):
        manager = callbacks.copy()
        manager.handlers = list(map(_twin, callbacks.handlers))
        manager.inheritable_handlers = list(map(_twin, callbacks.inheritable_handlers))
        return manager
    return None if callbacks is None else list(map(_twin, callbacks))


def private_callbacks(callbacks: Callbacks) -> Callbacks:
    """As `private_handlers`, and those too that the environment would add later, LangSmith's tracer for one."""
    configured = CallbackManager.configure(inheritable_callbacks=callbacks)
    for variable, *_ in _configure_hooks:
        if (standing := variable.get()) is not None:
            variable.set(_twin(standing))  # else LangChain would add it beside its twin
    if isinstance(callbacks, BaseCallbackManager):
        manager = callbacks.copy()
        manager.handlers, manager.inheritable_handlers = configured.handlers, configured.inheritable_handlers
        return private_handlers(manager)
    return private_handlers(configured.handlers) or None


def private_config(config: RunnableConfig | None) -> RunnableConfig:
    """The configuration of a run, whose handlers see no picture, nor do those of the runs below it."""
    callbacks = private_callbacks(ensure_config(config).get("callbacks"))
    return {**(config or {}), **({} if callbacks is None else {"callbacks": callbacks})}


@contextmanager
def private_traces(*configs: RunnableConfig | None) -> Iterator[None]:
    """All runs that begin inside, without a configuration of their own, see no picture; `configs` are merged in."""
    merged = merge_configs(var_child_runnable_config.get(), *configs)
    callbacks = private_callbacks(merged.get("callbacks"))
    inherited = var_child_runnable_config.get() or {}
    token = var_child_runnable_config.set({**inherited, "callbacks": callbacks})
    try:
        yield
    finally:
        var_child_runnable_config.reset(token)


def private_model(model: Model) -> Model:
    """The model, with the handlers that it brings along made to see no picture."""
    callbacks = getattr(model, "callbacks", None)
    copy: Callable[..., Model] | None = getattr(model, "model_copy", None)
    if not callbacks or copy is None:
        return model
    return copy(update={"callbacks": private_handlers(callbacks)})


def _twin(handler: Handler) -> Handler:
    kind: Any = type(handler)
    if hasattr(kind, _MARK) or kind.__module__.startswith(_THE_PROGRAMS_OWN):
        return handler
    twin: Handler = object.__new__(_redacting(kind))
    object.__setattr__(twin, "__dict__", handler.__dict__)
    for base in kind.__mro__:
        slots = base.__dict__.get("__slots__", ())
        for slot in [slots] if isinstance(slots, str) else slots:
            if not slot.startswith("__") or slot.startswith("__pydantic"):
                object.__setattr__(twin, slot, getattr(handler, slot, None))
    return twin


@cache
def _redacting(kind: type[Any]) -> type[Any]:
    events = {name: event for name in dir(kind) if name.startswith("on_") and callable(event := getattr(kind, name))}
    body = {
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__eq__": lambda self, other: self.__dict__ is getattr(other, "__dict__", None),
        "__hash__": lambda self: id(self.__dict__),
        _MARK: True,
    }
    metaclass: Any = type(kind)
    twin: type[Any] = metaclass(kind.__name__, (kind,), body | {name: _told(one) for name, one in events.items()})
    return twin


def _told(event: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(event):

        @wraps(event)
        async def later(self: Any, *values: Any, **named: Any) -> Any:
            return await event(self, *redacted(values), **redacted(named))

        return later

    @wraps(event)
    def now(self: Any, *values: Any, **named: Any) -> Any:
        return event(self, *redacted(values), **redacted(named))

    return now
