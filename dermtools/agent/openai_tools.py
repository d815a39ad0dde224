"""What OpenAI's Responses API has to be told about tools."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_openai.chat_models.base import BaseChatOpenAI


class PlainToolSchemas(AgentMiddleware[Any, Any, Any]):
    """Says `strict: false` of every tool, for models of langchain-openai; others are left alone.

    The Responses API wants the field, and takes a tool without it for a strict one: then every argument is required,
    and defaults are lost (OpenAI, "Function calling: strict mode"). Arguments are validated here instead.
    """

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Send the request with the field."""
        return handler(_said(request))

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """As `wrap_model_call`."""
        return await handler(_said(request))


def _said(request: ModelRequest[Any]) -> ModelRequest[Any]:
    if not isinstance(request.model, BaseChatOpenAI):
        return request
    return request.override(model_settings={"strict": False, **request.model_settings})
