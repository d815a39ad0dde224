"""One thing that the page can ask for, and how its function tells what happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from dermtools.app.session import AppSession


class Arguments(BaseModel):
    """What comes from the page; unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Teller(Protocol):
    """Handed to a function: progress as of `dermtools.progress`, and events of its own kind.

    Both raise a StoppedError once the person has cancelled.
    """

    def start(self, total: int, description: str) -> None:
        """Begin a stage of `total` steps."""

    def advance(self, n: int = 1) -> None:
        """`n` more steps are done."""

    def event(self, data: dict[str, Any]) -> None:
        """Something that the page shows as it comes; plain JSON values."""


@dataclass(frozen=True)
class Action:
    """Called by `POST api/NAME` with the arguments as JSON; the function runs in a thread.

    What it gives is plain JSON values, or a pydantic model. An error of ours reaches the person as it is: they are at
    this machine, so it may name their own paths.
    """

    name: str
    arguments: type[Arguments]
    function: Callable[[AppSession, Any, Teller], BaseModel | dict[str, Any]]
