"""What a user holds: a store of cases, the embedder that made their vectors, and the index over them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.cases.case import Case, SourceData, Task
from dermtools.cases.store import CaseStore
from dermtools.embedding import Embedder, TextEmbedder, load_embedder, open_for_embedding
from dermtools.embedding.vectors import checked_vector
from dermtools.errors import CaseBaseError, QueryError
from dermtools.files import local_path, writable
from dermtools.images import ImageLimits, ImageSource
from dermtools.prediction import Query
from dermtools.retrieval.attributes import Attributes
from dermtools.retrieval.holdings import holdings
from dermtools.retrieval.queries import (
    accepted,
    case_query,
    check_one_kind,
    embedded,
    loaded,
    picture_query,
    text_query,
    with_vector,
)
from dermtools.retrieval.search.pipeline import SearchOptions, search
from dermtools.retrieval.search.snapshot import Snapshot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.cases.columns import CaseColumns
    from dermtools.cases.identity import EmbedderIdentity
    from dermtools.progress import Progress
    from dermtools.retrieval.audit.report import CheckReport
    from dermtools.retrieval.ingest.report import IngestReport
    from dermtools.retrieval.search.neighbors import Neighbors

DEFAULT_EMBEDDER = "descriptor"


class CaseBase:
    """Labelled cases in a folder, searched by similarity. Make one with `create`, `open` or `open_or_create`.

    Every call sees the latest version on disk, other processes' writes included. Safe for threads.
    """

    def __init__(self, store: CaseStore, embedder: Embedder | None = None) -> None:
        """Refuses an embedder whose identity is not that of the store's vectors with a CaseBaseError."""
        self.store = store
        self.path = store.path
        self.attributes = Attributes(store)
        self._snapshot: Snapshot | None = None
        self._lock, self._snapshot_lock = threading.Lock(), threading.Lock()
        self._embedder = None if embedder is None else accepted(embedder, store)

    @classmethod
    def create(cls, path: str | Path, *, embedder: str | Embedder = DEFAULT_EMBEDDER, shared: bool = False) -> CaseBase:
        """Make an empty case base in a folder that is new or empty; its embedder is fixed from then on.

        Nobody but its owner may enter it; `shared` lets the folder's group, as far as the umask does.

        Raises CaseBaseError where the folder holds something or cannot be written, EmbeddingError for the embedder.
        """
        path = writable(path, folder=True, error=CaseBaseError)
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
    def open(cls, path: str | Path, *, embedder: str | Embedder | None = None) -> CaseBase:
        """Open a case base. Its embedder is loaded when a picture or text has to be embedded.

        Give `embedder` only as another way to load the same one, e.g. from where its weights lie now.

        Raises:
            CaseBaseError: the folder is missing, foreign, damaged or of a newer format, or the embedder not its own.
        """
        store = CaseStore.open(path)
        if isinstance(embedder, str):
            embedder = None if embedder == store.manifest.embedder else load_embedder(embedder)
        return cls(store, embedder)

    @classmethod
    def open_or_create(
        cls, path: str | Path, *, embedder: str | Embedder | None = None, shared: bool = False
    ) -> CaseBase:
        """Open the case base at `path`, or create one where nothing is. Raises as `open` and `create`."""
        path = local_path(path, CaseBaseError)
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            return cls.open(path, embedder=embedder)
        return cls.create(path, embedder=embedder or DEFAULT_EMBEDDER, shared=shared)

    def __len__(self) -> int:
        return len(self.snapshot)

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
        return tuple(self.snapshot.tasks.values())

    def task(self, name: str) -> Task:
        """Task of that name; a QueryError lists the existing ones."""
        return self.snapshot.task(name)

    @property
    def columns(self) -> CaseColumns:
        """All metadata of the latest version, in row order."""
        return self.snapshot.columns

    @property
    def vectors(self) -> NDArray[np.float32]:
        """Of the latest version, float32, shape (n, d), in row order, read-only."""
        return self.snapshot.index.vectors

    @property
    def embedder(self) -> Embedder:
        """The embedder, loaded on first use; CaseBaseError where its spec now loads another one."""
        with self._lock:
            if self._embedder is None:
                self._embedder = loaded(self.store)
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
            if self._snapshot is None or self._snapshot.columns.version != self.store.version:
                self._snapshot = Snapshot.load(self.store)
            return self._snapshot

    def case(self, case_id: str) -> Case:
        """A case; QueryError where there is no such id."""
        snapshot = self.snapshot
        return snapshot.columns.case(snapshot.row(case_id))

    def jpeg(self, case_id: str) -> bytes:
        """The clean stored JPEG of a case; QueryError where there is no such id."""
        return self.jpegs([case_id])[case_id]

    def jpegs(self, case_ids: Sequence[str]) -> dict[str, bytes]:
        """The clean stored JPEGs of cases, in the order requested; QueryError where an id is unknown."""
        return self.store.jpegs(case_ids)

    def info(self) -> dict[str, Any]:
        """What the case base holds, as plain data: cases, groups, splits, tasks, embedder, version, sources."""
        return holdings(self.path, self.store.manifest, self.columns)

    def add(
        self,
        data: SourceData,
        *,
        batch_size: int = 64,
        workers: int = 2,
        progress: Progress | None = None,
        limits: ImageLimits | None = None,
        key_file: str | Path | None = None,
        check_text: bool = False,
        redact: bool | None = None,
    ) -> IngestReport:
        """Add the cases of a source; run again after an interruption, it resumes. Options as of `ingest`."""
        from dermtools.retrieval.ingest.writing import ingest

        options: dict[str, Any] = {"batch_size": batch_size, "workers": workers, "progress": progress, "limits": limits}
        options |= {"key_file": key_file, "check_text": check_text, "redact": redact}
        return ingest(self.store, self.embedder, data, **options)

    def delete(self, case_ids: Iterable[str] = (), *, groups: Iterable[str] = ()) -> int:
        """Delete cases, and all of some groups, from the disk, and return how many went; see `deletion.delete`."""
        from dermtools.retrieval.deletion import delete

        return delete(self.store, case_ids, groups)

    def check(self, *, text: bool = False, progress: Progress | None = None) -> CheckReport:
        """Look for what is wrong or doubtful; with `text` for writing in pictures, too (extra `ocr`). See `check`."""
        from dermtools.retrieval.audit.checking import check

        return check(self.store, text=text, progress=progress)

    def query(
        self,
        image: ImageSource | None = None,
        *,
        vector: NDArray[np.floating[Any]] | None = None,
        case_id: str | None = None,
        text: str | None = None,
        group_id: str | None = None,
        limits: ImageLimits | None = None,
    ) -> Query:
        """Resolve and embed exactly one of: a picture, a vector, a case of this case base, a text.

        Args:
            image: path, `data:` URL, encoded bytes or open PIL image.
            vector: embedding by this case base's embedder, shape (d,), of norm 1 where the embedder's are.
            case_id: an existing case.
            text: words, where the embedder reads text.
            group_id: patient or encounter of the query where it is known, so that search leaves it out.
            limits: on the picture; by default those of the environment.

        Raises:
            QueryError: not exactly one is given, no such case, another shape or norm, or the embedder reads no text.
            ImageError: the picture cannot be read.
        """
        check_one_kind(image=image, vector=vector, case_id=case_id, text=text)
        if image is not None:
            opened = partial(open_for_embedding, embedder=self.embedder)
            return with_vector(picture_query(image, group_id, opened, limits), self.embedder)
        if text is not None:
            return text_query(text, self.embedder if self.reads_text else None, self.identity, group_id)
        if case_id is not None:
            return case_query(case_id, self.snapshot, self.store.jpegs, group_id)
        return Query(name="vector", vector=checked_vector(vector, self.identity, "the query vector"), group_id=group_id)

    def search(
        self,
        image: ImageSource | None = None,
        *,
        vector: NDArray[np.floating[Any]] | None = None,
        case_id: str | None = None,
        text: str | None = None,
        query: Query | None = None,
        k: int = 5,
        where: str | Collection[str] | None = None,
        group_id: str | None = None,
        exclude_groups: Collection[str] = (),
        exclude_cases: Collection[str] = (),
        max_per_group: int | None = None,
        diversity: str | None = None,
        task: str | None = None,
        mmr_relevance: float = 0.5,
        mmr_pool: int | None = None,
        leak_guard: bool = True,
        where_shown: str | None = None,
    ) -> Neighbors:
        """The k nearest cases by exact Euclidean distance, nearest first; fewer where no more are left.

        The leak guard leaves out the query's own group and picture (see `search/leak_guard.py`), as if they were not
        in the case base.

        Args:
            image, vector, case_id, text, group_id: the query, as for `query`; or `query`, one that it made.
            k: how many cases, at least 1.
            where: SQL-like conditions that all hold, e.g. `"age >= 40"`; see `search/where.py`.
            exclude_groups, exclude_cases: what to leave out besides.
            max_per_group: at most so many cases of one group.
            diversity: `mmr` for pictures unlike each other, `balanced` for cases of many labels of `task`.
            task: what `balanced` spreads over.
            mmr_relevance, mmr_pool: for `mmr`, from 0 (unlike each other) to 1 (near the query); and from
                how many of the nearest to choose, 4 k by default.
            leak_guard: False only to meet the query's own cases too; the result's notes say so.
            where_shown: a further condition, which may name shown attributes alone: one that a model or client wrote.

        Raises:
            QueryError, ImageError: as `query`, or an option cannot be met as given.
        """
        options = SearchOptions(
            k, where, exclude_groups, exclude_cases, max_per_group, diversity, task, leak_guard, mmr_relevance,
            mmr_pool, where_shown,
        )  # fmt: skip
        if query is None:
            query = self.query(image, vector=vector, case_id=case_id, text=text, group_id=group_id)
        elif any(value is not None for value in (image, vector, case_id, text, group_id)):
            raise QueryError("query already says what to search for; leave out image, vector, case_id, text, group_id")
        found = embedded(query, self.embedder) if query.vector is None else query.vector
        found = checked_vector(found, self.identity, "the query vector")
        return search(self.snapshot, query, found, options, self.store.jpegs, self.attributes.shown)
