"""A loopback server that speaks OpenAI's chat completions and Responses APIs, as strictly as the real one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self

from tests.support.loopback import LoopbackServer
from tests.support.openai_replies import Answer, Body, Drop, Fail, Hang, Hold, Reply, reply_body, wants_structure
from tests.support.openai_requests import OpenAISchemas, Refused, check_data_url, pictures
from tests.support.patience import SAFETY_NET

Script = Callable[[str, dict[str, Any]], Reply]
HAND = Answer("hand")
PATHS = {"/v1/chat/completions": "chat", "/v1/responses": "responses"}


@dataclass(frozen=True)
class Request:
    """A request that arrived, whether or not it was taken."""

    api: str
    body: dict[str, Any]
    headers: dict[str, str]
    at: float = field(default_factory=time.monotonic)
    refused: str | None = None

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.body["messages"] if self.api == "chat" else self.body["input"]

    @property
    def pictures(self) -> list[bytes]:
        """Encoded pictures in the order of the messages."""
        return [check_data_url(url) for url, _ in pictures(self.body)]

    @property
    def details(self) -> list[str | None]:
        return [detail for _, detail in pictures(self.body)]

    @property
    def structure(self) -> str:
        return wants_structure(self.api, self.body)


class OpenAIServer(LoopbackServer):
    """Serves on a free port of the loopback interface while used as a context manager.

    Args:
        schemas: OpenAI's schemas.
        script: replies in order; after the last, `default` for ever. Or a function of API and request body.
        json_schema: whether the model knows structured output.
        tools: whether the model knows tool calling.
    """

    def __init__(
        self,
        schemas: OpenAISchemas,
        script: Iterable[Reply] | Script = (),
        *,
        default: Reply = HAND,
        json_schema: bool = True,
        tools: bool = True,
    ) -> None:
        self.schemas = schemas
        self.requests: list[Request] = []
        self._script = script if callable(script) else None
        self._replies = [] if callable(script) else list(script)
        self._default = default
        self.json_schema, self.tools = json_schema, tools
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self.hung_up = threading.Event()
        """Set once a client has gone whose answer was held."""
        super().__init__(type("Handler", (_Handler,), {"openai": self}))

    @classmethod
    def at(cls, shared: Path, *args: Any, **options: Any) -> Self:
        """With the schemas of the shared folder."""
        return cls(OpenAISchemas(shared / "reference" / "openai-schemas.json"), *args, **options)

    @property
    def url(self) -> str:
        return f"{super().url}/v1"

    def __exit__(self, *error: Any) -> None:
        self._closing.set()
        super().__exit__(*error)

    def reply_to(self, api: str, body: dict[str, Any], headers: dict[str, str]) -> Reply:
        refused = self._why_refused(api, body, headers)
        with self._lock:
            self.requests.append(Request(api, body, headers, refused=refused))
            if refused is not None:
                return Fail(400, refused, "invalid_request_error")
            if self._script is not None:
                return self._script(api, body)
            return self._replies.pop(0) if self._replies else self._default

    def _why_refused(self, api: str, body: dict[str, Any], headers: dict[str, str]) -> str | None:
        if not headers.get("authorization", "").startswith("Bearer "):
            return "Missing bearer authentication in header."
        try:
            self.schemas.check_request(api, body)
        except Refused as error:
            return str(error)
        way = wants_structure(api, body)
        if way == "json_schema" and not self.json_schema:
            return "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."
        if body.get("tools") and not self.tools:
            return "This model does not support tools: tools is not supported."
        return None

    def wait(self, seconds: float) -> None:
        """Hang, but not longer than the server lives."""
        self._closing.wait(seconds)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    openai: OpenAIServer

    def do_POST(self) -> None:
        api = PATHS.get(self.path)
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if api is None:
            self._send_error(Fail(404, f"Unknown path {self.path}"))
            return
        reply = self.openai.reply_to(api, body, {name.lower(): value for name, value in self.headers.items()})
        match reply:
            case Fail():
                self._send_error(reply)
            case Body(data, content_type, status, headers):
                self._send(status, data, content_type, headers)
            case Drop():
                self._send(200, b'{"id": "half a rep', "application/json", {}, promised=4000)
                self.close_connection = True
            case Hang(seconds):
                self.openai.wait(seconds)
                self.close_connection = True
            case Hold():
                self.hold()
            case _:
                number = len(self.openai.requests)
                answer = reply_body(api, reply, body, sum(1 for _ in pictures(body)), number)
                self.openai.schemas.check_reply(api, answer)
                self._send(200, json.dumps(answer).encode(), "application/json", {})

    def hold(self) -> None:
        """Wait until the client hangs up."""
        self.connection.settimeout(SAFETY_NET)
        if self.connection.recv(1) == b"":
            self.openai.hung_up.set()
        self.close_connection = True

    def _send_error(self, fail: Fail) -> None:
        error = {"message": fail.message, "type": "error", "param": fail.param, "code": fail.code}
        self._send(fail.status, json.dumps({"error": error}).encode(), "application/json", fail.headers)

    def _send(
        self, status: int, data: bytes, content_type: str, headers: dict[str, str], promised: int | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(promised or len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Quiet."""
