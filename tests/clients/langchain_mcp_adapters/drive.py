"""LangChain's adapters, which need an mcp before its second version, with an agent over chat completions."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from langchain.agents import create_agent
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools
from langchain_openai import ChatOpenAI
from steps import Answer, Given, drive


class Connected:
    def __init__(self, tools: list[BaseTool], given: Given) -> None:
        self.by_name = {tool.name: tool for tool in tools}
        self.given = given

    async def tools(self) -> dict[str, dict[str, Any]]:
        functions = [convert_to_openai_tool(tool)["function"] for tool in self.by_name.values()]
        return {function["name"]: function["parameters"] for function in functions}

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        call = {"type": "tool_call", "id": "1", "name": name, "args": arguments}
        message = await self.by_name[name].ainvoke(call)
        pictures = [block["base64"] for block in message.content_blocks if block["type"] == "image"]
        return Answer(message.text, [base64.b64decode(picture) for picture in pictures])

    async def turn(self, question: str) -> str:
        # Chat completions take no picture in a tool message; the Responses API does.
        shown = question == self.given.question_with_pictures
        model = ChatOpenAI(model="gpt-4.1", base_url=self.given.model_url, use_responses_api=shown)
        agent = create_agent(model, list(self.by_name.values()))
        reply = await agent.ainvoke({"messages": [{"role": "user", "content": question}]})
        return reply["messages"][-1].text


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Connected]:
    server = {"transport": "stdio", "command": given.command[0], "args": given.command[1:]}
    async with MultiServerMCPClient({"dermtools": server}).session("dermtools") as session:
        yield Connected(await load_mcp_tools(session), given)


drive("langchain-mcp-adapters", connect)
