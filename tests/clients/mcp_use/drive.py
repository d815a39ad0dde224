"""mcp-use, which needs an mcp before its second version, with an agent over chat completions."""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

os.environ["MCP_USE_ANONYMIZED_TELEMETRY"] = "false"

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_openai import ChatOpenAI
from mcp_use import MCPAgent, MCPClient
from mcp_use.agents.adapters.langchain_adapter import LangChainAdapter
from steps import Answer, Given, drive


class Connected:
    def __init__(self, client: MCPClient, tools: list[BaseTool], given: Given) -> None:
        self.by_name = {tool.name: tool for tool in tools}
        self.client, self.given = client, given

    async def tools(self) -> dict[str, dict[str, Any]]:
        functions = [convert_to_openai_tool(tool)["function"] for tool in self.by_name.values()]
        return {function["name"]: function["parameters"] for function in functions}

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        call = {"type": "tool_call", "id": "1", "name": name, "args": arguments}
        message = await self.by_name[name].ainvoke(call)
        blocks = message.content if isinstance(message.content, list) else []
        pictures = [base64.b64decode(block["data"]) for block in blocks if block["type"] == "image"]
        return Answer(message.text, pictures)

    async def turn(self, question: str) -> str:
        # Chat completions take no picture in a tool message; the Responses API does.
        shown = question == self.given.question_with_pictures
        model = ChatOpenAI(model="gpt-4.1", base_url=self.given.model_url, use_responses_api=shown)
        return str(await MCPAgent(llm=model, client=self.client, max_steps=10, memory_enabled=False).run(question))


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Connected]:
    server = {"command": given.command[0], "args": given.command[1:]}
    client = MCPClient.from_dict({"mcpServers": {"dermtools": server}})
    try:
        await client.create_all_sessions()
        yield Connected(client, await LangChainAdapter().create_tools(client), given)
    finally:
        await client.close_all_sessions()


drive("mcp-use", connect)
