"""A loopback server that stands for one provider's chat service, and holds each request against its rules."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.loopback import LoopbackServer
from tests.support.openai_replies import Call, Fail, Say
from tests.support.openai_requests import Refused

Reply = Say | Call | Fail
Script = Callable[[dict[str, Any]], Reply]


@dataclass(frozen=True)
class Request:
    """A request that arrived, whether or not it was taken."""

    body: dict[str, Any]
    pictures: list[bytes]
    """Decoded, in the order of the messages."""
    refused: str | None = None


class ProviderServer(LoopbackServer, ABC):
    """Answers as scripted what the provider would take, and the rest with its own error.

    Args:
        script: replies in order, or a function of the request's body.
    """

    def __init__(self, script: Iterable[Reply] | Script) -> None:
        self.requests: list[Request] = []
        self._script = script if callable(script) else None
        self._replies = [] if callable(script) else list(script)
        self._lock = threading.Lock()
        super().__init__(type("Handler", (_Handler,), {"provider": self}))

    @abstractmethod
    def check(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> None:
        """Raises Refused with what the provider would say."""

    @abstractmethod
    def pictures(self, body: dict[str, Any]) -> Iterator[bytes]:
        """Pictures of a request, decoded; Refused where one is broken."""

    @abstractmethod
    def error(self, status: int, message: str) -> dict[str, Any]:
        """The provider's error body."""

    @abstractmethod
    def answer(self, body: dict[str, Any], reply: Say | Call, number: int) -> dict[str, Any]:
        """The provider's reply body; `number` counts requests."""

    @abstractmethod
    def streamed(self, answer: dict[str, Any]) -> tuple[str, str]:
        """The same reply in pieces: content type and body."""

    def wants_stream(self, path: str, body: dict[str, Any]) -> bool:
        return bool(body.get("stream"))

    def respond(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> tuple[int, str, str]:
        """Status, content type and body."""
        with self._lock:
            try:
                self.check(path, headers, body)
                self.requests.append(Request(body, list(self.pictures(body))))
            except Refused as refused:
                self.requests.append(Request(body, [], str(refused)))
                return 400, "application/json", json.dumps(self.error(400, str(refused)))
            reply = self._script(body) if self._script is not None else self._replies.pop(0)
            number = len(self.requests)
        if isinstance(reply, Fail):
            return reply.status, "application/json", json.dumps(self.error(reply.status, reply.message))
        answer = self.answer(body, reply, number)
        if self.wants_stream(path, body):
            return 200, *self.streamed(answer)
        return 200, "application/json", json.dumps(answer)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: ProviderServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, content_type, text = self.provider.respond(self.path, headers, body)
        data = text.encode()
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def need(condition: object, message: str) -> None:
    """Raises Refused unless the condition holds."""
    if not condition:
        raise Refused(message)
