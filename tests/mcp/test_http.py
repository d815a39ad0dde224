"""Who may call over HTTP, from where, and what the server survives."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from dermtools.errors import DermtoolsError
from dermtools.mcp.http import TOKEN_VARIABLE, HttpAddress
from dermtools.retrieval import CaseBase
from tests.support.mcp_processes import PATIENCE, UNFORCED, HttpServer, http_server
from tests.support.mcp_requests import modern_call

TOKEN = "a-token-of-the-tests-0123456789"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def guarded(case_base: CaseBase) -> Iterator[HttpServer]:
    with http_server(case_base.path, "--name", "derm.example", **{TOKEN_VARIABLE: TOKEN}) as server:
        yield server


def posted(server: HttpServer, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.post(server.url, json=INITIALIZE, headers={**ACCEPT, **named}, timeout=PATIENCE).status_code


def test_without_the_token_nobody_gets_in(guarded: HttpServer) -> None:
    assert posted(guarded) == 401
    for wrong in ("Bearer", "Bearer wrong", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer tökén"):
        headers = {**ACCEPT, "Authorization": wrong.encode("latin-1")}
        assert httpx.post(guarded.url, json=INITIALIZE, headers=headers, timeout=PATIENCE).status_code == 401
    assert httpx.get(guarded.url, timeout=PATIENCE).status_code == 401
    assert httpx.get(guarded.url.replace("/mcp", "/"), timeout=PATIENCE).status_code == 401


async def test_with_the_token_the_client_works(guarded: HttpServer) -> None:
    async with guarded.client(Authorization=f"Bearer {TOKEN}") as client:
        assert (await client.list_tools()).tools


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1.evil.example", "null"])
def test_pages_of_other_origins_are_refused(web: HttpServer, origin: str) -> None:
    assert posted(web, Origin=origin) == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "derm.example"])
def test_other_names_are_refused(web: HttpServer, host: str) -> None:
    assert posted(web, Host=host) == 421


def test_own_names_and_origins_are_let_in(web: HttpServer, guarded: HttpServer) -> None:
    assert posted(web, Origin="http://localhost:5173") == 200
    bearer = f"Bearer {TOKEN}"
    assert posted(guarded, Authorization=bearer, Host="derm.example", Origin="https://derm.example") == 200
    assert posted(guarded, Authorization=bearer, Host="other.example") == 421


@pytest.mark.parametrize(
    ("text", "token", "names", "says"),
    [
        ("0.0.0.0:80", None, (), "is not loopback"),
        ("192.168.1.7:80", None, ("derm.example",), TOKEN_VARIABLE),
        ("derm.example:80", None, (), "is not loopback"),
        ("[2001:db8::1]:80", None, (), "is not loopback"),
        ("0.0.0.0:80", TOKEN, (), "--name"),
        ("192.168.1.7:80", "short", (), "16"),
        ("127.0.0.1:80", "short", (), "16"),
        ("127.0.0.1", None, (), "HOST:PORT"),
        ("127.0.0.1:x", None, (), "HOST:PORT"),
        ("127.0.0.1:99999", None, (), "HOST:PORT"),
        ("http://127.0.0.1:80", None, (), "HOST:PORT"),
        ("127.0.0.1:80", None, ("https://derm.example",), "no host name"),
    ],
)
def test_an_unsafe_address_is_refused_with_one_line(text: str, token: str | None, names: tuple[str], says: str) -> None:
    with pytest.raises(DermtoolsError, match=says) as caught:
        HttpAddress.parse(text, token=token, names=names)
    assert "\n" not in str(caught.value)
    assert token is None or token not in str(caught.value)


@pytest.mark.parametrize("text", ["127.0.0.1:8765", "localhost:1", "[::1]:8765", ":0", "127.9.9.9:1"])
def test_loopback_needs_no_token(text: str) -> None:
    assert HttpAddress.parse(text).is_loopback


def test_a_port_that_is_taken_is_said_in_one_line(case_base: CaseBase, web: HttpServer) -> None:
    from dermtools.mcp.run import serve

    port = urlsplit(web.url).port
    with pytest.raises(DermtoolsError, match=f"cannot listen on 127.0.0.1:{port}"):
        serve(case_base.path, http=HttpAddress.parse(f"127.0.0.1:{port}"))


@pytest.mark.parametrize(
    ("body", "status"), [(b"{ not json", 400), (b"[1, 2]", 400), (b'{"jsonrpc": "2.0", "id": 1}', 400)]
)
async def test_what_is_no_message_is_refused_and_the_server_lives(web: HttpServer, body: bytes, status: int) -> None:
    headers = {**ACCEPT, "Content-Type": "application/json"}
    assert httpx.post(web.url, content=body, headers=headers, timeout=PATIENCE).status_code == status
    async with web.client() as client:
        assert (await client.list_tools()).tools


async def test_a_giant_body_is_refused(web: HttpServer) -> None:
    headers = {**ACCEPT, "Content-Type": "application/json"}
    body = b'{"x": "' + b"x" * (49 * 1024 * 1024) + b'"}'
    assert httpx.post(web.url, content=body, headers=headers, timeout=PATIENCE).status_code == 413
    async with web.client() as client:
        assert (await client.list_tools()).tools


async def test_clients_that_vanish_in_their_calls_harm_nobody(web: HttpServer) -> None:
    address = urlsplit(web.url)
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {
            "name": "search_similar_cases",
            "arguments": {"image": "case:drawn_p01_1", "k": 20, "show_pictures": True},
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            },
        },
    }
    body = json.dumps(call).encode()
    head = (
        f"POST /mcp HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n"
        f"Mcp-Method: tools/call\r\nMcp-Name: search_similar_cases\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    assert address.hostname is not None
    assert address.port is not None
    for kept in (len(body), len(body) // 2):
        for _ in range(5):
            with socket.create_connection((address.hostname, address.port), timeout=PATIENCE) as connection:
                connection.sendall(head.encode() + body[:kept])
    async with web.client() as client:
        result = await client.call_tool("search_similar_cases", {"image": "case:drawn_p01_1", "k": 2})
        assert not result.is_error


def test_a_client_that_goes_away_stops_its_call(case_base: CaseBase) -> None:
    """In the protocol of 2026, which cancels so: the request to the model is closed, too."""
    body, headers = modern_call("run_prompt", {"image": "case:drawn_p01_1", "task": "location"})
    with socket.create_server(("127.0.0.1", 0)) as service:
        service.settimeout(PATIENCE)
        options = ("--model", "openai:gpt-4.1", "--base-url", f"http://127.0.0.1:{service.getsockname()[1]}/v1")
        with http_server(case_base.path, *options, OPENAI_API_KEY="k") as server:
            address = urlsplit(server.url)
            content = json.dumps(body).encode()
            lines = [f"{name}: {value}" for name, value in headers.items()]
            lines += [f"Host: {address.netloc}", f"Content-Length: {len(content)}"]
            with socket.create_connection((address.hostname or "", address.port or 0), timeout=PATIENCE) as client:
                client.sendall("\r\n".join(["POST /mcp HTTP/1.1", *lines, "", ""]).encode() + content)
                asked, _ = service.accept()
            with asked:
                asked.settimeout(PATIENCE)
                while asked.recv(1 << 16):
                    continue


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server(case_base: CaseBase, number: signal.Signals) -> None:
    with http_server(case_base.path, command=UNFORCED) as server:
        assert posted(server) == 200
        server.process.send_signal(number)
        assert server.process.wait(PATIENCE) == 0
