"""AutoGen's workbench, which needs an mcp before its second version, over chat completions."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from autogen_agentchat.agents import AssistantAgent
from autogen_core.tools import ImageResultContent, TextResultContent
from autogen_ext.models.openai import OpenAIChatCompletionClient
from autogen_ext.tools.mcp import McpWorkbench, StdioServerParams
from steps import PATIENCE, Answer, Given, drive


class Connected:
    def __init__(self, workbench: McpWorkbench, given: Given) -> None:
        self.workbench, self.given = workbench, given

    async def tools(self) -> dict[str, dict[str, Any]]:
        return {tool["name"]: dict(tool["parameters"]) for tool in await self.workbench.list_tools()}

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        parts = (await self.workbench.call_tool(name, arguments)).result
        pictures = [b64decode(part.content.to_base64()) for part in parts if isinstance(part, ImageResultContent)]
        return Answer("\n".join(part.content for part in parts if isinstance(part, TextResultContent)), pictures)

    async def turn(self, question: str) -> str:
        model = OpenAIChatCompletionClient(model="gpt-4.1", base_url=self.given.model_url)
        agent = AssistantAgent("assistant", model, workbench=self.workbench, max_tool_iterations=10)
        return (await agent.run(task=question)).messages[-1].to_text()


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Connected]:
    server = StdioServerParams(command=given.command[0], args=given.command[1:], read_timeout_seconds=PATIENCE)
    async with McpWorkbench(server) as workbench:
        yield Connected(workbench, given)


drive("autogen-ext", connect, {"whole turn with a picture": "its agent gives the model a result's text alone"})
