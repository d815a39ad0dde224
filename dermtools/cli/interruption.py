"""What is told when Ctrl-C or SIGTERM ends a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Terminated(KeyboardInterrupt):
    """SIGTERM: the same clean end as after Ctrl-C."""


@contextmanager
def keeping(kept: Callable[[], str]) -> Iterator[None]:
    """What an interruption inside leaves behind, and what the command does when it is run again."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise type(error)(kept()) from error
