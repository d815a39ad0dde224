"""Answers in lines: progress and events as they come, one result or error at the end, and an end when nobody reads."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from dermtools.app import answering
from dermtools.app.access import Access
from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.app.server import application
from dermtools.app.session import AppSession
from dermtools.errors import QueryError
from tests.support.patience import SAFETY_NET

ORIGIN = "http://127.0.0.1:8421"
Function = Callable[[AppSession, Any, Teller], dict[str, Any]]


class Given(Arguments):
    number: int = 0


async def _asked(monkeypatch: pytest.MonkeyPatch, function: Function, given: object) -> httpx.Response:
    monkeypatch.setitem(answering.ACTIONS, "tried", Action("tried", Given, function))
    access = Access()
    transport = httpx.ASGITransport(application(AppSession(), access, 8421))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as http:
        await http.post("/session", content=access.new_token())
        return await http.post(f"{access.path}/api/tried", json=given)


def _lines(reply: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in reply.text.splitlines()]


async def test_progress_events_and_the_result_come_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def function(_: AppSession, given: Given, teller: Teller) -> dict[str, Any]:
        teller.start(2, "counting")
        teller.advance(2)
        teller.event({"seen": given.number})
        return {"number": given.number}

    lines = _lines(await _asked(monkeypatch, function, {"number": 7}))
    assert lines == [
        {"progress": {"total": 2, "done": 0, "description": "counting"}},
        {"progress": {"total": 2, "done": 2, "description": "counting"}},
        {"event": {"seen": 7}},
        {"result": {"number": 7}},
    ]


async def test_a_name_that_is_no_unicode_is_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    name = os.fsdecode(b"run-\xff")
    assert _lines(await _asked(monkeypatch, lambda *_: {"name": name}, {})) == [{"result": {"name": name}}]


async def test_a_million_steps_are_no_million_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    def function(_: AppSession, __: Given, teller: Teller) -> dict[str, Any]:
        teller.start(1_000_000, "counting")
        for _step in range(1_000_000):
            teller.advance()
        return {}

    lines = _lines(await _asked(monkeypatch, function, {}))
    assert 100 < len(lines) < 300
    assert lines[-2]["progress"]["done"] == 1_000_000


async def test_our_errors_are_told_and_others_only_that_there_was_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def ours(_: AppSession, __: Given, ___: Teller) -> dict[str, Any]:
        raise QueryError("no such case; take another")

    def other(_: AppSession, __: Given, ___: Teller) -> dict[str, Any]:
        raise KeyError("secret")

    told = _lines(await _asked(monkeypatch, ours, {}))
    assert told == [{"error": {"message": "no such case; take another", "fixable": True}}]
    reply = await _asked(monkeypatch, other, {})
    assert "secret" not in reply.text
    assert "the terminal says more" in reply.text
    assert "secret" in caplog.text


async def test_what_json_cannot_hold_is_an_error_and_no_silence(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reply = await _asked(monkeypatch, lambda *_: {"distance": float("nan")}, {})
    assert "error" in _lines(reply)[-1]
    assert "tried failed" in caplog.text


@pytest.mark.parametrize("given", [{"number": "x"}, {"other": 1}, [], "{"])
async def test_arguments_that_do_not_fit_are_named(monkeypatch: pytest.MonkeyPatch, given: object) -> None:
    reply = await _asked(monkeypatch, lambda *_: {}, given)
    assert reply.status_code == 422
    assert "\n" not in reply.json()["error"]["message"]


async def _hang_up_after_the_first_line(app: Any, path: str, cookie: str) -> None:
    """A request whose reader leaves as soon as something came."""
    came = anyio.Event()
    waiting = [{"type": "http.request", "body": b"{}", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop()
        await came.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message.get("body"):
            came.set()

    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:8421"), (b"cookie", cookie.encode()), (b"content-type", b"application/json")],
        "http_version": "1.1", "scheme": "http", "asgi": {"version": "3.0"},
    }  # fmt: skip
    await app(scope, receive, send)


async def test_who_hangs_up_stops_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def function(_: AppSession, __: Given, teller: Teller) -> dict[str, Any]:
        try:
            teller.start(10**9, "waiting")
            while True:
                teller.advance()
        finally:
            ended.set()

    monkeypatch.setitem(answering.ACTIONS, "tried", Action("tried", Given, function))
    access = Access()
    app = application(AppSession(), access, 8421)
    cookie = access.trade(access.new_token()).headers["set-cookie"].partition(";")[0]
    await _hang_up_after_the_first_line(app, f"{access.path}/api/tried", cookie)
    assert ended.wait(SAFETY_NET)
