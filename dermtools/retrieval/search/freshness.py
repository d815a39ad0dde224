"""What a case base keeps ready between calls: its latest version in memory, and its embedder."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from dermtools.embedding import load_embedder
from dermtools.errors import CaseBaseError
from dermtools.retrieval.search.snapshot import Snapshot

if TYPE_CHECKING:
    from dermtools.cases.store import CaseStore
    from dermtools.embedding import Embedder


class LatestSnapshot:
    """The latest version on disk, loaded again whenever anybody has written. Safe for threads."""

    def __init__(self, store: CaseStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None

    def get(self) -> Snapshot:
        with self._lock:
            if self._snapshot is None or self._snapshot.columns.version != self._store.version:
                self._snapshot = Snapshot.load(self._store)
            return self._snapshot


class StoreEmbedder:
    """The embedder that made a store's vectors, given or loaded on first use. Safe for threads."""

    def __init__(self, store: CaseStore, given: Embedder | None = None) -> None:
        """Refuses an embedder of another identity with a CaseBaseError."""
        self._store = store
        self._lock = threading.Lock()
        self._embedder = None if given is None else self._accepted(given)

    def get(self) -> Embedder:
        with self._lock:
            if self._embedder is None:
                self._embedder = self._accepted(load_embedder(self._store.manifest.embedder))
            return self._embedder

    def _accepted(self, embedder: Embedder) -> Embedder:
        manifest = self._store.manifest
        if embedder.identity != manifest.identity:
            raise CaseBaseError(
                f"{self._store.path} was made with {manifest.identity}, not with {embedder.identity}; "
                f"use the embedder {manifest.embedder}, or another case base"
            )
        return embedder
