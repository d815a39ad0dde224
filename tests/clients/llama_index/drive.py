"""LlamaIndex, over chat completions. Each call connects anew, so it is driven over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike
from llama_index.tools.mcp import BasicMCPClient, McpToolSpec
from steps import PATIENCE, Answer, Given, drive


class Connected:
    def __init__(self, tools: list[FunctionTool], given: Given) -> None:
        self.by_name = {str(tool.metadata.name): tool for tool in tools}
        model = OpenAILike(
            "gpt-4.1", api_base=given.model_url, api_key="k", is_chat_model=True, is_function_calling_model=True
        )
        self.agent = FunctionAgent(tools=tools, llm=model)

    async def tools(self) -> dict[str, dict[str, Any]]:
        return {name: tool.metadata.get_parameters_dict() for name, tool in self.by_name.items()}

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        return Answer((await self.by_name[name].acall(**arguments)).content)

    async def turn(self, question: str) -> str:
        return str(await self.agent.run(question))


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Connected]:
    spec = McpToolSpec(BasicMCPClient(given.url, timeout=PATIENCE))
    yield Connected(await spec.to_tool_list_async(), given)


WHY = "it gives the model the whole result as one text, the picture's bytes included"
drive("llama-index-tools-mcp", connect, {"gets a picture": WHY, "whole turn with a picture": WHY})
