"""A loopback server that stands for LangSmith and keeps every byte it is sent, and the search for pictures in them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from langsmith import Client
from langsmith.run_helpers import tracing_context

from tests.support.loopback import LoopbackServer

WINDOW = 32
"""Any 64 characters in a row hold one whole aligned window of this length."""

_LIMITS = {
    "use_multipart_endpoint": False,
    "size_limit": 100,
    "size_limit_bytes": 20_000_000,
    "scale_up_nthreads_limit": 16,
    "scale_up_qsize_trigger": 1000,
    "scale_down_nempty_trigger": 4,
}
"""What LangSmith's `/info` says of batches."""


class LangSmithServer(LoopbackServer):
    """Takes runs as LangSmith does, one by one or in batches, while used as a context manager."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        super().__init__(type("Handler", (_Handler,), {"bodies": self.bodies}))

    def client(self, **options: Any) -> Client:
        return Client(api_url=self.url, api_key="k", **options)

    @contextmanager
    def tracing(self) -> Iterator[None]:
        """LangSmith switched on, as by its environment variables; all is sent at the end."""
        client = self.client()
        try:
            with tracing_context(enabled=True, client=client):
                yield
        finally:
            client.flush()
            client.cleanup()

    @property
    def sent(self) -> bytes:
        return b"\n".join(self.bodies)

    @property
    def runs(self) -> list[dict[str, Any]]:
        """Every run as it was first posted."""
        batches = [json.loads(body) for body in self.bodies]
        return [run for batch in batches for run in batch.get("post", ())]


class _Handler(BaseHTTPRequestHandler):
    bodies: list[bytes]

    def do_GET(self) -> None:
        self._answer(json.dumps({"version": "0.13.0", "batch_ingest_config": _LIMITS}).encode())

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers.get("content-length", 0))))
        self._answer(b"{}")

    def do_PATCH(self) -> None:
        self.do_POST()

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


def pictures_in(sent: bytes, pictures: Iterable[bytes]) -> int:
    """How many windows of the bytes that were sent are pieces of these pictures, raw or in base64."""
    pieces: set[bytes] = set()
    for picture in pictures:
        for text in (picture, *(base64.b64encode(picture[start:]) for start in range(3))):
            pieces |= {text[at : at + WINDOW] for at in range(0, len(text) - WINDOW, WINDOW)}
    return sum(sent[at : at + WINDOW] in pieces for at in range(len(sent) - WINDOW))
