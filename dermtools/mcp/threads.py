"""Plain functions off the event loop, with a sign of life to clients that wait for one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from enum import Enum
from typing import Any, TypeVar

import anyio
from mcp.server.context import ServerRequestContext

T = TypeVar("T")
Context = ServerRequestContext[Any, Any]


class Lane(Enum):
    """Kinds of calls by what they take, with how many of each run side by side; further ones wait."""

    QUICK = 16
    """Nothing to speak of."""
    PICTURE = 2
    """Decoding and embedding a picture."""
    MODEL = 8
    """Waiting for a model's answer."""


FIRST_SIGN = 1.0
"""Seconds before a call counts as slow."""
NEXT_SIGN = 2.0
"""Seconds between signs of life."""


class Threads:
    """Runs plain functions. A cancelled call is answered no more; its thread ends by itself, and counts until then."""

    def __init__(self) -> None:
        self._pools = {lane: ThreadPoolExecutor(lane.value, f"dermtools-{lane.name.lower()}") for lane in Lane}

    async def run(self, function: Callable[[], T], lane: Lane = Lane.QUICK) -> T:
        """What the function gives; raises what it raises."""
        run = copy_context().run
        return await asyncio.get_running_loop().run_in_executor(self._pools[lane], lambda: run(function))

    async def run_with_progress(
        self, function: Callable[[], T], context: Context, what: str, lane: Lane = Lane.QUICK
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
                result = await self.run(function, lane)
                group.cancel_scope.cancel()
        except BaseExceptionGroup as errors:  # the task group wraps what the function raised
            error = errors.exceptions[0]
            raise error from error.__cause__
        return result
