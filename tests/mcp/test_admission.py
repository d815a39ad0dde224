"""Requests over HTTP beyond what the server takes: refused at once, unread, and nobody else waits for it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from dermtools.mcp.admission import Place
from dermtools.mcp.limits import LARGE_BODY, MAX_BODY
from dermtools.retrieval import CaseBase
from tests.support.mcp_processes import PATIENCE, HttpServer, http_server, patched
from tests.support.mcp_requests import HEADERS, INITIALIZE, modern_call

HALF = b'{"jsonrpc": "2.0", '


@contextmanager
def begun(server: HttpServer, length: int, *extra: str) -> Iterator[socket.socket]:
    """A request that the server has let in and waits for the body of."""
    with raw(server) as connection:
        connection.sendall(head(server, f"Content-Length: {length}", "Expect: 100-continue", *extra))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        yield connection


def raw(server: HttpServer) -> socket.socket:
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=PATIENCE)


def head(server: HttpServer, *lines: str) -> bytes:
    named = [f"{name}: {value}" for name, value in HEADERS.items()]
    start = ["POST /mcp HTTP/1.1", f"Host: {urlsplit(server.url).netloc}", *named, *lines]
    return "\r\n".join([*start, "", ""]).encode()


def reply_of(connection: socket.socket) -> bytes:
    """What the server says until it ends the connection, or its first piece."""
    return connection.recv(100_000)


def initialized(server: HttpServer) -> httpx.Response:
    return httpx.post(server.url, json=INITIALIZE, headers=HEADERS, timeout=PATIENCE)


@pytest.fixture(scope="module")
def narrow(case_base: CaseBase) -> Iterator[HttpServer]:
    """Three requests of one address at once, one of them large; little patience."""
    command = patched("PLACE_SECONDS=0.2", "LARGE_AT_ONCE=1")
    with http_server(case_base.path, "--max-calls", "4", "--max-client-calls", "1", command=command) as server:
        yield server


def test_a_declared_giant_is_refused_unread(web: HttpServer) -> None:
    with raw(web) as connection:
        connection.sendall(head(web, f"Content-Length: {MAX_BODY + 1}"))
        assert reply_of(connection).startswith(b"HTTP/1.1 413")


def test_an_undeclared_giant_is_refused(web: HttpServer) -> None:
    pieces = (b"x" * LARGE_BODY for _ in range(MAX_BODY // LARGE_BODY + 1))
    assert httpx.post(web.url, content=pieces, headers=HEADERS, timeout=PATIENCE).status_code == 413


def test_requests_of_one_address_are_counted(narrow: HttpServer) -> None:
    with ExitStack() as stack:
        held = [stack.enter_context(begun(narrow, 100)) for _ in range(3)]
        refused = initialized(narrow)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        held[0].close()
        while (reply := initialized(narrow)).status_code == 429:
            continue
        assert reply.status_code == 200


def test_requests_of_one_session_are_counted_and_others_are_served(narrow: HttpServer) -> None:
    with httpx.Client(timeout=PATIENCE) as one, httpx.Client(timeout=PATIENCE) as other:
        body, headers = modern_call("describe_case_base", {})
        for client in (one, other, one, other):
            assert client.post(narrow.url, json=body, headers=headers).status_code == 200
        cookie = "; ".join(f"{name}={value}" for name, value in one.cookies.items())
        with begun(narrow, 100, f"Cookie: {cookie}"):
            refused = one.post(narrow.url, json=body, headers=headers)
            assert refused.status_code == 429
            assert "retry-after" in refused.headers
            assert other.post(narrow.url, json=body, headers=headers).status_code == 200


def test_a_large_request_waits_for_its_place_while_small_ones_go_through(narrow: HttpServer) -> None:
    padded = {**INITIALIZE, "padding": "x" * LARGE_BODY}
    with begun(narrow, LARGE_BODY + 1):
        assert initialized(narrow).status_code == 200
        refused = httpx.post(narrow.url, json=padded, headers=HEADERS, timeout=PATIENCE)
        assert refused.status_code == 429
        assert "retry-after" in refused.headers
    while (reply := httpx.post(narrow.url, json=padded, headers=HEADERS, timeout=PATIENCE)).status_code == 429:
        continue
    assert reply.status_code == 200


def test_a_body_that_does_not_come_is_given_up(case_base: CaseBase) -> None:
    with (
        http_server(case_base.path, command=patched("PAUSE_SECONDS=0.2")) as server,
        begun(server, 100) as connection,
    ):
        connection.sendall(HALF)
        assert reply_of(connection).startswith(b"HTTP/1.1 408")


def test_a_body_that_comes_too_slowly_is_given_up(case_base: CaseBase) -> None:
    with (
        http_server(case_base.path, command=patched("BODY_SECONDS=0.5")) as server,
        begun(server, 10**6) as connection,
    ):
        connection.settimeout(0.05)
        for _ in range(100 * PATIENCE):
            connection.sendall(b" ")
            try:
                assert reply_of(connection).startswith(b"HTTP/1.1 408")
                return
            except TimeoutError:
                continue
    raise AssertionError("the server went on waiting")


def test_many_sessions_are_refused_with_a_time_to_come_back(case_base: CaseBase) -> None:
    with http_server(case_base.path, "--max-sessions", "1") as server:
        assert initialized(server).status_code == 200
        refused = initialized(server)
        assert refused.status_code == 503
        assert "retry-after" in refused.headers


def test_a_place_is_given_back_once_when_nothing_holds_it_any_more() -> None:
    given_back: list[str] = []
    place = Place(lambda: given_back.append("request"))
    place.also(lambda: given_back.append("large"))
    with place:
        with place:
            pass
        assert given_back == []
    assert sorted(given_back) == ["large", "request"]
    with place:  # a call that begins after its client has gone
        pass
    assert len(given_back) == 2
