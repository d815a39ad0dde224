"""One ingest under way: batches of cases on their way into the store, and what is said of them at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from dermtools.cases.attributes import choice_notes, identifier_problems
from dermtools.cases.case import Case, Problem, SourceCase, SourceData
from dermtools.cases.columns import StoredCase
from dermtools.cases.hashing import add_hashes
from dermtools.cases.history import forget
from dermtools.cases.manifest import SourceNote
from dermtools.cases.store import CaseStore
from dermtools.embedding.base import Embedder
from dermtools.errors import EmbeddingError
from dermtools.images import ImageLimits
from dermtools.progress import Progress
from dermtools.retrieval.ingest import sizes
from dermtools.retrieval.ingest.embed import Outcome, embed_batch
from dermtools.retrieval.ingest.prepare import Prepared, TextCheck, prepare, prepared_ahead
from dermtools.retrieval.ingest.reconcile import (
    doubtful,
    joined_tasks,
    with_kept_attributes,
    with_other_tasks,
    with_stored_splits,
    without_unused,
)
from dermtools.retrieval.ingest.report import Duplicate, IngestReport
from dermtools.retrieval.ingest.streaming import Stream, with_labels
from dermtools.retrieval.writing import Writing

Embedded = tuple[list[Outcome], int]
RELABELLED_ROWS = 1024
"""Rows of which only labels or attributes changed are written together, this many at a time."""
FILES_KEPT = 16
"""Data files that a case base may have before they are joined."""
JOINED_BATCHES, JOINED_ROWS = 128, 8192
"""So often, while an ingest goes on, files of fewer rows are joined: every transaction lists all files."""


@dataclass(frozen=True)
class Settled:
    """A batch that is embedded and not written yet."""

    rows: list[StoredCase]
    replaces: bool
    """Whether some of the rows take the place of stored ones."""
    cases: int
    """Those left out among them."""


@dataclass
class Batches:
    """One ingest: what was stored before, what is done, what to report."""

    store: CaseStore
    embedder: Embedder
    data: SourceData
    batch_size: int
    progress: Progress
    limits: ImageLimits
    text: TextCheck
    stream: Stream | None = None

    def __post_init__(self) -> None:
        self.before = self.store.columns()
        self.before.load()  # as they were: what is written meanwhile takes them from the disk
        self.data = with_stored_splits(with_other_tasks(self.data, self.before), self.before, self.store.jpegs)
        self.told = (*self.data.told, *choice_notes(self.data))
        ids = {one for item in self.data.cases for one in (item.case.case_id, item.case.group_id)}
        suspected = identifier_problems(self.data, ids)
        self.data = with_kept_attributes(self.data, self.before)
        self.hash_of = dict(zip(self.before.case_ids, self.before.content_hashes, strict=True))
        # Reversed, so that of several cases with one content the first stands for it.
        self.owner_of = {digest: case_id for case_id, digest in reversed(self.hash_of.items())}
        # Whose content the store has is not decoded; the reading threads see what is added meanwhile.
        self.prepare = partial(
            prepare,
            embedder=self.embedder,
            manifest=self.store.manifest,
            known=self.owner_of,
            limits=self.limits,
            text=self.text,
        )
        self.counts: Counter[str] = Counter()
        self.duplicates: list[Duplicate] = []
        self.problems = [*self.data.problems, *suspected]
        self.writing: list[Writing] = []
        self.repainted: set[str] = set()
        self.painted = False
        self.seen: dict[str, None] = {}
        self.committed = 0

    def run(self, workers: int) -> IngestReport:
        self.declare()
        sources = self.data.cases if self.stream is None else self.stream.cases(self.before, self.problems)
        total = len(self.data.cases) if self.stream is None else self.stream.total
        self.progress.start(total, "reading and embedding pictures")
        try:
            self.take(sources, workers)
        except EmbeddingError as error:
            kept = f"{self.counts['added'] + self.counts['updated']} cases of this run are kept"
            raise EmbeddingError(f"{error}; {kept}, run the same ingest again to resume") from error
        if self.counts["updated"]:
            self.forget_labels()
        add_hashes(self.store)
        self.join_files()
        problems = tuple(dict.fromkeys((*self.doubts(), *self.problems)))
        told = self.told if self.stream is None else self.stream.told()
        duplicates, notes = tuple(self.duplicates), (*self.data.notes, *told)
        writing = tuple(self.writing) if self.text.look else None
        return IngestReport(duplicates=duplicates, problems=problems, notes=notes, writing=writing, **self.counts)

    def take(self, sources: Iterable[SourceCase], workers: int) -> None:
        """Prepare, embed and store the cases of the source."""
        with (
            ThreadPoolExecutor(1, thread_name_prefix="embed") as pool,
            closing(prepared_ahead(sources, self.prepare, workers=workers)) as cases,
        ):
            self.pump(cases, pool)

    def join_files(self) -> None:
        """Join the small files that the batches left."""
        self.store.compact(files_kept=FILES_KEPT)

    def declare(self) -> None:
        """Write tasks, labels and the source's notes before any row that needs them."""
        sources = {source.name: source for source in self.store.manifest.sources}
        sources[self.data.name] = SourceNote.of(self.data)
        self.store.set_tasks(joined_tasks(self.store.manifest.tasks, self.data.tasks))
        shown = self.store.manifest.shown
        if shown is not None:
            shown = tuple(sorted({*shown, *self.data.shown}))
        # Said before the first picture is stored, so that a killed ingest goes on painting.
        self.store.update_manifest(sources=tuple(sources.values()), shown=shown, redact=self.text.redact)

    def declare_labels(self, cases: Iterable[Case]) -> None:
        """Write the labels that a stream brings, before the rows that need them."""
        if self.stream is not None and (tasks := with_labels(self.store.manifest.tasks, cases)):
            self.store.set_tasks(tasks)

    def doubts(self) -> Iterator[Problem]:
        """What looks wrong in the case base now, of what this source is about."""
        columns = self.store.columns()
        tasks = self.data.tasks if self.stream is None else self.store.manifest.tasks
        yield from doubtful(columns, self.seen, [task.name for task in tasks])
        if self.stream is not None:
            yield from self.stream.doubts(columns, self.seen)

    def pump(self, cases: Iterator[Prepared], pool: Executor) -> None:
        """While one batch is embedded, write the one before and collect the next."""
        under_way: Future[Embedded] | None = None
        pictures: list[Prepared] = []
        relabelled: list[Case] = []
        pixels, weight = 0, 0.0
        for item in cases:
            case_id = item.case.case_id
            if case_id in self.seen:
                self.leave_out(case_id, f"its case id comes again in {self.data.name}; the first was taken")
            elif item.problem is not None:
                self.leave_out(case_id, item.problem)
            elif self.repaints(item) or self.hash_of.get(case_id) != item.content_hash or self.has_moved(item):
                pictures.append(item)
                pixels += item.pixels
                weight += sizes.weight_of(item)
            elif self.before.case(self.before.row_of[case_id]) != item.case:
                relabelled.append(item.case)
            else:
                self.counts["unchanged"] += 1
                self.progress.advance()
            if item.writing and case_id not in self.seen:
                lines = tuple(line.text for line in item.writing)
                self.writing.append(Writing(case_id=case_id, lines=lines, painted=self.text.redact))
            self.seen[case_id] = None
            if weight >= self.batch_size or pixels >= sizes.BATCH_PIXELS:
                done = self.settled(under_way)
                under_way = self.send(pictures, pool, done)
                self.write(done)
                pictures, pixels, weight = [], 0, 0.0
            if len(relabelled) >= RELABELLED_ROWS:
                self.relabel(relabelled)
                relabelled = []
        done = self.settled(under_way)
        under_way = self.send(pictures, pool, done) if pictures else None
        self.write(done)
        self.write(self.settled(under_way))
        self.relabel(relabelled)

    def repaints(self, item: Prepared) -> bool:
        """Whether a stored picture shows the writing that is painted over in this one, which then takes its place."""
        own, digest = item.case.case_id, item.content_hash
        owner = own if self.hash_of.get(own) == digest else self.owner_of.get(digest)
        if owner is None or item.picture is None or not (item.writing and self.text.redact):
            return False
        if shown := self.store.jpegs([owner])[owner] != item.picture.jpeg:
            self.repainted.add(digest)
            if not self.painted:
                forget(self.store)  # killed meanwhile, it must not come back either
            self.painted = True
        return shown

    def has_moved(self, item: Prepared) -> bool:
        """Whether a stored case comes with the same picture and another vector."""
        if item.source.image is None or item.vector is None:
            return False
        return not np.array_equal(self.store.rows([item.case.case_id])[0].vector, item.vector)

    def leave_out(self, case_id: str, reason: str) -> None:
        # An error about a picture names it first: where that is the case, once is enough.
        self.problems.append(Problem(case_id, reason.removeprefix(f"{case_id}: ")))
        self.progress.advance()

    def send(self, cases: list[Prepared], pool: Executor, unwritten: Settled) -> Future[Embedded]:
        """Start embedding; all batches before must be settled, so that their vectors are found."""
        hashes = {item.content_hash for item in cases} - self.repainted
        owners = {self.owner_of[digest] for digest in hashes if digest in self.owner_of}
        stored = {row.content_hash: row for row in unwritten.rows if row.case.case_id in owners}
        owners -= {row.case.case_id for row in stored.values()}
        # Only where there are any: rows are found by the metadata of all cases, which every commit makes old.
        stored |= {row.content_hash: row for row in (self.store.rows(sorted(owners)) if owners else ())}
        return pool.submit(embed_batch, cases, stored, self.prepare, self.embedder)

    def settled(self, batch: Future[Embedded] | None) -> Settled:
        """Wait for a batch, and note whose content is whose."""
        outcomes, embedded = batch.result() if batch is not None else ([], 0)
        rows = [outcome.row for outcome in outcomes if outcome.row is not None]
        replaced = [row for row in rows if row.case.case_id in self.hash_of]
        self.counts.update(added=len(rows) - len(replaced), updated=len(replaced), embedded=embedded)
        for row in replaced:
            old = self.hash_of[row.case.case_id]
            if self.owner_of.get(old) == row.case.case_id:
                del self.owner_of[old]
        for row in rows:
            self.hash_of[row.case.case_id] = row.content_hash
            if row.content_hash in self.repainted:  # from now on others share the painted picture
                self.repainted.remove(row.content_hash)
                self.owner_of[row.content_hash] = row.case.case_id
            self.owner_of.setdefault(row.content_hash, row.case.case_id)
        for outcome in outcomes:
            if outcome.row is None:
                self.problems.append(Problem(outcome.case_id, outcome.reason))
            elif outcome.same_as is not None:
                self.duplicates.append(Duplicate(case_id=outcome.case_id, same_as=outcome.same_as))
        return Settled(rows, bool(replaced), len(outcomes))

    def write(self, batch: Settled) -> None:
        """Write a batch in one transaction."""
        if not batch.cases:
            return
        self.declare_labels(row.case for row in batch.rows)
        (self.store.update if batch.replaces else self.store.add)(batch.rows)
        self.committed += 1
        if self.committed % JOINED_BATCHES == 0:
            self.store.compact(files_kept=FILES_KEPT, rows=JOINED_ROWS)
        self.progress.advance(batch.cases)

    def relabel(self, cases: list[Case]) -> None:
        """Write other labels and attributes over those of stored cases."""
        self.declare_labels(cases)
        rows = self.store.rows([case.case_id for case in cases])
        self.store.update([replace(row, case=case) for row, case in zip(rows, cases, strict=True)])
        self.counts["updated"] += len(cases)
        self.progress.advance(len(cases))

    def forget_labels(self) -> None:
        """Drop labels that no case has any more since this ingest, unless the source declares them."""
        declared = {task.name: set(task.labels) for task in self.data.tasks}
        self.store.set_tasks(without_unused(self.store.manifest.tasks, declared, self.before, self.store.columns()))
