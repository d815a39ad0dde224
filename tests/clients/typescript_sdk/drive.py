"""The TypeScript SDK, on which most assistants stand; a small program of its own takes the calls."""

from __future__ import annotations

import asyncio
import base64
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from steps import Answer, Given, drive

HERE = Path(__file__).parent
VERSION = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]["@modelcontextprotocol/sdk"]
LONGEST_LINE = 32 * 2**20


class Connected:
    def __init__(self, process: Process) -> None:
        self.process = process

    async def _asked(self, **request: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        return json.loads(await self.process.stdout.readline())

    async def tools(self) -> dict[str, dict[str, Any]]:
        return {tool["name"]: tool["inputSchema"] for tool in (await self._asked())["tools"]}

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        blocks = (await self._asked(tool=name, arguments=arguments))["content"]
        pictures = [base64.b64decode(block["data"]) for block in blocks if block["type"] == "image"]
        return Answer("\n".join(block["text"] for block in blocks if block["type"] == "text"), pictures)


@asynccontextmanager
async def connect(given: Given) -> AsyncIterator[Connected]:
    process = await asyncio.create_subprocess_exec(
        "node",
        str(HERE / "client.mjs"),
        *given.command,
        cwd=given.modules,
        stdin=PIPE,
        stdout=PIPE,
        limit=LONGEST_LINE,
    )
    try:
        yield Connected(process)
    finally:
        process.stdin.close()
        await process.wait()


drive(VERSION, connect)
