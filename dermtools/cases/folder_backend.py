"""A case base in a folder: records are files, and a lock on a file lets one process at a time write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dermtools.cases.backend import CACHE
from dermtools.cases.lance_table import TABLE
from dermtools.cases.lock import WriterLock
from dermtools.errors import CaseBaseError
from dermtools.files import read_record, sweep, tighten, write_whole

if TYPE_CHECKING:
    from pydantic import BaseModel

    from dermtools.local_cache import LocalCache

M = TypeVar("M", bound="BaseModel")


class FolderBackend:
    """See `Backend`."""

    def __init__(self, path: Path) -> None:
        self.path: Path = path
        self.cache: LocalCache | None = None
        self.own_folder: Path = path
        self._lock = WriterLock(path)

    def read(self, name: str, model: type[M], *, newest: int, what: str, missing: str, remedy: str) -> M:
        return read_record(
            self.path / name, model, newest=newest, error=CaseBaseError, what=what, missing=missing, remedy=remedy
        )

    def has(self, name: str) -> bool:
        return (self.path / name).exists()

    def write(self, name: str, content: str) -> None:
        try:
            write_whole(self.path / name, content, within=self.path)
        except OSError as error:
            raise CaseBaseError(f"{self.path} cannot be written: {error.strerror}") from error

    def remove(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)

    def stamp(self, name: str) -> tuple[int, ...]:
        """Time in nanoseconds and inode."""
        try:
            status = (self.path / name).stat()
        except OSError:
            return ()
        return status.st_mtime_ns, status.st_ino

    def opened(self) -> None:
        """All is on this machine."""

    def forget_derived(self) -> None:
        for path in (*self.path.glob(f"{CACHE}/*.faiss"), *self.path.glob(f"{CACHE}/tuned*")):
            path.unlink(missing_ok=True)

    @contextmanager
    def held(self, fence: Callable[[], object]) -> Iterator[int]:
        """Needs no fence: the system takes the lock from a process that ends, and gives it to nobody before."""
        with self._lock.held() as lock:
            if lock.lock_counter == 1:
                sweep(self.path, below=True)
            yield lock.lock_counter

    def still_held(self) -> None:
        """A lock is held until it is released."""

    def written(self) -> None:
        tighten(self.path / TABLE, self.path)
