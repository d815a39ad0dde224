"""Progress on everything long: a bar in a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

LOG_SECONDS = 30.0


class Progress(Protocol):
    """What long work tells about itself. It may start several times, one stage after the other."""

    def start(self, total: int, description: str) -> None:
        """Begin a stage of `total` steps; the stage before it is over."""

    def advance(self, n: int = 1) -> None:
        """`n` more steps of the stage are done."""


class Silent:
    """Progress that nobody watches."""

    def start(self, total: int, description: str) -> None:
        pass

    def advance(self, n: int = 1) -> None:
        pass


class _Bar:
    """Shown from the first stage on, so that what is asked before it can be read and answered."""

    def __init__(self, rich: RichProgress) -> None:
        self._rich = rich
        self._task: TaskID | None = None

    def start(self, total: int, description: str) -> None:
        self._rich.start()
        self._task = self._rich.add_task(description, total=total)

    def advance(self, n: int = 1) -> None:
        if self._task is not None:
            self._rich.advance(self._task, n)


class _Log:
    """One line every `seconds`, so that short work stays silent."""

    def __init__(self, stream: TextIO, seconds: float) -> None:
        self._stream = stream
        self._seconds = seconds
        self._said = time.monotonic()
        self._total = self._done = 0
        self._description = ""

    def start(self, total: int, description: str) -> None:
        self._total, self._done, self._description = total, 0, description

    def advance(self, n: int = 1) -> None:
        self._done += n
        now = time.monotonic()
        if now - self._said >= self._seconds:
            self._said = now
            print(f"{self._description}: {self._done} of {self._total}", file=self._stream, flush=True)


@contextmanager
def bar(stream: TextIO | None = None, *, log_seconds: float = LOG_SECONDS) -> Iterator[Progress]:
    """Progress on `stream` (standard error): a bar where it is a terminal, else a line every `log_seconds`."""
    stream = sys.stderr if stream is None else stream
    if not stream.isatty():
        yield _Log(stream, log_seconds)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    text = TextColumn("{task.description}", markup=False)
    columns = (text, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    rich = Progress(*columns, console=Console(file=stream))
    try:
        yield _Bar(rich)
    finally:
        rich.stop()
