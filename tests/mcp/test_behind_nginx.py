"""The server behind a real nginx, configured as `examples/nginx.conf` says but for names, ports and TLS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from dermtools.images import data_url
from dermtools.mcp.http import TOKEN_VARIABLE
from dermtools.mcp.limits import MAX_BODY
from dermtools.retrieval import CaseBase
from tests.support.mcp_processes import PATIENCE, HttpServer, http_server
from tests.support.mcp_requests import HEADERS, INITIALIZE, modern_call
from tests.support.nginx import free_port, nginx, replaced
from tests.support.paths import ROOT

TOKEN = "a-token-of-the-tests-0123456789"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def behind(case_base: CaseBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpServer]:
    """A server below `/tools/` of an nginx of its own; its `url` is that at which clients reach it."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    options = ("--public-url", f"http://127.0.0.1:{port}/tools/mcp")
    with (
        http_server(case_base.path, *options, **{TOKEN_VARIABLE: TOKEN}) as server,
        nginx(configured(port, urlsplit(server.url).netloc), folder, port),
    ):
        yield HttpServer(f"http://127.0.0.1:{port}/tools/mcp", server.process, server._reader, server._lines)


def configured(port: int, upstream: str) -> str:
    """The example with these ports, without TLS."""
    return replaced(
        (ROOT / "examples" / "nginx.conf").read_text(encoding="utf-8"),
        ("server 127.0.0.1:8765;", f"server {upstream};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        ("        ssl_certificate /etc/ssl/certs/derm.example.pem;\n", ""),
        ("        ssl_certificate_key /etc/ssl/private/derm.example.key;\n", ""),
    )


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_a_client_works_through_the_proxy(behind: HttpServer, mode: str) -> None:
    async with behind.client(mode=mode, **BEARER) as client:
        assert (await client.list_tools()).tools
        result = await client.call_tool("search_similar_cases", {"image": "case:drawn_p01_1", "k": 2})
        assert not result.is_error


def test_a_last_slash_keeps_the_prefix(behind: HttpServer) -> None:
    for url in (behind.url, f"{behind.url}/"):
        reply = httpx.post(url, json=INITIALIZE, headers={**HEADERS, **BEARER}, timeout=PATIENCE)
        assert reply.status_code == 200
        assert reply.headers["mcp-session-id"]
        assert httpx.post(url, json=INITIALIZE, headers=HEADERS, timeout=PATIENCE).status_code == 401
    assert httpx.get(behind.url.replace("/mcp", "/healthz"), timeout=PATIENCE).text == "ok"


def test_a_stream_reaches_the_client_before_it_ends(behind: HttpServer) -> None:
    """A stream for messages of the server: its head comes at once, though nothing is sent on it."""
    session = httpx.post(behind.url, json=INITIALIZE, headers={**HEADERS, **BEARER}, timeout=PATIENCE).headers
    headers = {**HEADERS, **BEARER, "Mcp-Session-Id": session["mcp-session-id"]}
    with httpx.stream("GET", behind.url, headers=headers, timeout=PATIENCE) as reply:
        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith("text/event-stream")


def test_a_large_picture_goes_through_and_a_giant_does_not(behind: HttpServer, drawn_jpeg: bytes) -> None:
    body, headers = modern_call("search_similar_cases", {"image": data_url(drawn_jpeg), "k": 1})
    body["padding"] = "x" * (20 * 1024 * 1024)
    reply = httpx.post(behind.url, json=body, headers={**headers, **BEARER}, timeout=PATIENCE)
    assert reply.status_code == 200
    assert '"isError":true' not in reply.text
    giant = json.dumps({**INITIALIZE, "padding": "x" * MAX_BODY}).encode()
    reply = httpx.post(behind.url, content=giant, headers={**HEADERS, **BEARER}, timeout=PATIENCE)
    assert reply.status_code == 413
