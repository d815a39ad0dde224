"""Strands Agents, over chat completions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp import StdioServerParameters
from mcp.client.stdio import stdio_client
from steps import PATIENCE, Answer, Given, drive
from strands import Agent
from strands.models.openai import OpenAIModel
from strands.tools.mcp import MCPClient


class Connected:
    def __init__(self, client: MCPClient, given: Given) -> None:
        self.client, self.given = client, given

    async def tools(self) -> dict[str, dict[str, Any]]:
        return {
            tool.tool_name: tool.tool_spec["inputSchema"]["json"]
            for tool in await asyncio.to_thread(self.client.list_tools_sync)
        }

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        blocks = (await self.client.call_tool_async("1", name, arguments))["content"]
        pictures = [block["image"]["source"]["bytes"] for block in blocks if "image" in block]
        return Answer("\n".join(block["text"] for block in blocks if "text" in block), pictures)

    async def turn(self, question: str) -> str:
        model = OpenAIModel(client_args={"base_url": self.given.model_url, "api_key": "k"}, model_id="gpt-4.1")
        agent = Agent(model, tools=await asyncio.to_thread(self.client.list_tools_sync), callback_handler=None)
        return str(await agent.invoke_async(question))


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Connected]:
    server = StdioServerParameters(command=given.command[0], args=given.command[1:])
    with MCPClient(lambda: stdio_client(server), startup_timeout=PATIENCE) as client:
        yield Connected(client, given)


WHY = "its pictures bear a field `format` that OpenAI's schemas do not name, which the strict server refuses"
drive("strands-agents", connect, {"whole turn with a picture": WHY})
