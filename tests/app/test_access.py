"""Who comes in: whoever has the token, once; nobody by another name, from another page, or without the cookie."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from dermtools.app.access import COOKIE, Access
from dermtools.app.server import application
from dermtools.app.session import AppSession

PORT = 8421
ORIGIN = f"http://127.0.0.1:{PORT}"


@dataclass
class Visitor:
    """One browser before one server."""

    access: Access
    http: httpx.AsyncClient

    async def enter(self, token: str | None = None, **headers: str) -> httpx.Response:
        return await self.http.post("/session", content=token or self.access.new_token(), headers=headers)

    async def ask(self, **headers: str) -> httpx.Response:
        return await self.http.post(f"{self.access.path}/api/overview", json={}, headers=headers)


@pytest.fixture
async def visitor() -> AsyncIterator[Visitor]:
    access = Access()
    transport = httpx.ASGITransport(application(AppSession(), access, PORT))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as http:
        yield Visitor(access, http)


async def test_a_token_lets_in_once(visitor: Visitor) -> None:
    token = visitor.access.new_token()
    first = await visitor.enter(token)
    assert first.json() == {"path": visitor.access.path}
    second = await visitor.enter(token)
    assert second.status_code == 403
    assert "press Enter" in second.json()["error"]["message"]
    assert "set-cookie" not in second.headers


async def test_a_new_token_follows_a_used_one_and_replaces_no_other(visitor: Visitor) -> None:
    first = visitor.access.new_token()
    assert visitor.access.new_token() == first
    await visitor.enter(first)
    assert (await visitor.enter(visitor.access.new_token())).status_code == 200


async def test_scripts_cannot_read_the_cookie_and_other_ports_are_not_sent_it(visitor: Visitor) -> None:
    cookie = (await visitor.enter()).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert f"Path={visitor.access.path}" in cookie


async def test_what_is_inside_answers_whoever_was_let_in(visitor: Visitor) -> None:
    assert (await visitor.ask()).status_code == 403
    await visitor.enter()
    assert '"result"' in (await visitor.ask()).text


async def test_a_cookie_of_another_start_opens_nothing(visitor: Visitor) -> None:
    visitor.http.cookies.set(COOKIE, "x" * 43, path=visitor.access.path)
    assert (await visitor.ask()).status_code == 403


async def test_another_path_opens_nothing_even_with_the_cookie(visitor: Visitor) -> None:
    await visitor.enter()
    cookie = visitor.http.cookies[COOKIE]
    reply = await visitor.http.post("/at/other/api/overview", json={}, headers={"Cookie": f"{COOKIE}={cookie}"})
    assert reply.status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:1", f"127.0.0.1.evil.example:{PORT}"]
)
async def test_another_host_name_is_refused_everywhere(visitor: Visitor, host: str) -> None:
    await visitor.enter()
    assert (await visitor.ask(Host=host)).status_code == 421
    assert (await visitor.http.get("/", headers={"Host": host})).status_code == 421
    assert (await visitor.enter(Host=host)).status_code == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", f"https://127.0.0.1:{PORT}"])
async def test_a_page_of_another_origin_is_refused(visitor: Visitor, origin: str) -> None:
    assert (await visitor.enter(Origin=origin)).status_code == 403
    await visitor.enter()
    assert (await visitor.ask(Origin=origin)).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_picture_shown_by_another_page_is_refused(visitor: Visitor, site: str) -> None:
    await visitor.enter()
    reply = await visitor.http.get(f"{visitor.access.path}/pictures", headers={"Sec-Fetch-Site": site})
    assert reply.status_code == 403


async def test_our_own_page_is_let_in(visitor: Visitor) -> None:
    assert (await visitor.enter(Origin=ORIGIN)).status_code == 200
    assert (await visitor.ask(Origin=ORIGIN, **{"Sec-Fetch-Site": "same-origin"})).status_code == 200
