"""Google's Agent Development Kit, through LiteLLM over chat completions."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from google.adk.agents import LlmAgent
from google.adk.agents.invocation_context import InvocationContext
from google.adk.models.lite_llm import LiteLlm
from google.adk.runners import InMemoryRunner
from google.adk.tools.mcp_tool import McpToolset, StdioConnectionParams
from google.adk.tools.tool_context import ToolContext
from google.genai import types
from mcp import StdioServerParameters
from steps import PATIENCE, Answer, Given, drive


class Connected:
    def __init__(self, toolset: McpToolset, given: Given) -> None:
        model = LiteLlm("openai/gpt-4.1", api_base=given.model_url, api_key="k")
        self.toolset = toolset
        self.agent = LlmAgent(name="assistant", model=model, tools=[toolset])

    async def tools(self) -> dict[str, dict[str, Any]]:
        declared = [tool._get_declaration() for tool in await self.toolset.get_tools()]
        return {
            one.name: one.parameters_json_schema or one.parameters.model_dump(exclude_none=True) for one in declared
        }

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        tool = next(tool for tool in await self.toolset.get_tools() if tool.name == name)
        runner = InMemoryRunner(self.agent)
        session = await runner.session_service.create_session(app_name=runner.app_name, user_id="user")
        invocation = InvocationContext(
            session_service=runner.session_service, invocation_id="1", agent=self.agent, session=session
        )
        result = await tool.run_async(args=arguments, tool_context=ToolContext(invocation))
        blocks = result["content"]
        pictures = [base64.b64decode(block["data"]) for block in blocks if block["type"] == "image"]
        return Answer("\n".join(block["text"] for block in blocks if block["type"] == "text"), pictures)

    async def turn(self, question: str) -> str:
        runner = InMemoryRunner(self.agent)
        session = await runner.session_service.create_session(app_name=runner.app_name, user_id="user")
        message = types.Content(role="user", parts=[types.Part(text=question)])
        said = ""
        async for event in runner.run_async(user_id="user", session_id=session.id, new_message=message):
            if event.is_final_response() and event.content:
                said = "".join(part.text or "" for part in event.content.parts)
        return said


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Connected]:
    server = StdioServerParameters(command=given.command[0], args=given.command[1:])
    toolset = McpToolset(connection_params=StdioConnectionParams(server_params=server, timeout=PATIENCE))
    try:
        yield Connected(toolset, given)
    finally:
        await toolset.close()


WHY = "LiteLLM is given the whole result as JSON, the picture's bytes included"
drive("google-adk", connect, {"whole turn with a picture": WHY})
