"""Pictures on their way to the model and out of the state: attached ones by handle, those of tools beside them."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.config import get_config
from langgraph.runtime import Runtime

from dermtools.agent.incoming import holds_picture, without_pictures
from dermtools.agent.provider_rules import Rules, rules_for
from dermtools.agent.run_context import run_context
from dermtools.agent.shown import PICTURES, Showing
from dermtools.prompting.asking.asker import RetryPolicy
from dermtools.tools import DermContext, Workspace
from dermtools.tracing.handlers import private_traces

MAX_SHOWN = 24
"""Pictures in one request to the model: those of the last question, and the newest."""


class _RequestMiddleware(AgentMiddleware[Any, Any, Any], ABC):
    """Changes each request to the model."""

    @abstractmethod
    def changed(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        """The request as it is sent."""

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        with private_traces():
            return handler(self.changed(request))

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        with private_traces():
            # Apart from the event loop, in which a LangGraph store refuses to be read.
            return await handler(await asyncio.to_thread(self.changed, request))


class PictureMiddleware(_RequestMiddleware):
    """Shows pictures to the model in each request, and keeps their bytes out of the state.

    - A picture in a message gets a handle, and its bytes move to the run's context; see `run_context`. In a graph of
      your own, LangGraph's very first checkpoint of a run still has them, and so has its trace: attach beforehand
      (`human_message`), make it a `PrivateGraph`, or use the graph of a `DermAgent`, which is one.
    - Pictures that a tool's result names, and image blocks in the content of any tool, go where the model's provider
      takes them; see `dermtools.agent.provider_rules`.

    Args:
        workspace: where the pictures of cases are.
        show_attached: whether the model sees pictures, attached ones and those of tools; False for a model that takes
            text only, which can still give their handles to tools.
        max_shown: see `MAX_SHOWN`; a provider's own limit holds beside it.
        rules: instead of the table's, for every model or by the name of its class or provider.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        show_attached: bool = True,
        max_shown: int = MAX_SHOWN,
        rules: Rules | None = None,
    ) -> None:
        super().__init__()
        self._workspace = workspace
        self._show_pictures = show_attached
        self._max_shown = max_shown
        self._rules = rules

    def before_agent(self, state: Any, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Take the pictures out of the messages."""
        messages = list(filter(holds_picture, state["messages"]))
        context = self._context(runtime) if messages else None
        return None if context is None else {"messages": [without_pictures(one, context) for one in messages]}

    def changed(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        """The request with its pictures as its model is to get them."""
        context = self._context(request.runtime)
        return request.override(messages=self.shown(request.messages, request.model, context))

    def _context(self, runtime: Any) -> DermContext | None:
        given, store = getattr(runtime, "context", None), getattr(runtime, "store", None)
        return run_context(given, self._workspace, config=_running(), store=store)

    def shown(self, messages: Sequence[AnyMessage], model: Any, context: Any = None) -> list[AnyMessage]:
        """The messages with their pictures as `model` is to get them, for a graph of your own that calls it.

        Args:
            messages: as the state has them; they stay as they are.
            model: a chat model, whose provider's rules hold.
            context: the run's `DermContext`, which has the attached pictures.
        """
        held = context if isinstance(context, DermContext) else DermContext()
        rules = rules_for(model, self._rules)
        showing = Showing(self._workspace, held, rules, show=self._show_pictures, most=self._max_shown)
        return showing.messages(messages)


class RetriedCalls(AgentMiddleware[Any, Any, Any]):
    """Tries a failed call of the model again as chains do, and waits as long as the service asks."""

    def __init__(self, retry: RetryPolicy) -> None:
        super().__init__()
        self._retry = retry

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        return self._retry.retrying()(handler, request)

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        return await self._retry.async_retrying()(handler, request)


class PlainToolSchemas(_RequestMiddleware):
    """Says `strict: false` of every tool, for models of langchain-openai; others are left alone.

    The Responses API wants the field, and takes a tool without it for a strict one: then every argument is required,
    and defaults are lost (OpenAI, "Function calling: strict mode"). Arguments are validated here instead.
    """

    def changed(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        from langchain_openai.chat_models.base import BaseChatOpenAI

        # Without tools the field would be an argument of the request itself, which nobody takes.
        has_tools = bool(request.tools) or request.response_format is not None
        if not has_tools or not isinstance(request.model, BaseChatOpenAI):
            return request
        return request.override(model_settings={"strict": False, **request.model_settings})


def human_message(text: str, handles: Sequence[str] = (), *, id: str | None = None) -> HumanMessage:
    """A message with attached pictures named by their handles; what LangGraph may write down as it is."""
    return HumanMessage(text, additional_kwargs={PICTURES: list(handles)} if handles else {}, id=id)


def _running() -> RunnableConfig | None:
    """Configuration of the run that this is called in; None outside of one."""
    try:
        return get_config()
    except RuntimeError:
        return None
