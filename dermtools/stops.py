"""A call that may be stopped while it runs in a thread: what it waits for is ended, and nothing more is begun.

A thread cannot be ended from outside. So what takes long says how it is ended (`ended_by`), and what is about to take
long asks first (`check_stop`). Where nobody made a `Stop`, both do nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from dermtools.errors import StoppedError

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


class Stop:
    """Of one call. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = False
        self._ends: list[Callable[[], object]] = []

    def begin(self) -> None:
        """What runs in the present context from now on is the call that this stops."""
        _STOP.set(self)

    def ask(self) -> None:
        """Stop it; from any thread, and at once."""
        with self._lock:  # held meanwhile: what has ended by itself must not be ended once more, which may be another's
            self._asked = True
            for end in self._ends:
                end()

    def check(self) -> None:
        """StoppedError where it was asked to stop."""
        if self._asked:
            raise StoppedError("the call was stopped by who made it")

    @contextmanager
    def ended_by(self, end: Callable[[], object]) -> Iterator[None]:
        """While within, `end` is called as soon as the call is to stop; it must not block, and may be called late."""
        with self._lock:
            if self._asked:
                end()
            else:
                self._ends.append(end)
        self.check()
        try:
            yield
        finally:
            with self._lock:
                self._ends.remove(end)
        # It may have been ended just as it was done: nobody is to take it for whole, or to use what it was done with.
        self.check()


_STOP: ContextVar[Stop | None] = ContextVar("stop", default=None)


def check_stop() -> None:
    """StoppedError where the call that this belongs to was asked to stop."""
    if (stop := _STOP.get()) is not None:
        stop.check()


@contextmanager
def ended_by(end: Callable[[], object]) -> Iterator[None]:
    """`Stop.ended_by` of the call that this belongs to, if any; StoppedError where it was asked to stop before."""
    if (stop := _STOP.get()) is None:
        yield
    else:
        with stop.ended_by(end):
            yield


def invoke(plain: Callable[..., T], awaitable: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
    """`plain(*arguments)`; in a call that may be stopped `awaitable(*arguments)`, which is cancelled then.

    Cancelling closes the connection of a request under way, which nothing else does.

    Raises:
        StoppedError: it was stopped.
    """
    if _STOP.get() is None:
        return plain(*arguments)
    import asyncio
    from concurrent.futures import CancelledError

    check_stop()
    future = asyncio.run_coroutine_threadsafe(awaitable(*arguments), _loop())
    with ended_by(future.cancel):
        try:
            return future.result()
        except CancelledError:
            check_stop()
            raise


_loops: list[asyncio.AbstractEventLoop] = []
_loop_lock = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    """One loop for all: connections that a client keeps open belong to the loop that opened them."""
    import asyncio

    with _loop_lock:
        if not _loops:
            _loops.append(asyncio.new_event_loop())
            threading.Thread(target=_loops[0].run_forever, name="dermtools-awaited", daemon=True).start()
        return _loops[0]
