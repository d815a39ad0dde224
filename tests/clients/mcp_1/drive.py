"""The Python SDK before its second version, whose protocol knows only the handshake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from steps import Answer, Given, blocks, drive


class Session:
    def __init__(self, session: ClientSession) -> None:
        self.session = session

    async def tools(self) -> dict[str, dict[str, Any]]:
        return {tool.name: tool.inputSchema for tool in (await self.session.list_tools()).tools}

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        return blocks((await self.session.call_tool(name, arguments)).content)


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Session]:
    server = StdioServerParameters(command=given.command[0], args=given.command[1:])
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        yield Session(session)


drive("mcp", connect)
