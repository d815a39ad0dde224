"""Where a case base keeps what is not in its table, and how one writer at a time is seen to: a folder or a store."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from pydantic import BaseModel

    from dermtools.local_cache import LocalCache

M = TypeVar("M", bound="BaseModel")
CACHE = "cache"
"""Folder of what was derived from the table, and goes with every deletion."""


class Backend(Protocol):
    """Records are small JSON files, or on a store texts under the same names. All raise a CaseBaseError."""

    path: Path
    cache: LocalCache | None
    """What this machine keeps of a store; None where all is on this machine anyway."""
    own_folder: Path
    """Folder on this machine for what is derived from the table, and for trained classifiers."""

    def read(self, name: str, model: type[M], *, newest: int, what: str, missing: str, remedy: str) -> M:
        """A record; arguments as of `read_record`."""

    def has(self, name: str) -> bool:
        """Whether there is such a record."""

    def write(self, name: str, content: str) -> None:
        """Replace a record in one step; the caller holds the writer's place."""

    def remove(self, name: str) -> None:
        """Remove a record, where there is one."""

    def stamp(self, name: str) -> tuple[int, ...]:
        """Another one whenever the record is another; empty where there is none."""

    def opened(self) -> None:
        """Make ready what is kept on this machine."""

    def forget_derived(self) -> None:
        """Delete what was derived from the rows, and may show some that were erased."""

    def held(self, fence: Callable[[], object]) -> AbstractContextManager[int]:
        """Hold the writer's place; gives how many times it is held by now. `fence` shuts out a former writer.

        Raises:
            CaseBaseError: another process is writing, or the place cannot be written.
        """

    def still_held(self) -> None:
        """Before a transaction: raise a CaseBaseError where another writer has taken the place meanwhile."""

    def written(self) -> None:
        """After writing: what libraries made is closed to whom the case base is closed."""
