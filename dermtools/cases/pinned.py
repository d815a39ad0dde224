"""Reading a case base at one version while others write it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from dermtools.errors import CaseBaseError

if TYPE_CHECKING:
    from dermtools.cases.store import CaseStore

P = ParamSpec("P")
T = TypeVar("T")


def reads(method: Callable[Concatenate[CaseStore, P], T]) -> Callable[Concatenate[CaseStore, P], T]:
    """A read in one piece; at the latest version where another process has removed the one that was pinned."""

    @wraps(method)
    def read(self: CaseStore, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self._guard:
            try:
                return method(self, *args, **kwargs)
            except CaseBaseError:
                if not self._refresh():
                    raise
            return method(self, *args, **kwargs)

    return read
