"""The Inspector in its command-line mode; each request is a run of it, so it is driven over HTTP."""

from __future__ import annotations

import asyncio
import base64
import json
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from steps import Answer, Given, drive

PACKAGE = json.loads(Path(__file__).with_name("package.json").read_text(encoding="utf-8"))
VERSION = PACKAGE["dependencies"]["@modelcontextprotocol/inspector"]


class Connected:
    def __init__(self, given: Given) -> None:
        program = str(Path(given.modules) / ".bin" / "mcp-inspector")
        self.command = [program, "--cli", given.url, "--transport", "http", "--method"]

    async def _asked(self, *options: str) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(*self.command, *options, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
        out, errors = await process.communicate()
        if not out:
            raise RuntimeError(errors.decode())
        return json.loads(out)

    async def tools(self) -> dict[str, dict[str, Any]]:
        return {tool["name"]: tool["inputSchema"] for tool in (await self._asked("tools/list"))["tools"]}

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        given = [f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in arguments.items()]
        blocks = (await self._asked("tools/call", "--tool-name", name, "--tool-arg", *given))["content"]
        pictures = [base64.b64decode(block["data"]) for block in blocks if block["type"] == "image"]
        return Answer("\n".join(block["text"] for block in blocks if block["type"] == "text"), pictures)


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Connected]:
    yield Connected(given)


drive(VERSION, connect)
