"""A case base: one table of cases and one manifest, in a folder or on an object store, with one writer at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from dermtools.addresses import case_base_place
from dermtools.cases.backend import CACHE as CACHE
from dermtools.cases.backend import Backend
from dermtools.cases.backends import backend_of
from dermtools.cases.case import Task
from dermtools.cases.columns import ROW_NAMES, CaseColumns, StoredCase, check_rows
from dermtools.cases.creating import make
from dermtools.cases.edits import settle
from dermtools.cases.erasing import UNFINISHED as UNFINISHED
from dermtools.cases.erasing import erase, purge, put_away
from dermtools.cases.identity import EmbedderIdentity
from dermtools.cases.in_step import forget_changed
from dermtools.cases.lance_table import CaseTable
from dermtools.cases.manifest import MANIFEST_NAME, Manifest, SourceNote, read_manifest, write_manifest
from dermtools.errors import CaseBaseError, QueryError

if TYPE_CHECKING:
    from numpy.typing import NDArray


P = ParamSpec("P")
T = TypeVar("T")


def _reads(method: Callable[Concatenate[CaseStore, P], T]) -> Callable[Concatenate[CaseStore, P], T]:
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


class CaseStore:
    """Cases, embeddings and small pictures of one place, read at one version until `version` is asked.

    Readers in other processes see all of a write or nothing of it. Safe for threads. `path` is the folder, `manifest`
    what it says of itself, `backend` what holds the table.
    """

    def __init__(self, path: Path, manifest: Manifest, table: CaseTable, backend: Backend) -> None:
        """Use `create` or `open`."""
        self.path = path
        self.backend = backend
        self.own_folder = backend.own_folder
        """Where what is derived from these vectors lies on this machine: indexes, and classifiers."""
        self.manifest = manifest
        self._stamp: tuple[int, ...] | None = None
        self._table = table
        self._guard = threading.RLock()
        self._columns: CaseColumns | None = None
        self._ids: tuple[int, set[str]] | None = None
        backend.opened()

    @classmethod
    def create(
        cls,
        path: str | Path,
        *,
        embedder_spec: str,
        identity: EmbedderIdentity,
        reads_text: bool | None = None,
        tasks: Iterable[Task] = (),
        sources: Iterable[SourceNote] = (),
        shared: bool = False,
    ) -> CaseStore:
        """Make an empty case base; the folder appears complete or not at all. Its owner's only, unless `shared`.

        Raises:
            CaseBaseError: `path` exists already and is not an empty folder, or it cannot be written.
        """
        path = case_base_place(path).absolute()
        about: dict[str, Any] = {"tasks": tuple(tasks), "sources": tuple(sources), "shown": ()}
        make(path, Manifest(embedder=embedder_spec, identity=identity, reads_text=reads_text, **about), shared=shared)
        return cls.open(path)

    @classmethod
    def open(cls, path: str | Path) -> CaseStore:
        """Open a case base at its latest version.

        Raises:
            CaseBaseError: it is missing, foreign, damaged, of a newer format, or does not match its manifest.
        """
        path = case_base_place(path).absolute()
        backend = backend_of(path)
        read_manifest(path, backend)
        table = CaseTable.open(path)
        # Read again, after the table: what rows need is in the manifest before they are written.
        manifest = read_manifest(path, backend)
        if mismatch := table.mismatch((task.name for task in manifest.tasks), manifest.identity.dimension):
            raise CaseBaseError(f"{path}: {MANIFEST_NAME} does not match its data: {mismatch}; restore both together")
        return cls(path, manifest, table, backend)

    @property
    def table(self) -> CaseTable:
        """The rows, for edits under the lock: what writes them writes the history, too."""
        return self._table

    @property
    def version(self) -> int:
        """Version of the table now on disk, which reads move to: another process may have written."""
        with self._guard:
            self._refresh()
            return self._table.version

    def current_manifest(self) -> Manifest:
        """The manifest now on disk, which another process may have changed without writing a case."""
        with self._guard:
            if (stamp := self.backend.stamp(MANIFEST_NAME)) != self._stamp:
                self.manifest, self._stamp = read_manifest(self.path, self.backend), stamp
            return self.manifest

    def _refresh(self) -> bool:
        moved = self._table.refresh()
        if moved:
            # Read after the table: a manifest is always written before the rows that need it.
            self.manifest = read_manifest(self.path, self.backend)
        return moved

    @_reads
    def __len__(self) -> int:
        return len(self._table)

    @_reads
    def columns(self) -> CaseColumns:
        """All metadata in row order; read once a version."""
        tasks = [task.name for task in self.manifest.tasks]
        columns = self._columns
        if columns is None or columns.version != self._table.version or list(columns.labels) != tasks:
            columns = self._columns = self._table.columns(tasks)
        return columns

    def vectors(self) -> NDArray[np.float32]:
        """All embeddings, float32, shape (n, d), C-contiguous, in the row order of `columns`."""
        return self.columns_and_vectors()[1]

    @_reads
    def columns_and_vectors(self, out: NDArray[np.float32] | None = None) -> tuple[CaseColumns, NDArray[np.float32]]:
        """Columns and vectors of one and the same version, whatever other threads do; those in `out` where it fits."""
        columns = self.columns()
        return columns, self._table.vectors(len(columns), self.manifest.identity.dimension, out)

    @_reads
    def columns_and_key(self) -> tuple[CaseColumns, str]:
        """Columns, and what names the vectors of that version and no others; no vector is read for it."""
        return self.columns(), self._table.vectors_key()

    def jpegs(self, case_ids: Sequence[str]) -> dict[str, bytes]:
        """Stored pictures by case id, in the order of `case_ids`; a QueryError where there is no such case."""
        cache, case_ids = self.backend.cache, list(dict.fromkeys(case_ids))
        if cache is None:
            return self._stored_jpegs(case_ids)
        with self._guard:
            return cache.pictures(self._table.identity, case_ids, self._stored_jpegs)

    def _stored_jpegs(self, case_ids: Sequence[str]) -> dict[str, bytes]:
        return dict(zip(case_ids, (cell["jpeg"] for cell in self._take(case_ids, ["jpeg"])[1]), strict=True))

    def rows(self, case_ids: Sequence[str]) -> list[StoredCase]:
        """Complete rows in the order of `case_ids`, each once; a QueryError where there is no such case."""
        case_ids = list(dict.fromkeys(case_ids))
        columns, cells = self._take(case_ids, ROW_NAMES)
        return [
            StoredCase(case, **cell | {"vector": np.array(cell["vector"], np.float32)})
            for case, cell in zip(columns.cases(columns.row_of.of(case_ids).tolist()), cells, strict=True)
        ]

    @_reads
    def _take(self, case_ids: Sequence[str], names: Sequence[str]) -> tuple[CaseColumns, list[dict[str, Any]]]:
        """Columns of cases, in the order of `case_ids`, beside the metadata of the same version."""
        columns = self.columns()
        rows = columns.row_of.of(case_ids).tolist()
        if -1 in rows:
            raise QueryError(f"no case {case_ids[rows.index(-1)]!r} in {self.path}")
        return columns, self._table.take(rows, names) if rows else []

    @contextmanager
    def write(self) -> Iterator[None]:
        """Hold the writer's lock; may be nested. Every write takes it, so it is only needed around several.

        Raises:
            CaseBaseError: another process is writing, or the folder cannot be written.
        """
        with self.backend.held(self._table.fence) as depth:
            try:
                if depth == 1:
                    with self._guard:
                        self._table.refresh()
                        self._table.hold(self.backend.still_held)
                        self.manifest = read_manifest(self.path, self.backend)
                    settle(self)
                    if self.backend.has(UNFINISHED):
                        self.purge()
                yield
            finally:
                if depth == 1:
                    self._table.hold(None)
                    self.backend.written()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """As `write`, and no thread reads meanwhile: rows and manifest change as one."""
        with self._guard, self.write():
            yield

    def add(self, rows: Sequence[StoredCase]) -> None:
        """Add new cases in one transaction.

        Raises:
            CaseBaseError: a case exists already, or does not fit the manifest; nothing is written then.
        """
        with self.exclusive():
            ids = self._known_ids()
            if known := next((row.case.case_id for row in rows if row.case.case_id in ids), None):
                raise CaseBaseError(f"case {known!r} is in {self.path} already; update it instead")
            check_rows(rows, self.manifest.tasks, self.manifest.identity.dimension)
            if rows:
                self._table.add(rows)
                ids.update(row.case.case_id for row in rows)
                self._ids = (self._table.version, ids)

    def add_whole(self, rows: Any) -> None:
        """Add a pyarrow RecordBatchReader of new cases in one transaction; the caller has checked their columns."""
        with self.exclusive():
            self._table.add_whole(rows)

    def update(self, rows: Sequence[StoredCase]) -> None:
        """Replace or add cases in one transaction; a CaseBaseError if one does not fit, and nothing written."""
        with self.exclusive():
            check_rows(rows, self.manifest.tasks, self.manifest.identity.dimension)
            if rows:
                forget_changed(self, rows)
                self._table.merge(rows)

    def delete(self, case_ids: Iterable[str]) -> int:
        """Delete cases in one transaction, their pictures and vectors from the disk too. Returns how many went.

        Unknown ids are skipped; those that were put away leave earlier versions. All other rows are written anew, so
        delete many at once. Killed meanwhile, the cases are all there or all gone, and the next write removes what is
        left of them.
        """
        with self.exclusive():
            wanted, known = set(case_ids), self._known_ids()
            if gone := wanted & known:
                erase(self, gone)
            elif put_away(self, wanted):
                purge(self, "cases that were put away are erased for good, and earlier versions with them")
            return len(gone)

    def purge(self, what: str = "earlier versions erased", command: str = "delete") -> None:
        """Erase earlier versions, what interrupted writes left, and all that was derived; the history says `what`."""
        with self.exclusive():
            purge(self, what, command)

    def compact(self, *, files_kept: int = 0, rows: int = 2**20) -> None:
        """Join the files of fewer `rows`, if there are more than `files_kept`; remove versions that none keeps."""
        with self.exclusive():
            if self._table.files() > files_kept:
                self._table.compact(rows=rows)

    def set_tasks(self, tasks: Iterable[Task]) -> None:
        """Replace the tasks and their label sets; call it before adding rows that use new ones."""
        tasks = tuple(tasks)
        with self.exclusive():
            self._table.add_tasks(task.name for task in tasks)
            self.update_manifest(tasks=tasks)

    def update_manifest(self, **changes: Any) -> None:
        """Replace fields of the manifest in one step."""
        with self.exclusive():
            manifest = Manifest.model_validate({**dict(self.manifest), **changes})
            if manifest != self.manifest:
                write_manifest(self.path, manifest, self.backend)
                self.manifest = manifest

    def _known_ids(self) -> set[str]:
        if self._ids is None or self._ids[0] != self._table.version:
            self._ids = (self._table.version, self._table.case_ids())
        return self._ids[1]
