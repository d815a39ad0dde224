"""Plain functions off the event loop, with a sign of life to clients that wait for one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import anyio
from anyio import to_thread
from mcp.server.context import ServerRequestContext

T = TypeVar("T")
Context = ServerRequestContext[Any, Any]

AT_ONCE = 16
"""Calls that run side by side; further ones wait."""
FIRST_SIGN = 1.0
"""Seconds before a call counts as slow."""
NEXT_SIGN = 2.0
"""Seconds between signs of life."""


class Threads:
    """Runs plain functions; a cancelled call is answered no more, and its thread ends by itself."""

    def __init__(self) -> None:
        self._limiter = anyio.CapacityLimiter(AT_ONCE)

    async def run(self, function: Callable[[], T]) -> T:
        """What the function gives; raises what it raises."""
        return await to_thread.run_sync(function, abandon_on_cancel=True, limiter=self._limiter)

    async def run_with_progress(self, function: Callable[[], T], context: Context, what: str) -> T:
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
                result = await self.run(function)
                group.cancel_scope.cancel()
        except BaseExceptionGroup as errors:  # the task group wraps what the function raised
            error = errors.exceptions[0]
            raise error from error.__cause__
        return result
