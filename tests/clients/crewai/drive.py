"""CrewAI with its own MCP tools, over chat completions. Each call starts a server of its own.

Tools are named after the server's whole command line, or by its hash where that is long: hence a script with a short
name. Over HTTP, it cannot end a connection on Python 3.11.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

os.environ["CREWAI_DISABLE_TELEMETRY"] = "true"

from crewai import LLM, Agent
from crewai.mcp import MCPServerStdio
from crewai.mcp.tool_resolver import MCPToolResolver
from crewai.tools import BaseTool
from steps import Answer, Given, drive

SERVER = MCPServerStdio(command="./dermtools")


class Connected:
    def __init__(self, tools: list[BaseTool], given: Given) -> None:
        self.by_name = {tool.name: tool for tool in tools}
        model = LLM("openai/gpt-4.1", base_url=given.model_url, api_key="k")
        self.agent = Agent(role="assistant", goal="answer", backstory="none", llm=model, mcps=[SERVER])

    async def tools(self) -> dict[str, dict[str, Any]]:
        return {name: tool.args_schema.model_json_schema() for name, tool in self.by_name.items()}

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        tool = next(tool for own, tool in self.by_name.items() if own.endswith(name))
        try:
            return Answer(str(await asyncio.to_thread(tool.run, **arguments)))
        except ValueError as error:  # The agent makes a text of it.
            return Answer(str(error))

    async def turn(self, question: str) -> str:
        return (await asyncio.to_thread(self.agent.kickoff, question)).raw


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Connected]:
    script = Path(SERVER.command)
    script.write_text(f"#!/bin/sh\nexec {shlex.join(given.command)}\n", encoding="utf-8")
    script.chmod(0o700)
    resolver = MCPToolResolver(None, logging.getLogger())
    yield Connected(await asyncio.to_thread(resolver.resolve, [SERVER]), given)


WHY = "it names a picture in a result and does not show it"
drive("crewai", connect, {"gets a picture": WHY, "whole turn with a picture": WHY})
