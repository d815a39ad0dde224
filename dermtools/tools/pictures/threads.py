"""Pictures of many conversations, each with its own."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass
from typing import Protocol

from dermtools.tools.pictures.image_store import ImageStore


@dataclass(frozen=True)
class Thread:
    """A conversation, as LangGraph names it, of a user where there is one that was authenticated.

    `id` is the thread's; `user` is empty where nobody was authenticated.
    """

    id: str
    user: str = ""

    @property
    def key(self) -> str:
        """Names it where its pictures are; nobody can read id or user from it, and no two threads share one."""
        return hashlib.sha256(json.dumps([self.user, self.id]).encode()).hexdigest()[:40]


class ThreadPictures(Protocol):
    """Where the pictures of conversations are kept."""

    def of(self, thread: Thread) -> ImageStore:
        """Those of one conversation."""


class PicturesInMemory:
    """Of the conversations that were heard of last; others are forgotten. Safe for threads.

    Args:
        max_threads: conversations.
        max_bytes: of all together, decoded pictures included.
        max_bytes_each: of the encoded pictures of one.
    """

    def __init__(
        self,
        *,
        max_threads: int = 256,
        max_bytes: int = 512 * 1024 * 1024,
        max_bytes_each: int = 64 * 1024 * 1024,
    ) -> None:
        self._max_threads = max_threads
        self._max_bytes = max_bytes
        self._max_bytes_each = max_bytes_each
        self._stores: dict[Thread, ImageStore] = {}
        """The one used last stands last."""
        self._lock = threading.Lock()

    def of(self, thread: Thread) -> ImageStore:
        """Those of one conversation, which now counts as used."""
        with self._lock:
            store = self._stores.pop(thread, None)
            if store is None:
                store = ImageStore(max_bytes=self._max_bytes_each)
            self._stores[thread] = store
            sizes = {one: held.held_bytes for one, held in self._stores.items()}
            for oldest in list(sizes)[:-1]:
                if len(sizes) <= self._max_threads and sum(sizes.values()) <= self._max_bytes:
                    break
                del self._stores[oldest], sizes[oldest]
            return store
