"""Pictures of conversations in a LangGraph store, where a LangGraph server keeps what outlasts a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dermtools.tools.pictures.image_store import ImageStore, check_room
from dermtools.tools.pictures.shelves import MAX_BYTES, MAX_PICTURES, ShelvedImages
from dermtools.tools.pictures.threads import Thread

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore, SearchItem

NAMESPACE = ("dermtools", "pictures")
"""Before the key of a conversation, which is a hash of its id and its user's."""


class PicturesInStore:
    """Each conversation in a namespace of its own, as JSON. The store's own rules say how long it keeps them.

    Its methods are called outside the event loop: LangGraph's stores refuse to be read from inside it.

    Args:
        store: of the graph.
        max_pictures: of one conversation.
        max_bytes: of one conversation, as they lie there.
    """

    def __init__(self, store: BaseStore, *, max_pictures: int = MAX_PICTURES, max_bytes: int = MAX_BYTES) -> None:
        self._store = store
        self._max_pictures = max_pictures
        self._max_bytes = max_bytes

    def of(self, thread: Thread) -> ImageStore:
        """Those of one conversation."""
        shelf = _StoreShelf(self._store, (*NAMESPACE, thread.key), self._max_pictures)
        return ShelvedImages(shelf, thread.key, max_pictures=self._max_pictures, max_bytes=self._max_bytes)


class _StoreShelf:
    """A `Shelf`: one item a picture."""

    def __init__(self, store: BaseStore, namespace: tuple[str, ...], most: int) -> None:
        self._store = store
        self._namespace = namespace
        self._most = most

    def read(self, handle: str) -> str | None:
        item = self._store.get(self._namespace, handle)
        return None if item is None else json.dumps(item.value)

    def write(self, handle: str, text: str, *, max_pictures: int, max_bytes: int) -> None:
        others = [item for item in self._items() if item.key != handle]
        size = sum(len(json.dumps(item.value)) for item in others) + len(text)
        check_room(len(others) + 1, size, max_pictures=max_pictures, max_bytes=max_bytes)
        # Not indexed: a store that searches by meaning would have the pictures' base64 embedded.
        self._store.put(self._namespace, handle, json.loads(text), index=False)

    def handles(self) -> list[str]:
        return [item.key for item in sorted(self._items(), key=lambda item: item.created_at)]

    def _items(self) -> list[SearchItem]:
        return self._store.search(self._namespace, limit=self._most + 1)
