"""The Python SDK of today, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp import Client
from steps import Answer, Given, blocks, drive


class Connected:
    def __init__(self, client: Client) -> None:
        self.client = client

    async def tools(self) -> dict[str, dict[str, Any]]:
        return {tool.name: tool.input_schema for tool in (await self.client.list_tools()).tools}

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        return blocks((await self.client.call_tool(name, arguments)).content)


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Connected]:
    async with Client(given.url) as client:
        yield Connected(client)


drive("mcp", connect)
