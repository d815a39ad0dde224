"""Plain functions off the event loop, with a sign of life to clients that wait for one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from contextvars import copy_context
from enum import Enum
from typing import Any, TypeVar

import anyio
from mcp.server.context import ServerRequestContext

from dermtools.stops import Stop

T = TypeVar("T")
Context = ServerRequestContext[Any, Any]


class Lane(Enum):
    """Kinds of calls by what they take."""

    QUICK = "quick"
    """Reading the case base."""
    PICTURE = "picture"
    """Decoding and embedding a picture."""
    MODEL = "model"
    """Waiting for a model's answer."""


AT_ONCE = {Lane.QUICK: 16, Lane.PICTURE: 2, Lane.MODEL: 16}
"""Calls of a kind that run side by side; further ones wait."""
FIRST_SIGN = 1.0
"""Seconds before a call counts as slow."""
NEXT_SIGN = 2.0
"""Seconds between signs of life."""


class Threads:
    """Runs plain functions. A cancelled call is stopped where it can be; its thread counts until it has ended."""

    def __init__(self) -> None:
        self._pools = {lane: ThreadPoolExecutor(number, f"dermtools-{lane.value}") for lane, number in AT_ONCE.items()}
        self._free = {lane: asyncio.Semaphore(number) for lane, number in AT_ONCE.items()}

    async def run(
        self, function: Callable[[], T], lane: Lane = Lane.QUICK, place: AbstractContextManager[object] | None = None
    ) -> T:
        """What the function gives; raises what it raises. `place` is held until its thread has ended."""
        loop = asyncio.get_running_loop()
        # Waiting here and not in the pool, whose queue keeps what was cancelled, with all that it holds.
        await self._free[lane].acquire()
        held = ExitStack()
        held.callback(self._free[lane].release)
        held.enter_context(place or nullcontext())
        stop, context = Stop(), copy_context()
        context.run(stop.begin)
        future = self._pools[lane].submit(context.run, function)

        def ended(_: Future[T]) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(held.close)

        future.add_done_callback(ended)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            stop.ask()
            raise

    async def run_with_progress(
        self,
        function: Callable[[], T],
        context: Context,
        what: str,
        lane: Lane = Lane.QUICK,
        place: AbstractContextManager[object] | None = None,
    ) -> T:
        """As `run`; once the call is slow, a client that asked for progress gets the seconds since its start."""
        start = time.monotonic()

        async def signs() -> None:
            await anyio.sleep(FIRST_SIGN)
            while True:
                seconds = time.monotonic() - start
                await context.session.report_progress(seconds, message=f"{what}: {seconds:.0f} s")
                await anyio.sleep(NEXT_SIGN)

        try:
            async with anyio.create_task_group() as group:
                group.start_soon(signs)
                result = await self.run(function, lane, place)
                group.cancel_scope.cancel()
        except BaseExceptionGroup as errors:  # the task group wraps what the function raised
            error = errors.exceptions[0]
            raise error from error.__cause__
        return result
