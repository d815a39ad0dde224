"""Agno, over chat completions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from agno.agent import Agent
from agno.models.openai import OpenAIChat
from agno.tools.mcp import MCPTools
from mcp import StdioServerParameters
from steps import PATIENCE, Answer, Given, drive


class Connected:
    def __init__(self, toolkit: MCPTools, given: Given) -> None:
        model = OpenAIChat("gpt-4.1", base_url=given.model_url, api_key="k")
        self.toolkit = toolkit
        self.agent = Agent(model=model, tools=[toolkit], telemetry=False)

    async def tools(self) -> dict[str, dict[str, Any]]:
        return {name: function.parameters for name, function in self.toolkit.functions.items()}

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        result = await self.toolkit.functions[name].entrypoint(**arguments)
        return Answer(result.content, [picture.content for picture in result.images or ()])

    async def turn(self, question: str) -> str:
        return (await self.agent.arun(question)).content


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Connected]:
    server = StdioServerParameters(command=given.command[0], args=given.command[1:])
    async with MCPTools(server_params=server, transport="stdio", timeout_seconds=PATIENCE) as toolkit:
        yield Connected(toolkit, given)


drive("agno", connect)
