"""OpenAI's Agents SDK, over the Responses API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from agents import Agent, OpenAIResponsesModel, Runner, set_tracing_disabled
from agents.mcp import MCPServerStdio, MCPUtil
from openai import AsyncOpenAI
from steps import PATIENCE, Answer, Given, blocks, drive


class Connected:
    def __init__(self, server: MCPServerStdio, given: Given) -> None:
        model = OpenAIResponsesModel("gpt-4.1", AsyncOpenAI(base_url=given.model_url))
        self.server = server
        self.agent = Agent("assistant", model=model, mcp_servers=[server])

    async def tools(self) -> dict[str, dict[str, Any]]:
        functions = [MCPUtil.to_function_tool(tool, self.server, False) for tool in await self.server.list_tools()]
        return {function.name: function.params_json_schema for function in functions}

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        return blocks((await self.server.call_tool(name, arguments)).content)

    async def turn(self, question: str) -> str:
        return (await Runner.run(self.agent, question)).final_output


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Connected]:
    set_tracing_disabled(True)
    command = {"command": given.command[0], "args": given.command[1:]}
    async with MCPServerStdio(command, cache_tools_list=True, client_session_timeout_seconds=PATIENCE) as server:
        yield Connected(server, given)


drive("openai-agents", connect)
