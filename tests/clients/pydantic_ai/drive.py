"""Pydantic AI, over chat completions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent, BinaryContent, ModelRetry
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from steps import PATIENCE, Answer, Given, drive


class Connected:
    def __init__(self, toolset: MCPToolset[None], given: Given) -> None:
        model = OpenAIChatModel("gpt-4.1", provider=OpenAIProvider(base_url=given.model_url))
        self.toolset = toolset
        self.agent = Agent(model, toolsets=[toolset])

    async def tools(self) -> dict[str, dict[str, Any]]:
        return {tool.name: tool.input_schema for tool in await self.toolset.list_tools()}

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        try:
            result = await self.toolset.direct_call_tool(name, arguments)
        except ModelRetry as error:
            return Answer(error.message)
        parts = result if isinstance(result, list) else [result]
        pictures = [part.data for part in parts if isinstance(part, BinaryContent)]
        return Answer("\n".join(str(part) for part in parts if not isinstance(part, BinaryContent)), pictures)

    async def turn(self, question: str) -> str:
        return (await self.agent.run(question)).output


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Connected]:
    async with MCPToolset(StdioTransport(given.command[0], given.command[1:]), init_timeout=PATIENCE) as toolset:
        yield Connected(toolset, given)


drive("pydantic-ai-slim", connect)
