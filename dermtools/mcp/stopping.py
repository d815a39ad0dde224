"""A clean end on SIGTERM and SIGINT, also where a thread hangs."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import anyio
from anyio.abc import TaskStatus

GRACE = 5.0
"""Seconds that a stop may take before the process ends without waiting for threads."""


async def call_on_signal(
    stop: Callable[[], object], *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED
) -> None:
    """Wait for a signal to end and call `stop`; a second one, or `GRACE` seconds, end the process at once."""
    try:
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            task_status.started()
            async for _ in signals:
                stop()
                end_after_grace()
                break
            async for _ in signals:
                os._exit(1)
    except NotImplementedError:  # Windows: no such signals; the process is simply ended
        task_status.started()


def end_after_grace() -> None:
    """End the process after `GRACE` seconds, should it still be there.

    A thread that waits for a service, or for the other side of a pipe, cannot be told to stop.
    """
    timer = threading.Timer(GRACE, os._exit, [0])
    timer.daemon = True
    timer.start()
