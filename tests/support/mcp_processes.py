"""Starting `dermtools mcp` and talking to it, by the official client or line by line."""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

COMMAND = (sys.executable, "-c", "from dermtools.cli import main; main()", "mcp")
"""What the installed command runs; by the interpreter, so that it need not be on the path."""
PATIENCE = 180
"""Seconds that a loaded machine may take for anything that takes a second: a safety net, never a measure."""
UNFORCED = (
    sys.executable,
    "-c",
    f"import dermtools.mcp.stopping as s; s.GRACE = {10 * PATIENCE}; from dermtools.cli import main; main()",
    "mcp",
)
"""As `COMMAND`, but a server that does not end by itself is not ended by force within a test's patience."""


def patched(*limits: str) -> tuple[str, ...]:
    """As `COMMAND`, with other limits of HTTP, each `NAME=value`."""
    changed = "; ".join(f"limits.{one}" for one in limits)
    return sys.executable, "-c", f"from dermtools.mcp import limits; {changed}; {COMMAND[2]}", "mcp"


def stdio(
    case_base: Path, *options: str, mode: str = "auto", errors: Path | None = None, **environment: str
) -> AbstractAsyncContextManager[Client]:
    """The official client, with a server process of its own."""

    @asynccontextmanager
    async def connected() -> AsyncIterator[Client]:
        parameters = StdioServerParameters(
            command=COMMAND[0], args=[*COMMAND[1:], str(case_base), *options], env={**os.environ, **environment}
        )
        with (errors or Path(os.devnull)).open("w") as log:
            async with Client(stdio_client(parameters, errlog=log), mode=mode, read_timeout_seconds=PATIENCE) as client:
                yield client

    return connected()


@dataclass(frozen=True)
class HttpServer:
    """A running server and where it listens."""

    url: str
    process: subprocess.Popen[str]
    _reader: threading.Thread
    _lines: list[str]

    @property
    def log(self) -> str:
        """Everything that the server, which has ended, wrote to standard error."""
        self._reader.join(PATIENCE)
        return "".join(self._lines)

    def client(self, *, mode: str = "auto", **headers: str) -> AbstractAsyncContextManager[Client]:
        """The official client."""

        @asynccontextmanager
        async def connected() -> AsyncIterator[Client]:
            async with (
                create_mcp_http_client(headers=headers) as http,
                Client(
                    streamable_http_client(self.url, http_client=http), mode=mode, read_timeout_seconds=PATIENCE
                ) as client,
            ):
                yield client

        return connected()


@contextmanager
def http_server(
    case_base: Path, *options: str, command: Sequence[str] = COMMAND, **environment: str
) -> Iterator[HttpServer]:
    """A server on a free port of loopback."""
    with subprocess.Popen(
        [*command, str(case_base), "--http", "127.0.0.1:0", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    ) as process:
        try:
            assert process.stderr is not None
            said: list[str] = []
            for line in process.stderr:
                said.append(line)
                found = re.search(r"http://\S+", line)
                if found:
                    break
            else:
                raise AssertionError(f"the server did not start: {''.join(said)}")
            reader = threading.Thread(target=said.extend, args=(process.stderr,), daemon=True)
            reader.start()
            yield HttpServer(found[0], process, reader, said)
        finally:
            process.terminate()
            process.wait(PATIENCE)


class RawStdio:
    """A server process that is sent lines as they are."""

    def __init__(self, case_base: Path, *options: str, command: Sequence[str] = COMMAND, **environment: str) -> None:
        self.process = subprocess.Popen(
            [*command, str(case_base), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
        )
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._errors = bytearray()
        self._more_errors = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_errors, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._more_errors:
                self._errors += line
                self._more_errors.notify_all()

    @property
    def errors(self) -> str:
        return self._errors.decode()

    def wait_for_error(self, text: str) -> bool:
        """Whether this has been written to standard error, as soon as it is."""
        with self._more_errors:
            return self._more_errors.wait_for(lambda: text in self.errors, PATIENCE)

    def send(self, message: dict[str, Any] | bytes) -> None:
        assert self.process.stdin is not None
        line = message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        """The next message; fails where none comes, or where something comes that is none."""
        message = json.loads(self._lines.get(timeout=PATIENCE))
        assert message["jsonrpc"] == "2.0"
        return message

    def ask(self, method: str, params: dict[str, Any] | None = None, *, number: int | str = 1) -> dict[str, Any]:
        """The reply to one request; notifications before it are passed over."""
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}})
        return self.reply(number)

    def reply(self, number: int | str) -> dict[str, Any]:
        while True:
            message = self.receive()
            if "method" not in message:
                assert message.get("id") == number, message
                return message

    def initialize(self) -> dict[str, Any]:
        params = {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        }
        reply = self.ask("initialize", params, number="init")
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return reply["result"]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue
