"""A MedImageInsight endpoint on the loopback address, which answers and fails as real ones do."""

from __future__ import annotations

import base64
import email.utils
import io
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image

from tests.support.patience import SAFETY_NET

SCALING_FACTOR = 4.51

Fault = Callable[["Handler"], None]
"""A way in which one request goes wrong."""


class EndpointServer(ThreadingHTTPServer):
    """Answers every row with a vector made from its picture or text, unless told to misbehave."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults: list[Fault] = []
        """Each one takes one request, in order."""
        self.reshape: Callable[[list[dict]], object] = lambda rows: rows
        """Last touch on the rows of a good answer."""
        self.refuse: Callable[[list], int | None] = lambda data: None
        """Status for a request with this data, every time it comes."""
        self.awaited_in_flight = 0
        """No request is answered before this many have been in flight at once."""
        self.bodies: list[dict] = []
        self.headers: list[dict[str, str]] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.lock = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/score"

    @property
    def batch_sizes(self) -> list[int]:
        return [len(body["input_data"]["data"]) for body in self.bodies]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing about clients that gave up, which is what time-out tests make them do."""


class Handler(BaseHTTPRequestHandler):
    server: EndpointServer

    def do_POST(self) -> None:
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with server.lock:
            server.in_flight += 1
            server.most_in_flight = max(server.most_in_flight, server.in_flight)
            server.bodies.append(body)
            server.headers.append({name.lower(): value for name, value in self.headers.items()})
            fault = server.faults.pop(0) if server.faults else None
            server.lock.notify_all()
            server.lock.wait_for(lambda: server.most_in_flight >= server.awaited_in_flight, timeout=SAFETY_NET)
        self.left = False
        try:
            data = body["input_data"]["data"]
            if fault is not None:
                fault(self)
            elif (status := server.refuse(data)) is not None:
                self.answer(status, b'{"detail": "refused"}')
            else:
                rows = [row_reply(image, text) for image, text in data]
                self.answer(200, json.dumps(server.reshape(rows)).encode())
        finally:
            self.leave()

    def leave(self) -> None:
        """No longer in flight; told before the answer goes out, for the client's next request may come at once."""
        with self.server.lock:
            self.server.in_flight -= not self.left
            self.left = True

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.leave()
        self.send_response(status)
        for name, value in {"Content_Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Keep the test output clean."""


def row_reply(image: str, text: str) -> dict:
    reply: dict = {"scaling_factor": SCALING_FACTOR}
    if image:
        picture = Image.open(io.BytesIO(base64.b64decode(image))).convert("L").resize((32, 32))
        values = np.asarray(picture, np.float64).ravel() - 100.5
        reply["image_features"] = [(values / np.linalg.norm(values)).tolist()]
    if text:
        values = np.random.default_rng(list(text.encode())).normal(size=1024)
        reply["text_features"] = (values / np.linalg.norm(values)).tolist()
    return reply


def status(code: int, **headers: str) -> Fault:
    return lambda handler: handler.answer(code, b'{"message": "secret-of-the-server"}', **headers)


def hang(until: threading.Event) -> Fault:
    """No answer before the event, at most for a minute."""
    return lambda handler: until.wait(60) and None


def drop(handler: Handler) -> None:
    handler.connection.close()


def page(handler: Handler) -> None:
    handler.answer(200, b"<html>Sign in</html>", Content_Type="text/html")


def http_date(seconds_from_now: float) -> str:
    return email.utils.formatdate(time.time() + seconds_from_now, usegmt=True)
