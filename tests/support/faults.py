"""A proxy on loopback before an object store, which fails as networks and servers do."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Fault = Literal["pass", "busy", "busy-after", "cut", "cut-after", "slow"]
"""Of one request: `busy` is a 503, `cut` a connection that ends without an answer; `after` it was carried out."""
Rule = Callable[[str, str], Fault]
"""Method and path to what becomes of the request."""

_BUSY = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
_OWN = {"connection", "transfer-encoding", "keep-alive", "content-length", "date", "server"}
SLOW = 1.0
"""Seconds that a slow request waits before it is carried out."""


class FaultyProxy:
    """Forwards to a port of this machine; `rule` may be replaced while it runs. `faults` lists what was done amiss."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.rule: Rule = lambda method, path: "pass"
        self.faults: list[tuple[Fault, str, str]] = []
        self.asked: list[tuple[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def endpoint(self) -> str:
        """Where clients find it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[FaultyProxy]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def _handler(proxy: FaultyProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            fault = proxy.rule(self.command, self.path)
            proxy.asked.append((self.command, self.path))
            if fault != "pass":
                proxy.faults.append((fault, self.command, self.path))
            if fault == "slow":
                time.sleep(SLOW)
            if fault == "cut":
                self._cut()
            elif fault == "busy":
                self._answer(503, [("content-type", "application/xml")], _BUSY)
            else:
                status, headers, content = self._ask(body)
                if fault == "cut-after":
                    self._cut()
                elif fault == "busy-after":
                    self._answer(503, [("content-type", "application/xml")], _BUSY)
                else:
                    self._answer(status, headers, content)

        def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            connection = http.client.HTTPConnection("127.0.0.1", proxy.target, timeout=60)
            try:
                headers = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "content-length")}
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                content = answer.read()
                return answer.status, answer.getheaders(), content
            finally:
                connection.close()

        def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
            length = str(len(content))
            self.send_response(status)
            for name, value in headers:
                if name.lower() == "content-length" and self.command == "HEAD":
                    length = value
                elif name.lower() not in _OWN:
                    self.send_header(name, value)
            self.send_header("content-length", length)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def _cut(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _forward  # noqa: N815

    return Handler
