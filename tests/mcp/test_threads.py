"""Plain functions off the event loop: signs of life, errors as they are, and an end to waiting."""

from __future__ import annotations

import gc
import re
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.server.lowlevel import Server
from mcp_types import CallToolRequestParams, CallToolResult, ListToolsResult, TextContent, Tool

from dermtools.errors import QueryError
from dermtools.mcp import threads
from dermtools.mcp.threads import AT_ONCE, Context, Lane, Threads
from dermtools.stops import check_stop, ended_by
from tests.support.mcp_processes import PATIENCE


def server(function: Callable[[], str], seen: list[BaseException] | None = None) -> Server[Any]:
    """A server whose one tool runs the function as every tool of ours is run."""
    shared: list[Threads] = []

    async def list_tools(_: Context, __: object) -> ListToolsResult:
        return ListToolsResult(tools=[Tool(name="work", input_schema={"type": "object"})])

    async def call_tool(context: Context, params: CallToolRequestParams) -> CallToolResult:
        shared.extend([] if shared else [Threads()])
        try:
            text = await shared[0].run_with_progress(function, context, params.name)
        except QueryError as error:
            assert seen is not None
            seen.append(error)
            text = "refused"
        return CallToolResult(content=[TextContent(text=text)])

    return Server("test", on_list_tools=list_tools, on_call_tool=call_tool)


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_a_slow_call_gives_signs_of_life(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "FIRST_SIGN", 0.1)
    signs: list[tuple[float, str | None]] = []
    seen = threading.Event()

    async def note(seconds: float, total: float | None, message: str | None) -> None:
        assert total is None
        signs.append((seconds, message))
        seen.set()

    def work() -> str:
        return "done" if seen.wait(PATIENCE) else "nobody gave a sign"

    async with Client(server(work), mode=mode) as client:
        result = await client.call_tool("work", {}, progress_callback=note)
    assert result.content == [TextContent(text="done")]
    assert signs[0][0] >= 0.1
    assert all(re.fullmatch(r"work: \d+ s", message or "") for _, message in signs)


async def test_a_quick_call_gives_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "FIRST_SIGN", PATIENCE)
    signs: list[float] = []

    async def note(seconds: float, total: float | None, message: str | None) -> None:
        signs.append(seconds)

    async with Client(server(lambda: "done")) as client:
        await client.call_tool("work", {}, progress_callback=note)
    assert signs == []


async def test_an_error_comes_out_as_it_was_raised() -> None:
    seen: list[BaseException] = []

    def work() -> str:
        raise QueryError("no such case")

    async with Client(server(work, seen)) as client:
        result = await client.call_tool("work", {})
    assert result.content == [TextContent(text="refused")]
    assert [str(error) for error in seen] == ["no such case"]


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_a_cancelled_call_leaves_the_server_free(mode: str) -> None:
    started, release = threading.Event(), threading.Event()
    calls: list[int] = []

    def work() -> str:
        calls.append(len(calls))
        if len(calls) > 1:
            return "done"
        started.set()
        release.wait(PATIENCE)
        return "too late"

    async with Client(server(work), mode=mode) as client:
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(client.call_tool, "work", {})
                await anyio.to_thread.run_sync(started.wait)
                group.cancel_scope.cancel()
            result = await client.call_tool("work", {})
            assert result.content == [TextContent(text="done")]
        finally:
            release.set()


async def test_a_cancelled_call_is_stopped_where_it_says_how() -> None:
    own, waiting, ended = Threads(), threading.Event(), threading.Event()
    begun: list[str] = []

    def work() -> None:
        with ended_by(ended.set):
            waiting.set()
            assert ended.wait(PATIENCE)
        check_stop()
        begun.append("the next step")

    async with anyio.create_task_group() as group:
        group.start_soon(own.run, work, Lane.MODEL)
        await anyio.to_thread.run_sync(waiting.wait)
        group.cancel_scope.cancel()
    assert ended.is_set()
    own._pools[Lane.MODEL].shutdown()
    assert begun == []


async def test_cancelled_calls_count_until_their_threads_end() -> None:
    own, release, running = Threads(), threading.Event(), threading.Semaphore(0)
    ended: list[int] = []

    def work() -> None:
        running.release()
        release.wait(PATIENCE)

    @contextmanager
    def place(number: int) -> Iterator[None]:
        yield
        ended.append(number)

    try:
        async with anyio.create_task_group() as group:
            for number in range(AT_ONCE[Lane.PICTURE]):
                group.start_soon(own.run, work, Lane.PICTURE, place(number))
                await anyio.to_thread.run_sync(running.acquire)
            group.cancel_scope.cancel()
        with anyio.move_on_after(0.2):
            await own.run(lambda: ended.append(-1), Lane.PICTURE)
        assert ended == []
        assert await own.run(lambda: "other calls run", Lane.QUICK)
    finally:
        release.set()
    await own.run(lambda: ended.append(-1), Lane.PICTURE)
    assert ended[0] >= 0
    assert -1 in ended


async def test_what_waits_and_is_cancelled_leaves_nothing_behind() -> None:
    own, release, running = Threads(), threading.Event(), threading.Semaphore(0)

    class Body:
        """Stands for the many bytes that a call may hold."""

        def read(self) -> None:
            raise AssertionError("it was cancelled")

    def work() -> None:
        running.release()
        release.wait(PATIENCE)

    try:
        async with anyio.create_task_group() as group:
            for _ in range(AT_ONCE[Lane.PICTURE]):
                group.start_soon(own.run, work, Lane.PICTURE)
                await anyio.to_thread.run_sync(running.acquire)
            body = Body()
            gone = weakref.ref(body)
            with anyio.move_on_after(0.05):
                await own.run(body.read, Lane.PICTURE)
            del body
            for _ in range(10):  # the event loop lets go of the cancelled call in its next rounds
                await anyio.lowlevel.checkpoint()
            gc.collect()
            assert gone() is None
            release.set()
    finally:
        release.set()
