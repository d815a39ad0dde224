"""A source becomes rows of a case base: read, hashed, embedded and written batch by batch.

Every batch is one transaction and what is stored already is passed over, so an ingest that was killed
resumes when it is run again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from dermtools.cases.attributes import choice_notes, identifier_problems
from dermtools.cases.case import Case, Problem, SourceData
from dermtools.cases.history import begin, note
from dermtools.cases.labels import doubts
from dermtools.cases.manifest import SourceNote
from dermtools.cases.pseudonyms import pseudonymous
from dermtools.cases.store import CaseStore
from dermtools.embedding.base import Embedder
from dermtools.errors import EmbeddingError
from dermtools.images import ImageLimits
from dermtools.images.writing import recogniser
from dermtools.numbers import whole_number
from dermtools.progress import Progress, Silent
from dermtools.retrieval.ingest.embed import Outcome, embed_batch
from dermtools.retrieval.ingest.prepare import Prepared, TextCheck, prepare, prepared_ahead
from dermtools.retrieval.ingest.reconcile import torn, with_kept_attributes, with_other_tasks, with_stored_splits
from dermtools.retrieval.ingest.report import Duplicate, IngestReport
from dermtools.retrieval.queries import accepted
from dermtools.retrieval.writing import Writing

Embedded = tuple[list[Outcome], int]
BATCH_PIXELS = 100_000_000
"""A batch ends early at this many decoded pixels (300 MB), however few pictures it has."""
RELABELLED_ROWS = 1024
"""Rows of which only labels or attributes changed are written together, this many at a time."""
FILES_KEPT = 16
"""Data files that a case base may have before they are joined."""


def ingest(
    store: CaseStore,
    embedder: Embedder,
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
    """Bring the cases of a source into a case base.

    A case that is stored with the same picture, labels and attributes is passed over; other labels or attributes
    replace the old ones without embedding; another picture is embedded again. A picture that cannot be read or embedded
    is reported and never stops the rest. Killed at any moment, at most the batches under way are lost, and the case
    base can be read all the time.

    Args:
        batch_size: pictures in one call of the embedder and in one transaction.
        workers: threads that read and decode while the embedder works.
        limits: on one picture; by default those of the environment.
        key_file: of pseudonyms, which then stand for all case and group ids; see `dermtools/cases/pseudonyms.py`.
        check_text: report writing drawn into the source's pictures; half a second of processor time each.
        redact: paint it over in what is embedded and stored. The case base remembers: later ingests paint over theirs
            until one says False. True looks through pictures that are stored already, too.

    Raises:
        CaseBaseError: another embedder made the case base, another process is writing it, or the key does not fit.
        EmbeddingError: the embedder failed for good; what was committed before is kept.
        MissingExtraError: writing is to be looked for, without the extra `ocr`.
    """
    started = time.monotonic()
    batch_size, workers = whole_number(batch_size, "batch_size"), whole_number(workers, "workers")
    accepted(embedder, store)
    paints = store.current_manifest().redact if redact is None else redact
    text = TextCheck(check_text or paints, paints, again=check_text or bool(redact))
    if text.look:
        recogniser()
    with store.write():
        data, fingerprint = pseudonymous(data, key_file, store.path, store.manifest, len(store))
        if len(store):
            begin(store)
        store.update_manifest(pseudonyms=fingerprint)
        version = store.table.version
        ingest = _Ingest(store, embedder, data, batch_size, progress or Silent(), limits or ImageLimits(), text)
        report = ingest.run(workers)
        if ingest.painted:  # what was painted over must not come back
            store.purge()
        if store.table.version != version:
            note(store, "ingest", f"{report.added} cases are new and {report.updated} other than before")
    notes = report.notes
    if key_file is not None:
        notes += (
            f"ids are pseudonyms: only {key_file} leads back to the real ones; keep it, apart from the case base",
        )
    return report.model_copy(update={"seconds": time.monotonic() - started, "notes": notes})


@dataclass
class _Ingest:
    """One ingest: what was stored before, what is done, what to report."""

    store: CaseStore
    embedder: Embedder
    data: SourceData
    batch_size: int
    progress: Progress
    limits: ImageLimits
    text: TextCheck

    def __post_init__(self) -> None:
        self.before = self.store.columns()
        self.data = with_stored_splits(with_other_tasks(self.data, self.before), self.before)
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

    def run(self, workers: int) -> IngestReport:
        self.declare()
        self.progress.start(len(self.data.cases), "reading and embedding pictures")
        with (
            ThreadPoolExecutor(1, thread_name_prefix="embed") as pool,
            closing(prepared_ahead(self.data.cases, self.prepare, workers=workers)) as cases,
        ):
            try:
                self.pump(cases, pool)
            except EmbeddingError as error:
                kept = f"{self.counts['added'] + self.counts['updated']} cases of this run are kept"
                raise EmbeddingError(f"{error}; {kept}, run the same ingest again to resume") from error
        if self.counts["updated"]:
            self.forget_labels()
        self.store.compact(files_kept=FILES_KEPT)
        problems = tuple(dict.fromkeys((*self.doubts(), *self.problems)))
        duplicates, notes = tuple(self.duplicates), (*self.data.notes, *self.told)
        writing = tuple(self.writing) if self.text.look else None
        return IngestReport(duplicates=duplicates, problems=problems, notes=notes, writing=writing, **self.counts)

    def declare(self) -> None:
        """Write tasks, labels and the source's notes before any row that needs them."""
        tasks = {task.name: task for task in self.store.manifest.tasks}
        for task in self.data.tasks:
            existing = tasks.get(task.name, task)
            tasks[task.name] = existing.model_copy(update={"labels": tuple(sorted({*existing.labels, *task.labels}))})
        sources = {source.name: source for source in self.store.manifest.sources}
        sources[self.data.name] = SourceNote.of(self.data)
        self.store.set_tasks(tasks.values())
        shown = self.store.manifest.shown
        if shown is not None:
            shown = tuple(sorted({*shown, *self.data.shown}))
        # Said before the first picture is stored, so that a killed ingest goes on painting.
        self.store.update_manifest(sources=tuple(sources.values()), shown=shown, redact=self.text.redact)

    def doubts(self) -> Iterator[Problem]:
        """What looks wrong in the case base now: labels in two spellings, groups and pictures in two splits."""
        columns = self.store.columns()
        yield from torn(columns, [item.case.case_id for item in self.data.cases])
        for task in self.data.tasks:
            counts = Counter(label for found in columns.labels[task.name] for label in found)
            yield from (Problem(f"task {task.name}", doubt.message) for doubt in doubts(counts))

    def pump(self, cases: Iterator[Prepared], pool: Executor) -> None:
        """While one batch is embedded, collect the next; then commit the one and send the other."""
        under_way: Future[Embedded] | None = None
        pictures: list[Prepared] = []
        relabelled: list[Case] = []
        pixels = 0
        seen: set[str] = set()
        for item in cases:
            case_id = item.case.case_id
            if case_id in seen:
                self.leave_out(case_id, f"its case id comes again in {self.data.name}; the first was taken")
            elif item.problem is not None:
                self.leave_out(case_id, item.problem)
            elif self.repaints(item) or self.hash_of.get(case_id) != item.content_hash:
                pictures.append(item)
                pixels += item.pixels
            elif self.before.case(self.before.row_of[case_id]) != item.case:
                relabelled.append(item.case)
            else:
                self.counts["unchanged"] += 1
                self.progress.advance()
            if item.writing and case_id not in seen:
                lines = tuple(line.text for line in item.writing)
                self.writing.append(Writing(case_id=case_id, lines=lines, painted=self.text.redact))
            seen.add(case_id)
            if len(pictures) >= self.batch_size or pixels >= BATCH_PIXELS:
                self.commit(under_way)
                under_way = self.send(pictures, pool)
                pictures, pixels = [], 0
            if len(relabelled) >= RELABELLED_ROWS:
                self.relabel(relabelled)
                relabelled = []
        self.commit(under_way)
        if pictures:
            self.commit(self.send(pictures, pool))
        self.relabel(relabelled)

    def repaints(self, item: Prepared) -> bool:
        """Whether a stored picture shows the writing that is painted over in this one, which then takes its place."""
        own, digest = item.case.case_id, item.content_hash
        owner = own if self.hash_of.get(own) == digest else self.owner_of.get(digest)
        if owner is None or item.picture is None or not (item.writing and self.text.redact):
            return False
        if shown := self.store.jpegs([owner])[owner] != item.picture.jpeg:
            self.repainted.add(digest)
            self.painted = True
        return shown

    def leave_out(self, case_id: str, reason: str) -> None:
        self.problems.append(Problem(case_id, reason))
        self.progress.advance()

    def send(self, cases: list[Prepared], pool: Executor) -> Future[Embedded]:
        """Start embedding; all batches before must be committed, so that their vectors are found."""
        hashes = {item.content_hash for item in cases} - self.repainted
        owners = {self.owner_of[digest] for digest in hashes if digest in self.owner_of}
        stored = {row.content_hash: row for row in self.store.rows(sorted(owners))}
        return pool.submit(embed_batch, cases, stored, self.prepare, self.embedder)

    def commit(self, batch: Future[Embedded] | None) -> None:
        """Wait for a batch and write it in one transaction."""
        if batch is None:
            return
        outcomes, embedded = batch.result()
        rows = [outcome.row for outcome in outcomes if outcome.row is not None]
        replaced = [row for row in rows if row.case.case_id in self.hash_of]
        (self.store.update if replaced else self.store.add)(rows)
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
        self.progress.advance(len(outcomes))

    def relabel(self, cases: list[Case]) -> None:
        """Write other labels and attributes over those of stored cases."""
        rows = self.store.rows([case.case_id for case in cases])
        self.store.update([replace(row, case=case) for row, case in zip(rows, cases, strict=True)])
        self.counts["updated"] += len(cases)
        self.progress.advance(len(cases))

    def forget_labels(self) -> None:
        """Drop labels that no case has any more since this ingest, unless the source declares them."""
        after = self.store.columns()
        declared = {task.name: set(task.labels) for task in self.data.tasks}
        tasks = []
        for task in self.store.manifest.tasks:
            kept = _used(after.labels[task.name]) | declared.get(task.name, set())
            gone = _used(self.before.labels.get(task.name)) - kept
            labels = tuple(label for label in task.labels if label not in gone)
            if labels or not gone:
                tasks.append(task.model_copy(update={"labels": labels}))
        self.store.set_tasks(tasks)


def _used(column: list[tuple[str, ...]] | None) -> set[str]:
    return {label for labels in column or () for label in labels}
