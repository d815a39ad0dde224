"""The server over standard input and output: one client, for as long as it keeps the input open."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import anyio
import mcp_types as types
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from dermtools.mcp.server import CaseBaseServer
from dermtools.mcp.stopping import call_on_signal, end_after_grace

logger = logging.getLogger(__name__)

MAX_MESSAGE = 48 * 1024 * 1024
"""Bytes of one message: a picture of 32 MiB as a `data:` URL still fits."""
WARM_UP_AFTER = 0.3
"""Seconds after the first list of tools, so that its reply is not delayed."""
_CHUNK = 1 << 16
_STDIN = 0


class MessageLines:
    """Lines of a descriptor as they come, bounded in length; of a longer one only a mark that is no message.

    Reads the descriptor itself: a thread that waits in a buffered reader would hold its lock while Python ends. The
    threads are daemons: one that waits for input must not keep a server that was told to stop.
    """

    def __init__(self, descriptor: int, *, max_bytes: int = MAX_MESSAGE) -> None:
        self._descriptor = descriptor
        self._max_bytes = max_bytes
        self._left = bytearray()

    async def __aiter__(self) -> AsyncIterator[str]:
        loop = asyncio.get_running_loop()
        while True:
            line: asyncio.Future[str] = loop.create_future()
            threading.Thread(target=self._read_into, args=(line,), daemon=True).start()
            text = await line
            if not text:
                return
            yield text

    def _read_into(self, line: asyncio.Future[str]) -> None:
        def give() -> None:
            if not line.done():
                line.set_result(text)

        try:
            text = self._next()
        except OSError:  # the other side is gone
            text = ""
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            line.get_loop().call_soon_threadsafe(give)

    def _next(self) -> str:
        """The next line; empty at the end."""
        searched, too_long = 0, False
        while (end := self._left.find(b"\n", searched)) < 0:
            if len(self._left) > self._max_bytes:
                too_long = True
                self._left.clear()
            searched = len(self._left)
            chunk = os.read(self._descriptor, _CHUNK)
            if not chunk:
                end = len(self._left) - 1
                break
            self._left += chunk
        line = bytes(self._left[: end + 1])
        del self._left[: end + 1]
        if too_long or len(line) > self._max_bytes:
            return "too long\n"
        return line.decode("utf-8", "replace")


async def serve_stdio(server: CaseBaseServer) -> None:
    """Serve until the input ends, the client goes away, or SIGTERM or SIGINT comes."""
    lines: Any = MessageLines(_STDIN)  # of a file, only its lines are used
    try:
        async with anyio.create_task_group() as group:
            await group.start(call_on_signal, group.cancel_scope.cancel)
            group.start_soon(_warm_up, server)
            async with stdio_server(stdin=lines) as (incoming, outgoing):
                well_formed, accepted = anyio.create_memory_object_stream[SessionMessage | Exception](0)

                async def check() -> None:
                    async with well_formed:
                        async for message in incoming:
                            if isinstance(message, Exception):
                                with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
                                    await outgoing.send(_refusal(message))
                            else:
                                await well_formed.send(message)

                group.start_soon(check)
                await server.protocol.run(accepted, outgoing, server.protocol.create_initialization_options())
                group.cancel_scope.cancel()
    except* (BrokenPipeError, ConnectionResetError):
        logger.info("the client went away")
    finally:
        end_after_grace()


async def _warm_up(server: CaseBaseServer) -> None:
    await server.listed.wait()
    await anyio.sleep(WARM_UP_AFTER)
    await server.warm_up()


def _refusal(problem: Exception) -> SessionMessage:
    """JSON-RPC 2.0, section 5.1: an error without an id for what cannot be read as a message."""
    details = problem.errors(include_input=False) if isinstance(problem, ValidationError) else []
    if details and all(detail["type"] != "json_invalid" for detail in details):
        error = types.ErrorData(code=types.INVALID_REQUEST, message="not a JSON-RPC message")
    else:
        reason = f"not JSON on one line of at most {MAX_MESSAGE:,} bytes"
        error = types.ErrorData(code=types.PARSE_ERROR, message=reason)
    return SessionMessage(types.JSONRPCError(jsonrpc="2.0", id=None, error=error))
