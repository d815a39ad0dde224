"""A loopback service that speaks just enough of OpenAI's chat completions: it answers by the question's picture."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.loopback import running

Answer = Callable[[str, str], str]
"""From the path below which it was asked (e.g. `/rag-5`) and the data URL of the last picture, to a label."""


class Service(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.calls: Counter[str] = Counter()
        self.guard = threading.Lock()

    def url(self, path: str = "") -> str:
        return f"http://127.0.0.1:{self.server_port}{path}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        path = self.path.removesuffix("/v1/chat/completions")
        with self.server.guard:
            self.server.calls[path] += 1
        label = self.server.answer(path, list(_pictures(body))[-1])
        reply = json.dumps(
            {
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": body["model"],
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": "stop",
                        "message": {"role": "assistant", "content": json.dumps({"label": label}), "refusal": None},
                    }
                ],
                "usage": {"prompt_tokens": 500, "completion_tokens": 8, "total_tokens": 508},
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_: object) -> None:
        pass


def _pictures(body: dict[str, Any]) -> Iterator[str]:
    for message in body["messages"]:
        if isinstance(message["content"], list):
            for part in message["content"]:
                if part["type"] == "image_url":
                    yield part["image_url"]["url"]


@contextmanager
def serving(answer: Answer) -> Iterator[Service]:
    service = Service(answer)
    with running(service):
        yield service
