"""A call is stopped at once where it says how, and before its next step where it asks."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from dermtools.errors import StoppedError
from dermtools.stops import Stop, check_stop, ended_by, invoke
from tests.support.patience import SAFETY_NET


def called(stop: Stop, function: Callable[[], object]) -> object:
    context = contextvars.copy_context()
    context.run(stop.begin)
    return context.run(function)


def test_without_a_stop_nothing_is_stopped() -> None:
    check_stop()
    with ended_by(lambda: pytest.fail("nobody asked")):
        check_stop()


def test_what_was_stopped_begins_nothing() -> None:
    async def ask() -> None:
        raise AssertionError("it began")

    stop = Stop()
    stop.ask()
    with pytest.raises(StoppedError):
        called(stop, check_stop)
    with pytest.raises(StoppedError):
        called(stop, lambda: invoke(lambda: pytest.fail("it began"), ask))


def test_what_has_ended_by_itself_is_not_ended_again() -> None:
    stop, ended = Stop(), []

    def work() -> None:
        with ended_by(lambda: ended.append("first")):
            pass
        with ended_by(lambda: ended.append("second")):
            stop.ask()
        check_stop()

    with pytest.raises(StoppedError):
        called(stop, work)
    assert ended == ["second"]


def test_what_comes_after_a_stop_is_ended_as_it_begins() -> None:
    stop, ended = Stop(), []

    def work() -> None:
        stop.ask()
        with ended_by(lambda: ended.append("at once")):
            pytest.fail("it began")

    with pytest.raises(StoppedError):
        called(stop, work)
    assert ended == ["at once"]


def test_an_awaitable_is_cancelled_and_others_go_on() -> None:
    waiting, cancelled = threading.Event(), threading.Event()

    async def ask(text: str) -> str:
        if text == "quick":
            return text
        waiting.set()
        try:
            await asyncio.sleep(SAFETY_NET)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return text

    stop = Stop()
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(called, stop, lambda: invoke(str.upper, ask, "slow"))
        assert waiting.wait(SAFETY_NET)
        assert called(Stop(), lambda: invoke(str.upper, ask, "quick")) == "quick"
        stop.ask()
        with pytest.raises(StoppedError):
            slow.result(SAFETY_NET)
    assert cancelled.wait(SAFETY_NET)


def test_without_a_stop_the_plain_way_is_taken() -> None:
    async def ask(text: str) -> str:
        raise AssertionError(text)

    assert invoke(str.upper, ask, "plain") == "PLAIN"
