"""A case base on an object store: records lie in a small Lance table beside its own, and a lease lets one writer in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dermtools.addresses import Address
from dermtools.cases.config_table import ConfigTable
from dermtools.cases.lease import WriterLease
from dermtools.errors import CaseBaseError
from dermtools.files import parse_record
from dermtools.local_cache import LocalCache

if TYPE_CHECKING:
    from pydantic import BaseModel

M = TypeVar("M", bound="BaseModel")


class ObjectBackend:
    """See `Backend`."""

    def __init__(self, path: Address) -> None:
        self.path: Path = path
        self._cache = LocalCache(str(path))
        self.cache: LocalCache | None = self._cache
        self.own_folder: Path = self._cache.folder
        self.records = ConfigTable(path)
        self._lease = WriterLease(path, self.records)

    def read(self, name: str, model: type[M], *, newest: int, what: str, missing: str, remedy: str) -> M:
        text = self.records.get(name)
        if text is None:
            raise CaseBaseError(missing)
        place = f"{self.path}/{name}"
        return parse_record(text.encode(), place, model, newest=newest, error=CaseBaseError, what=what, remedy=remedy)

    def has(self, name: str) -> bool:
        return self.records.get(name) is not None

    def write(self, name: str, content: str) -> None:
        self._lease.put({name: content})

    def remove(self, name: str) -> None:
        if self.has(name):
            self._lease.put({name: None})

    def stamp(self, name: str) -> tuple[int, ...]:
        return self.records.stamp(name)

    def opened(self) -> None:
        self._cache.prepare()

    def forget_derived(self) -> None:
        self._cache.forget()

    def held(self, fence: Callable[[], object]) -> AbstractContextManager[int]:
        return self._lease.held(fence)

    def still_held(self) -> None:
        self._lease.put({})

    def written(self) -> None:
        """Who may read is a matter of the bucket."""
