"""The lock that lets one process at a time write a case base; it ends with the process that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dermtools.errors import CaseBaseError

LOCK_NAME = ".lock"


class WriterLock:
    """The lock of one folder; refuses at once instead of waiting."""

    def __init__(self, folder: Path) -> None:
        from filelock import FileLock

        self._folder = folder
        self._lock = FileLock(folder / LOCK_NAME, timeout=0)

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Hold the lock; may be nested in one thread. Yields whether this is the outermost hold.

        Raises:
            CaseBaseError: somebody else is writing, or the folder cannot be written.
        """
        from filelock import Timeout

        try:
            self._lock.acquire()
        except Timeout:
            raise CaseBaseError(
                f"another process is writing {self._folder}; wait until it is done, or stop it"
            ) from None
        except OSError as error:
            raise CaseBaseError(f"{self._folder} cannot be written: {error.strerror}") from error
        try:
            yield self._lock.lock_counter == 1
        finally:
            self._lock.release()
