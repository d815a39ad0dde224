"""smolagents with mcpadapt, which needs an mcp before its second version, over chat completions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp import StdioServerParameters
from smolagents import MCPClient, OpenAIModel, Tool, ToolCallingAgent
from smolagents.models import get_tool_json_schema
from steps import PATIENCE, Answer, Given, drive


class Connected:
    def __init__(self, tools: list[Tool], given: Given) -> None:
        self.by_name = {tool.name: tool for tool in tools}
        self.given = given

    async def tools(self) -> dict[str, dict[str, Any]]:
        return {name: get_tool_json_schema(tool)["function"]["parameters"] for name, tool in self.by_name.items()}

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        return Answer(str(await asyncio.to_thread(self.by_name[name], **arguments)))

    async def turn(self, question: str) -> str:
        model = OpenAIModel("gpt-4.1", api_base=self.given.model_url, api_key="k")
        agent = ToolCallingAgent(tools=list(self.by_name.values()), model=model, max_steps=10)
        return str(await asyncio.to_thread(agent.run, question))


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Connected]:
    server = StdioServerParameters(command=given.command[0], args=given.command[1:])
    client = await asyncio.to_thread(MCPClient, server, {"connect_timeout": PATIENCE}, structured_output=False)
    try:
        yield Connected(client.get_tools(), given)
    finally:
        await asyncio.to_thread(client.disconnect, None, None, None)


WHY = "its tools give the first block of a result, the text"
drive("smolagents", connect, {"gets a picture": WHY, "whole turn with a picture": WHY})
