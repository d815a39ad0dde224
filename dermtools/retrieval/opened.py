"""An open case base: its store, the embedder that made its vectors, and the latest version of it in memory."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from dermtools.addresses import Address, case_base_place
from dermtools.cases.case import Case, Task
from dermtools.cases.creating import is_there
from dermtools.cases.store import CaseStore
from dermtools.embedding import Embedder, TextEmbedder, default_embedder, load_embedder
from dermtools.embedding.registry import can_load
from dermtools.errors import CaseBaseError, QueryError
from dermtools.files import writable
from dermtools.retrieval.attributes import Attributes
from dermtools.retrieval.queries import accepted, loaded
from dermtools.retrieval.search.snapshot import CaseFacts, Snapshot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dermtools.cases.columns import CaseColumns
    from dermtools.cases.identity import EmbedderIdentity
    from dermtools.progress import Progress
    from dermtools.retrieval.indexing.record import IndexRecord


class OpenedCaseBase:
    """What of a case base is read without a query: made with `create`, `open` or `open_or_create`."""

    def __init__(self, store: CaseStore, embedder: Embedder | None = None) -> None:
        """Refuses an embedder whose identity is not that of the store's vectors with a CaseBaseError."""
        self.store = store
        self.path = store.path
        self.attributes = Attributes(store)
        self.selections: dict[str, frozenset[str]] = {}
        """Cases picked by hand, name to ids, in memory alone: `where` says `selection = 'NAME'`. None is given anew."""
        self._snapshot: Snapshot | None = None
        self._facts: CaseFacts | None = None
        self._lock, self._snapshot_lock = threading.Lock(), threading.Lock()
        self._embedder = None if embedder is None else accepted(embedder, store)
        self._process = os.getpid()

    @classmethod
    def create(cls, path: str | Path, *, embedder: str | Embedder | None = None, shared: bool = False) -> Self:
        """Make an empty case base in a folder that is new or empty; its embedder is fixed from then on.

        Where none is given, that is `efficientnet-lite0` if it is installed, else `descriptor` and a line in the log.
        Nobody but its owner may enter it; `shared` lets the folder's group, as far as the umask does.

        Raises CaseBaseError where the folder holds something or cannot be written, EmbeddingError for the embedder.
        """
        path = case_base_place(path)
        if not isinstance(path, Address):
            path = writable(path, folder=True, error=CaseBaseError)
        if embedder is None:
            embedder = default_embedder()
        if isinstance(embedder, str):
            embedder = load_embedder(embedder)
        store = CaseStore.create(
            path,
            embedder_spec=embedder.spec,
            identity=embedder.identity,
            reads_text=isinstance(embedder, TextEmbedder),
            shared=shared,
        )
        return cls(store, embedder)

    @classmethod
    def open(cls, path: str | Path, *, embedder: str | Embedder | None = None) -> Self:
        """Open a case base. Its embedder is loaded when a picture or text has to be embedded.

        Give `embedder` to search by the vectors that `reembed` made with another one; the case base can then be read,
        not written. Or give it as another way to load its own, e.g. from where its weights lie now.

        Raises:
            CaseBaseError: the folder is missing, foreign, damaged or of a newer format, or the embedder made no vectors
                of it.
        """
        from dermtools.retrieval.spaces import chosen

        return cls(*chosen(CaseStore.open(path), embedder))

    @classmethod
    def open_or_create(cls, path: str | Path, *, embedder: str | Embedder | None = None, shared: bool = False) -> Self:
        """Open the case base at `path`, or create one where nothing is. Raises as `open` and `create`."""
        path = case_base_place(path)
        if is_there(path):
            return cls.open(path, embedder=embedder)
        return cls.create(path, embedder=embedder, shared=shared)

    def __len__(self) -> int:
        return len(self.facts)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as where it lies, and opened there again: with its embedder where no spec string loads that."""
        embedder = self._embedder
        return partial(type(self).open, embedder=embedder if embedder and not can_load(embedder.spec) else None), (
            self.path,
        )

    def __repr__(self) -> str:
        tasks = ", ".join(task.name for task in self.store.manifest.tasks)
        return f"CaseBase({str(self.path)!r}, {len(self.store)} cases, tasks: {tasks}; {self.identity.name})"

    @property
    def version(self) -> int:
        return self.store.version

    @property
    def identity(self) -> EmbedderIdentity:
        """Identity of the embedder that made the vectors."""
        return self.store.manifest.identity

    @property
    def tasks(self) -> tuple[Task, ...]:
        self.store.version  # noqa: B018 - moves to what other processes have written
        return self.store.manifest.tasks

    def task(self, name: str) -> Task:
        """Task of that name; a QueryError lists the existing ones."""
        return self.facts.task(name)

    @property
    def columns(self) -> CaseColumns:
        """All metadata of the latest version, in row order."""
        return self.facts.columns

    @property
    def vectors(self) -> NDArray[np.float32]:
        """Of the latest version, float32, shape (n, d), in row order, read-only."""
        return self.snapshot.index.vectors

    @property
    def embedder(self) -> Embedder:
        """The embedder, loaded on first use; CaseBaseError where its spec now loads another one.

        A process that was forked after it was loaded is refused too: the threads of torch do not come along, and a
        worker would wait for them for ever.
        """
        with self._lock:
            if self._embedder is None:
                self._embedder, self._process = loaded(self.store), os.getpid()
            if self._process != os.getpid():
                raise CaseBaseError(
                    f"the embedder of {self.path} was loaded before this process was forked; open the case base in the "
                    "worker, or start workers by spawn (multiprocessing_context='spawn')"
                )
            return self._embedder

    @property
    def reads_text(self) -> bool:
        """Whether words can be searched for; loads the embedder only where an earlier version made the case base."""
        known = self.store.manifest.reads_text
        return isinstance(self.embedder, TextEmbedder) if known is None else known

    @property
    def snapshot(self) -> Snapshot:
        """The latest version on disk, in memory; loaded again whenever anybody has written."""
        with self._snapshot_lock:
            version = self.store.version  # asked first, since asking moves to what was written since
            if self._snapshot is None or self._snapshot.columns.version != version:
                self._snapshot = Snapshot.load(self.store)
                self._snapshot.selections = self.selections
            return self._snapshot

    @property
    def facts(self) -> CaseFacts:
        """The latest version on disk without its vectors, which are not read for it."""
        with self._snapshot_lock:
            version = self.store.version
            if self._snapshot is not None and self._snapshot.columns.version == version:
                return self._snapshot
            if self._facts is None or self._facts.columns.version != version:
                self._facts = CaseFacts(self.store.columns(), self.store.manifest.tasks)
                self._facts.selections = self.selections
            return self._facts

    def build_index(
        self,
        *,
        recall: float = 0.99,
        memory: int | str | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> IndexRecord:
        """Choose and keep an index that finds so many of the five nearest cases; searches go by it from then on.

        Where none does at several times an exact search's speed, searches stay exact. Killed, the former one stays.

        Args:
            recall: share of the five nearest, from 0.5 and below 1.
            memory: what the index may take, in bytes or as `1.2GB`; the exact vectors stay on the disk besides.
            seed: of the sample that it learns from, and of the held-out queries.
            progress: told of each stage.

        Raises:
            QueryError: the recall or the memory is none.
            CaseBaseError: the index cannot be written.
        """
        from dermtools.retrieval.indexing.building import build_index

        record = build_index(self.store, recall=recall, memory=memory, seed=seed, progress=progress)
        with self._snapshot_lock:
            self._snapshot = None
        return record

    @property
    def index_record(self) -> IndexRecord | None:
        """What `build_index` kept; None where there is none. A CaseBaseError where its file is damaged."""
        from dermtools.cases.store import CACHE
        from dermtools.retrieval.indexing.record import kept_record

        return kept_record(self.store.own_folder / CACHE)

    def case(self, case_id: str) -> Case:
        """A case; QueryError where there is no such id."""
        facts = self.facts
        return facts.columns.case(facts.row(case_id))

    def jpeg(self, case_id: str) -> bytes:
        """The clean stored JPEG of a case; QueryError where there is no such id, or the case has no picture."""
        return self.jpegs([case_id])[case_id]

    def jpegs(self, case_ids: Sequence[str]) -> dict[str, bytes]:
        """The clean stored JPEGs of cases, in the order requested; QueryError where an id is unknown or has no picture.

        `store.jpegs` gives empty bytes for a case that came by its vector alone.
        """
        found = self.store.jpegs(case_ids)
        if bare := next((case_id for case_id, jpeg in found.items() if not jpeg), None):
            raise QueryError(f"case {bare!r} has no picture to show: it came into {self.path} by its vector alone")
        return found
