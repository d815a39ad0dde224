"""A wrong token: slow for who sends it, and for nobody else; logged without the token."""

from __future__ import annotations

import logging

import anyio
import httpx
import pytest
from starlette.responses import PlainTextResponse

from dermtools.mcp import login
from dermtools.mcp.login import BearerToken

TOKEN = "a-token-of-the-tests-0123456789"


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = BearerToken(PlainTextResponse("in"), TOKEN)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=("192.0.2.7", 1)), base_url="http://test")


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_others_do_not_wait_for_a_failed_login(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeping, wake = anyio.Event(), anyio.Event()

    async def sleep(seconds: float) -> None:
        assert seconds == login.FAILED_SECONDS
        sleeping.set()
        await wake.wait()

    monkeypatch.setattr(login.anyio, "sleep", sleep)
    statuses: list[int] = []

    async def fail() -> None:
        statuses.append((await client.get("/", headers=bearing("wrong"))).status_code)

    async with anyio.create_task_group() as group:
        group.start_soon(fail)
        await sleeping.wait()
        assert (await client.get("/", headers=bearing(TOKEN))).text == "in"
        assert statuses == []
        wake.set()
    assert statuses == [401]


async def test_only_so_many_failed_logins_wait(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "FAILED_AT_ONCE", 3)
    all_wait, wake = anyio.Event(), anyio.Event()
    waiting: list[float] = []

    async def sleep(seconds: float) -> None:
        waiting.append(seconds)
        if len(waiting) == 3:
            all_wait.set()
        await wake.wait()

    monkeypatch.setattr(login.anyio, "sleep", sleep)
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(client.get, "/")
        await all_wait.wait()
        refused = await client.get("/")
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert (await client.get("/", headers=bearing(TOKEN))).text == "in"
        wake.set()


async def test_the_log_names_the_address_and_no_token(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(login, "FAILED_SECONDS", 0)
    with caplog.at_level(logging.DEBUG, "dermtools"):
        await client.get("/", headers=bearing(TOKEN + "guessed"))
    assert "192.0.2.7" in caplog.text
    assert TOKEN not in caplog.text
    assert "guessed" not in caplog.text


@pytest.mark.parametrize("given", [TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", "Bearer", ""])
async def test_anything_else_is_wrong(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setattr(login, "FAILED_SECONDS", 0)
    assert (await client.get("/", headers={"Authorization": given})).status_code == 401


@pytest.mark.parametrize("given", [f"Bearer {TOKEN}", f"bearer  {TOKEN} "])
async def test_the_scheme_may_be_written_small(client: httpx.AsyncClient, given: str) -> None:
    assert (await client.get("/", headers={"Authorization": given})).text == "in"
