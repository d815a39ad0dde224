"""Semantic Kernel, whose MCP part needs an mcp before its second version, over chat completions."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from openai import AsyncOpenAI
from semantic_kernel import Kernel
from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.connectors.ai.function_calling_utils import kernel_function_metadata_to_function_call_format
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion
from semantic_kernel.connectors.mcp import MCPStdioPlugin
from semantic_kernel.contents import ImageContent, TextContent
from steps import PATIENCE, Answer, Given, drive


class Connected:
    def __init__(self, plugin: MCPStdioPlugin, given: Given) -> None:
        model = OpenAIChatCompletion("gpt-4.1", async_client=AsyncOpenAI(base_url=given.model_url))
        self.plugin = plugin
        self.functions = Kernel().add_plugin(plugin).functions
        self.agent = ChatCompletionAgent(service=model, plugins=[plugin], name="assistant")

    async def tools(self) -> dict[str, dict[str, Any]]:
        told = [kernel_function_metadata_to_function_call_format(one.metadata) for one in self.functions.values()]
        return {one["function"]["name"]: one["function"]["parameters"] for one in told}

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        contents = await self.plugin.call_tool(name, **arguments)
        pictures = [base64.b64decode(one.data_string) for one in contents if isinstance(one, ImageContent)]
        return Answer("\n".join(one.text for one in contents if isinstance(one, TextContent)), pictures)

    async def turn(self, question: str) -> str:
        return str(await self.agent.get_response(messages=question))


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Connected]:
    # Prompts of a server become functions for the model beside the tools; these steps are about tools.
    plugin = MCPStdioPlugin(
        "dermtools", given.command[0], args=given.command[1:], load_prompts=False, request_timeout=PATIENCE
    )
    async with plugin:
        yield Connected(plugin, given)


WHY = "its agent gives the model a result as one text, the picture's bytes included"
drive("semantic-kernel", connect, {"whole turn with a picture": WHY})
