"""Connections that keep the server waiting are ended."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from dermtools.mcp.limits import MAX_BODY
from dermtools.retrieval import CaseBase
from tests.support.mcp_processes import PATIENCE, HttpServer, http_server, patched
from tests.support.mcp_requests import HEADERS, INITIALIZE


@pytest.fixture(scope="module")
def strict(case_base: CaseBase) -> Iterator[HttpServer]:
    """Little patience with heads and with refused bodies; four connections."""
    with http_server(
        case_base.path, command=patched("HEAD_SECONDS=0.3", "REST_SECONDS=0.3", "MAX_CONNECTIONS=4")
    ) as server:
        yield server


def connected(server: HttpServer) -> socket.socket:
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=PATIENCE)


def ends(connection: socket.socket) -> bool:
    """Whether the server ends the connection; fails after `PATIENCE` where it does not."""
    try:
        while connection.recv(1000):
            continue
    except ConnectionResetError:
        pass
    return True


@pytest.mark.parametrize("sent", [b"", b"POST /mcp HTTP/1.1\r\nHost: local"])
def test_a_head_that_does_not_come_ends_the_connection(strict: HttpServer, sent: bytes) -> None:
    with connected(strict) as connection:
        connection.sendall(sent)
        assert ends(connection)


def test_a_head_that_comes_letter_by_letter_ends_the_connection(strict: HttpServer) -> None:
    with connected(strict) as connection:
        connection.sendall(b"POST /mcp HTTP/1.1\r\n")
        connection.settimeout(0.05)
        for number in range(100 * PATIENCE):
            try:
                connection.sendall(b"X-%d: x\r\n" % number)
                if not connection.recv(1000):
                    return
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                return
    raise AssertionError("the server went on waiting")


def test_a_refused_body_that_does_not_end_ends_the_connection(strict: HttpServer) -> None:
    with connected(strict) as connection:
        host = urlsplit(strict.url).netloc
        connection.sendall(f"POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n".encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 413")
        assert ends(connection)


def test_too_many_connections_are_told_to_come_later(case_base: CaseBase) -> None:
    with http_server(case_base.path, command=patched("MAX_CONNECTIONS=4")) as server, ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(connected(server))
        refused = stack.enter_context(connected(server)).recv(1000)
        assert refused.startswith(b"HTTP/1.1 503")
        assert b"\r\nRetry-After: " in refused


def test_a_connection_may_carry_one_request_after_another(strict: HttpServer) -> None:
    with httpx.Client(timeout=PATIENCE) as client:
        for _ in range(3):
            assert client.post(strict.url, json=INITIALIZE, headers=HEADERS).status_code == 200
