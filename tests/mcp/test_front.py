"""What a request over HTTP meets first: any path that a proxy leaves, pages of chosen origins, the health route."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from dermtools.mcp.front import HEALTH, Front
from dermtools.mcp.http import TOKEN_VARIABLE
from dermtools.retrieval import CaseBase
from tests.support.mcp_processes import PATIENCE, HttpServer, http_server
from tests.support.mcp_requests import HEADERS, INITIALIZE

TOKEN = "a-token-of-the-tests-0123456789"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PAGE = "https://page.example"
PREFLIGHT = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}


@pytest.fixture(scope="module")
def guarded(case_base: CaseBase) -> Iterator[HttpServer]:
    options = ("--allow-origin", PAGE, "--public-url", "https://derm.example/tools/mcp")
    with http_server(case_base.path, *options, **{TOKEN_VARIABLE: TOKEN}) as server:
        yield server


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope)
    await PlainTextResponse(f"{request.url.path} {request.headers.get('last-event-id')}")(scope, receive, send)


@pytest.mark.parametrize(
    ("prefix", "path", "seen"),
    [
        ("", "/mcp", "/mcp"),
        ("", "/mcp/", "/mcp"),
        ("", "/tools/mcp", "/tools/mcp"),
        ("/tools", "/tools/mcp", "/mcp"),
        ("/tools", "/tools/mcp/", "/mcp"),
        ("/tools", "/mcp/", "/mcp"),
        ("/tools", "/tools", "/"),
        ("/tools", "/toolshed/mcp", "/toolshed/mcp"),
        ("/a/b", "/a/b/mcp", "/mcp"),
    ],
)
async def test_a_path_is_the_same_with_its_prefix_and_a_last_slash(prefix: str, path: str, seen: str) -> None:
    transport = httpx.ASGITransport(Front(echo, prefix))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get(path)).text == f"{seen} None"
        assert (await client.get(path, headers={"Last-Event-ID": "7"})).text == f"{seen} None"


def posted(url: str, **headers: str) -> Response:
    return httpx.post(url, json=INITIALIZE, headers={**HEADERS, **headers}, timeout=PATIENCE)


def test_the_health_route_says_ok_to_anybody_and_nothing_else(guarded: HttpServer) -> None:
    root = guarded.url.removesuffix("/mcp")
    for url in (root + HEALTH, f"{root}{HEALTH}/", f"{root}/tools{HEALTH}"):
        reply = httpx.get(url, headers={"Host": "10.0.0.7"}, timeout=PATIENCE)
        assert (reply.status_code, reply.text) == (200, "ok")
    assert "set-cookie" not in reply.headers
    assert httpx.head(root + HEALTH, timeout=PATIENCE).status_code == 200
    assert httpx.post(root + HEALTH, timeout=PATIENCE).status_code == 405


def test_a_last_slash_and_the_prefix_are_no_redirect(guarded: HttpServer) -> None:
    for path in ("/mcp", "/mcp/", "/tools/mcp", "/tools/mcp/"):
        assert posted(guarded.url.replace("/mcp", path), **BEARER, Host="derm.example").status_code == 200
    assert posted(guarded.url.replace("/mcp", "/mcp/")).status_code == 401


def test_a_stream_that_is_to_be_resumed_begins_anew(guarded: HttpServer) -> None:
    session = posted(guarded.url, **BEARER).headers["mcp-session-id"]
    headers = {**HEADERS, **BEARER, "Mcp-Session-Id": session, "Last-Event-ID": "7"}
    with httpx.stream("GET", guarded.url, headers=headers, timeout=PATIENCE) as reply:
        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith("text/event-stream")


def test_a_browser_may_ask_without_the_token_and_a_chosen_page_reads_the_replies(guarded: HttpServer) -> None:
    asked = {**PREFLIGHT, "Access-Control-Request-Headers": "authorization,content-type,mcp-protocol-version"}
    reply = httpx.options(guarded.url, headers=asked, timeout=PATIENCE)
    assert reply.status_code == 200
    assert reply.headers["access-control-allow-origin"] == PAGE
    assert "POST" in reply.headers["access-control-allow-methods"]
    assert "authorization" in reply.headers["access-control-allow-headers"].lower()
    reply = posted(guarded.url, **BEARER, Origin=PAGE)
    assert reply.status_code == 200
    assert reply.headers["access-control-allow-origin"] == PAGE
    assert "mcp-session-id" in reply.headers["access-control-expose-headers"].lower()
    assert reply.headers["mcp-session-id"]
    assert posted(guarded.url, Origin=PAGE).status_code == 401


def test_no_other_page_is_let_in(guarded: HttpServer, web: HttpServer) -> None:
    other = {**PREFLIGHT, "Origin": "https://other.example"}
    reply = httpx.options(guarded.url, headers=other, timeout=PATIENCE)
    assert "access-control-allow-origin" not in reply.headers
    assert posted(guarded.url, **BEARER, Origin="https://other.example").status_code == 403
    # Without the option no page is.
    assert "access-control-allow-origin" not in httpx.options(web.url, headers=PREFLIGHT, timeout=PATIENCE).headers
    assert posted(web.url, Origin=PAGE).status_code == 403


def test_a_path_that_no_client_writes_harms_nobody(web: HttpServer) -> None:
    address = urlsplit(web.url)
    for path in ("//", "/mcp//", "/%2e%2e/mcp", "/" + "a" * 5000, "*"):
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=PATIENCE) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n".encode())
            assert connection.recv(1000).startswith((b"HTTP/1.1 4", b"HTTP/1.1 3"))
    assert posted(web.url).status_code == 200
