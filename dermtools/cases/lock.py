"""The lock that lets one process at a time write a case base."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dermtools.errors import CaseBaseError
from dermtools.files import file_mode

if TYPE_CHECKING:
    from filelock import FileLock

LOCK_NAME = ".lock"


class WriterLock:
    """Of one folder; it may be taken again by the thread that has it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._making = threading.Lock()  # one lock, whichever thread needs it first
        self._lock: FileLock | None = None

    @contextmanager
    def held(self) -> Iterator[FileLock]:
        """Hold it; its `lock_counter` is 1 for who took it first.

        Raises:
            CaseBaseError: another process is writing, or the folder cannot be written.
        """
        from filelock import FileLock, Timeout  # readers do without

        with self._making:
            lock = self._lock = self._lock or FileLock(
                self._folder / LOCK_NAME, timeout=0, mode=file_mode(self._folder)
            )
        try:
            lock.acquire()
        except Timeout:
            raise CaseBaseError(
                f"another process is writing {self._folder}; wait until it is done, or stop it"
            ) from None
        except OSError as error:
            raise CaseBaseError(f"{self._folder} cannot be written: {error.strerror}") from error
        try:
            yield lock
        finally:
            lock.release()
