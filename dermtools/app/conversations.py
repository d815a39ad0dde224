"""Conversations with the agent, in memory alone: what was asked, what happened, what was answered."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dermtools.errors import DermtoolsError, QueryError, StoppedError
from dermtools.text import bounded, one_line

if TYPE_CHECKING:
    from dermtools.agent import Conversation

MOST = 40
"""Conversations that are kept; the oldest is forgotten first."""
_TITLE = 70


@dataclass(eq=False)
class HeldConversation:
    """One conversation, as the page shows it again after a reload."""

    task: str | None
    conversation: Conversation
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    turns: list[dict[str, Any]] = field(default_factory=list)
    """Those that are over: question, pictures, steps, answer, and how each ended."""
    running: dict[str, Any] | None = None
    """The turn under way."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def title(self) -> str:
        first = next(iter([*self.turns, *([self.running] if self.running else [])]), None)
        return bounded(one_line(first["question"]), _TITLE) if first else "New conversation"

    @contextmanager
    def turn(self, question: str, pictures: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """A turn to fill in; it is kept however it ends.

        Raises:
            QueryError: another is under way.
        """
        if not self._lock.acquire(blocking=False):
            raise QueryError("the agent is still answering; stop that first, or start another conversation")
        try:
            turn = {"question": question, "pictures": pictures, "steps": [], "answer": None, "problem": None}
            self.running = turn
            try:
                yield turn
            except StoppedError:
                turn["problem"] = "stopped"
                raise
            except DermtoolsError as error:
                turn["problem"] = str(error)
                raise
            finally:
                self.turns.append(turn)
                self.running = None
        finally:
            self._lock.release()


class Conversations:
    """Of one server, by id. Safe for threads."""

    def __init__(self) -> None:
        self._held: dict[str, HeldConversation] = {}
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[HeldConversation]:
        """The newest first."""
        with self._lock:
            return iter([*self._held.values()][::-1])

    def add(self, held: HeldConversation) -> None:
        with self._lock:
            self._held[held.id] = held
            while len(self._held) > MOST:
                del self._held[next(iter(self._held))]

    def get(self, conversation_id: str) -> HeldConversation:
        """The conversation with this id; a QueryError where there is none, or not any more."""
        with self._lock:
            if (held := self._held.get(conversation_id)) is None:
                raise QueryError("there is no such conversation any more; start a new one")
            return held
