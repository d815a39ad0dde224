"""FastMCP's client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from steps import Answer, Given, blocks, drive


class Connected:
    def __init__(self, client: Client[Any]) -> None:
        self.client = client

    async def tools(self) -> dict[str, dict[str, Any]]:
        return {tool.name: tool.input_schema for tool in await self.client.list_tools()}

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        return blocks((await self.client.call_tool(name, arguments, raise_on_error=False)).content)


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Connected]:
    async with Client(StdioTransport(given.command[0], given.command[1:])) as client:
        yield Connected(client)


drive("fastmcp", connect)
