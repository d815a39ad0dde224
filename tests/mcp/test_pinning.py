"""A process among several: its name stands before ids of sessions and cookies, and the end of a session is said."""

from __future__ import annotations

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dermtools.errors import DermtoolsError
from dermtools.mcp.http import HttpAddress
from dermtools.mcp.pinning import ENDED, Pinned
from dermtools.mcp.sessions import COOKIE, SESSION_HEADER

OWN = "0123456789abcdef"


async def served(scope: dict, receive: object, send: object) -> None:
    """Knows one session, and says what it was sent."""
    request = Request(scope)
    session = request.headers.get(SESSION_HEADER)
    if session not in (None, OWN):
        reply = Response("Session not found", 404)
    else:
        reply = JSONResponse({"session": session, "cookie": request.cookies.get(COOKIE)})
        reply.headers[SESSION_HEADER] = OWN
        reply.headers["set-cookie"] = f"{COOKIE}=fresh; HttpOnly"
    await reply(scope, receive, send)


def client(name: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(Pinned(served, name)), base_url="http://test")


@pytest.mark.parametrize(("name", "before"), [("a", "a."), ("", "")])
async def test_ids_and_cookies_begin_with_the_name_outside_alone(name: str, before: str) -> None:
    async with client(name) as http:
        first = await http.post("/mcp")
        assert first.headers[SESSION_HEADER] == before + OWN
        assert first.headers["set-cookie"] == f"{COOKIE}={before}fresh; HttpOnly"
        again = await http.post("/mcp", headers={SESSION_HEADER: before + OWN})
        assert again.json() == {"session": OWN, "cookie": "fresh"}


async def test_a_session_of_another_process_has_ended() -> None:
    async with client("a") as http:
        reply = await http.post("/mcp", headers={SESSION_HEADER: f"b.{OWN}"})
        assert reply.status_code == 404
        assert reply.json()["error"]["message"] == ENDED


async def test_the_cookie_of_another_process_is_none_of_ours() -> None:
    async with client("a") as http:
        reply = await http.post("/mcp", headers={"cookie": f"x=1; {COOKIE}=b.value"})
        assert reply.json()["cookie"] == "b.value"


@pytest.mark.parametrize("name", ["A", "a.b", "a" * 17, "a\n"])
def test_a_name_that_nginx_cannot_go_by_is_refused(name: str) -> None:
    with pytest.raises(DermtoolsError, match="no name of a process"):
        HttpAddress.parse("127.0.0.1:0", instance=name)
