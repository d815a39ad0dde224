"""A source becomes rows of a case base: read, hashed, embedded and written batch by batch.

Every batch is one transaction and what is stored already is passed over, so an ingest that was killed
resumes when it is run again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from dermtools.cases.case import SourceData
from dermtools.cases.history import begin, note
from dermtools.cases.pseudonyms import pseudonymous
from dermtools.cases.store import CaseStore
from dermtools.embedding.base import Embedder
from dermtools.errors import SourceError
from dermtools.images import ImageLimits
from dermtools.images.writing import recogniser
from dermtools.numbers import whole_number
from dermtools.progress import Progress, Silent
from dermtools.retrieval.ingest.batches import Batches
from dermtools.retrieval.ingest.bulk import WholeSource, ingest_whole
from dermtools.retrieval.ingest.prepare import TextCheck
from dermtools.retrieval.ingest.reconcile import with_fitting_vectors
from dermtools.retrieval.ingest.report import IngestReport
from dermtools.retrieval.ingest.streaming import Stream
from dermtools.retrieval.queries import accepted
from dermtools.text import counted


def ingest(
    store: CaseStore,
    embedder: Embedder,
    data: SourceData | Stream | WholeSource,
    *,
    batch_size: int = 64,
    workers: int = 2,
    progress: Progress | None = None,
    limits: ImageLimits | None = None,
    key_file: str | Path | None = None,
    check_text: bool = False,
    redact: bool | None = None,
    engine: Callable[..., Batches] = Batches,
) -> IngestReport:
    """Bring the cases of a source into a case base.

    A case that is stored with the same picture, labels and attributes is passed over; other labels or attributes
    replace the old ones without embedding; another picture is embedded again. A picture that cannot be read or embedded
    is reported and never stops the rest. Killed at any moment, at most the batches under way are lost, and the case
    base can be read all the time.

    Args:
        data: the cases, all together or as a stream, of which a batch is held at a time.
        batch_size: pictures in one call of the embedder and in one transaction.
        workers: threads that read and decode while the embedder works.
        limits: on one picture; by default those of the environment.
        key_file: of pseudonyms, which then stand for all case and group ids; see `dermtools/cases/pseudonyms.py`.
        check_text: report writing drawn into the source's pictures; half a second of processor time each.
        redact: paint it over in what is embedded and stored. The case base remembers: later ingests paint over theirs
            until one says False. True looks through pictures that are stored already, too.
        engine: what prepares and embeds the cases, as `Batches` does; `distributed.ingest` has one over many machines.

    Raises:
        SourceError: no given vector is as long as the embedder's.
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
    if isinstance(data, WholeSource):
        done = ingest_whole(store, data) if key_file is None and redact is None else None
        if done is not None:
            return done.model_copy(update={"seconds": time.monotonic() - started})
        data = data.rows()
    if isinstance(data, SourceData):
        data = with_fitting_vectors(data, store.current_manifest().identity)
    stream, data = (data, data.outline) if isinstance(data, Stream) else (None, data)
    if stream is not None and (key_file is not None or store.current_manifest().pseudonyms is not None):
        raise SourceError(f"{data.name} is an iterator; pseudonyms need all ids at once: give a list or a table")
    with store.write():
        data, fingerprint = pseudonymous(data, key_file, store.path, store.manifest, len(store))
        if len(store):
            begin(store)
        store.update_manifest(pseudonyms=fingerprint)
        version = store.table.version
        batches = engine(store, embedder, data, batch_size, progress or Silent(), limits or ImageLimits(), text, stream)
        report = batches.run(workers)
        if batches.painted:  # what was painted over must not come back
            store.purge()
        if store.table.version != version:
            note(store, "ingest", f"{counted(report.added, 'new case')}, {report.updated} changed")
    notes = report.notes
    if key_file is not None:
        notes += (
            f"ids are pseudonyms: only {key_file} leads back to the real ones; keep it, apart from the case base",
        )
    return report.model_copy(update={"seconds": time.monotonic() - started, "notes": notes})
