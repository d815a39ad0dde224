"""An ingest over many machines: workers prepare, embed and write; one process settles what must be settled as one.

What the source says, splits, labels, tasks, history and the report are those of an ingest on one machine. Workers write
rows into files of their own, in pieces of the source; the process that started it makes them rows of the case base,
in the order of the source, some pieces in one transaction. So a worker that dies costs its pieces, and what it left is
removed; if that process dies, the same command goes on after the last transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from dermtools.cases.case import SourceCase
from dermtools.cases.columns import PICTURE_HASH
from dermtools.cases.fragments import FragmentWriter, append
from dermtools.distributed.cluster import Cluster, cluster
from dermtools.distributed.files import join_files
from dermtools.distributed.preparing import Done, Piece, Preparing, Settings, Told
from dermtools.embedding.registry import can_load
from dermtools.errors import SourceError
from dermtools.retrieval.ingest.batches import FILES_KEPT, Batches
from dermtools.retrieval.ingest.prepare import Prepared
from dermtools.retrieval.ingest.report import Duplicate
from dermtools.retrieval.ingest.writing import ingest
from dermtools.retrieval.writing import Writing

if TYPE_CHECKING:
    from dermtools.cases.case import SourceData
    from dermtools.retrieval import CaseBase, IngestReport
    from dermtools.retrieval.ingest.streaming import Stream

T = TypeVar("T")
LARGEST_PIECE = 2048
"""Cases that a worker takes at once, and whose rows are one file: 80 MB, with pictures of 40 kB."""
PIECES_EACH = 8
"""Pieces for each worker at least, so that the last ones end together."""
STEP = 16
"""Pieces that are committed in one transaction."""
LEVELLED = 256
"""Rows that are compared with those of the same picture at a time."""


def ingest_over(
    address: str, case_base: CaseBase, data: SourceData | Stream, *, step: int = STEP, **how: Any
) -> IngestReport:
    """Bring the cases of a source into a case base, over the Ray cluster at `address`; `how` as of `ingest`.

    The rows are those that `ingest` writes. Of two cases with one picture both may be embedded, and count so.

    Raises:
        SourceError: the source is a stream, whose cases cannot be numbered.
        ClusterError: Ray cannot be reached, or workers die again and again.
        CaseBaseError, EmbeddingError: as `ingest`; and a worker does not see the folder or has other weights.
    """
    with cluster(address) as found:
        engine = partial(SpreadBatches, cluster=found, step=step)
        return ingest(case_base.store, case_base.embedder, data, engine=engine, **how)


@dataclass
class SpreadBatches(Batches):
    """One ingest, whose cases are prepared and embedded by workers."""

    cluster: Cluster = field(kw_only=True)
    step: int = field(default=STEP, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.embedded_there: set[str] = set()
        """Cases that are stored already, and whose vector a worker made."""

    def take(self, sources: Iterable[SourceCase], workers: int) -> None:
        if self.stream is not None:
            raise SourceError(f"{self.data.name} is an iterator; over Ray, give a list, a table or a path")
        self.store.table.clean(leftovers=True)  # what workers of an ingest left that was killed
        pieces = list(self.pieces(sources))
        settings = Settings(
            self.store.path,
            self.store.manifest.model_copy(update={"sources": ()}),
            self.embedder.spec if can_load(self.embedder.spec) else self.embedder,
            FragmentWriter.of(self.store.table),
            self.batch_size,
            workers,
            self.limits,
            self.text,
        )
        done = self.cluster.spread(Preparing, {"settings": settings}, pieces)
        with ThreadPoolExecutor(1, thread_name_prefix="embed") as pool:
            for finished in _batched(zip(pieces, done, strict=True), self.step):
                self.settle(finished, pool)
        self.level()

    def pieces(self, sources: Iterable[SourceCase]) -> Iterator[Piece]:
        """The source in pieces, each case id once."""
        first: dict[str, SourceCase] = {}
        for source in sources:
            if source.case.case_id in first:
                self.leave_out(source.case.case_id, f"its case id comes again in {self.data.name}; the first was taken")
            else:
                first[source.case.case_id] = source
        size = len(first) // (PIECES_EACH * self.cluster.workers)
        for cases in _batched(first.values(), min(max(size, self.batch_size), LARGEST_PIECE)):
            ids = (source.case.case_id for source in cases)
            yield Piece(cases, {case_id: self.hash_of[case_id] for case_id in ids if case_id in self.hash_of})

    def settle(self, finished: Iterable[tuple[Piece, Done]], pool: ThreadPoolExecutor) -> None:
        """Make new rows those of the case base, in one transaction; then see to cases that it has already."""
        fragments: list[str] = []
        stored: list[Prepared] = []
        new: list[tuple[str, Told]] = []
        for piece, done in finished:
            fragments += done.fragments
            self.counts["embedded"] += done.embedded
            for source, told in zip(piece.cases, done.told, strict=True):
                if source.case.case_id in piece.stored:
                    given = source
                    if source.vector is None and told.vector is not None:
                        given = replace(source, vector=told.vector)
                        self.embedded_there.add(source.case.case_id)
                    stored.append(Prepared(given, told.content_hash, told.picture, told.problem, told.writing))
                else:
                    new.append((source.case.case_id, told))
        if fragments:
            with self.store.exclusive():
                append(self.store.table, fragments)
        for case_id, told in new:
            self.account(case_id, told)
        self.pump(iter(stored), pool)

    def account(self, case_id: str, told: Told) -> None:
        """Count a new case that is stored now, or tell why it is not."""
        if told.writing:
            lines = tuple(line.text for line in told.writing)
            self.writing.append(Writing(case_id=case_id, lines=lines, painted=self.text.redact))
        self.seen[case_id] = None
        if told.problem is not None:
            self.leave_out(case_id, told.problem)
            return
        owner = self.owner_of.setdefault(told.content_hash, case_id)
        if owner != case_id:
            self.duplicates.append(Duplicate(case_id=case_id, same_as=owner))
        self.hash_of[case_id] = told.content_hash
        self.counts["added"] += 1
        self.progress.advance()

    def has_moved(self, item: Prepared) -> bool:
        return item.case.case_id not in self.embedded_there and super().has_moved(item)

    def level(self) -> None:
        """Give cases with one picture the vector and the small picture of the first of them, as on one machine.

        Two workers may have embedded it, and rounded otherwise in other batches; or one file is turned by its metadata,
        which do not count. What was painted over stays as it was painted.
        """
        if self.text.redact:
            return
        columns, first = self.store.columns(), dict[str, str]()
        owners = (
            first.setdefault(digest, case_id)
            for case_id, digest in zip(columns.case_ids, columns.content_hashes, strict=True)
        )
        found = zip(columns.case_ids, owners, strict=True)
        pairs = [(case_id, owner) for case_id, owner in found if owner != case_id and case_id in self.seen]
        given = {source.case.case_id for source in self.data.cases if source.vector is not None}
        for part in _batched(pairs, LEVELLED):
            rows = {row.case.case_id: row for row in self.store.rows([one for pair in part for one in pair])}
            unlike = {}
            for case_id, owner in part:
                row, model = rows[case_id], rows[owner]
                if case_id in given:
                    model = replace(model, vector=row.vector)
                if row.jpeg != model.jpeg or not np.array_equal(row.vector, model.vector):
                    unlike[case_id] = model
            if unlike:
                names = ("vector", "jpeg", "width", "height", PICTURE_HASH)
                cells = {name: [getattr(row, name) for row in unlike.values()] for name in names}
                with self.store.exclusive():
                    self.store.table.set_cells(list(unlike), cells)

    def join_files(self) -> None:
        """Join the workers' files by workers, and remove those of workers that died."""
        table = self.store.table
        with self.store.exclusive():
            if table.files() > FILES_KEPT:
                join_files(table, self.cluster)
            table.clean(leftovers=True)


def _batched(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    rest = iter(items)
    while batch := tuple(islice(rest, size)):
        yield batch
