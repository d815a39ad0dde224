"""A teller that keeps what an action tells, for tests that call its function by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Told:
    """Nobody cancels it."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def start(self, total: int, description: str) -> None:
        """Not kept."""

    def advance(self, n: int = 1) -> None:
        """Not kept."""

    def event(self, data: dict[str, Any]) -> None:
        self.events.append(data)
