"""Vectors without pictures into an empty case base, in one transaction: columns go to the disk as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dermtools.cases.attributes import choice_notes, identifier_problems
from dermtools.cases.case import Case, SourceCase, SourceData
from dermtools.cases.columns import LABEL_PREFIX, CaseColumns, schema
from dermtools.cases.history import note
from dermtools.cases.manifest import SourceNote
from dermtools.cases.sources.assembly import make_task
from dermtools.cases.sources.whole_columns import WholeColumns
from dermtools.cases.store import CaseStore
from dermtools.embedding.vectors import NORM_TOLERANCE
from dermtools.retrieval.ingest.reconcile import doubtful
from dermtools.retrieval.ingest.report import Duplicate, IngestReport
from dermtools.text import counted

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_AT_ONCE = 8192
"""Rows of one Arrow batch: 32 MiB of vectors of 1024 numbers."""


@dataclass(frozen=True)
class WholeSource:
    """A source whose cases can be written as columns; `rows` reads it row by row where they cannot."""

    name: str
    cases: WholeColumns
    rows: Callable[[], SourceData]


def ingest_whole(store: CaseStore, source: WholeSource) -> IngestReport | None:
    """Write the cases of a source into an empty case base; None where they must be taken one by one.

    So are cases of a case base that holds some or has pseudonyms, and vectors that are not of its dimension and norm.

    Raises:
        CaseBaseError: another process is writing it, or it cannot be written.
    """
    with store.write():
        identity, vectors = store.manifest.identity, source.cases.vectors
        fits = not len(store) and store.manifest.pseudonyms is None and vectors.shape[1] == identity.dimension
        if not fits or (identity.normalized and not _are_unit(vectors)):
            return None
        report = _written(store, source.cases, source.name)
        note(store, "ingest", f"{counted(report.added, 'new case')}, 0 changed")
        return report


def _written(store: CaseStore, cases: WholeColumns, name: str) -> IngestReport:
    tasks = [make_task(task, {one for labels in set(found) for one in labels}) for task, found in cases.labels.items()]
    data = SourceData(name, tuple(tasks), (), notes=cases.notes, kept=())
    store.set_tasks(tasks)
    store.update_manifest(sources=(*store.manifest.sources, SourceNote.of(data)))
    hashes = _hashes(cases.vectors)
    store.add_whole(_table(cases, hashes))
    problems = [*doubtful(_columns(cases, hashes), cases.case_ids, cases.labels)]
    problems += identifier_problems(data, {*cases.case_ids, *cases.group_ids})
    left = Case(case_id="-", group_id="-", attributes=dict.fromkeys(cases.left_out, ""))
    told = choice_notes(SourceData(name, (), (SourceCase(left),), kept=()))
    return IngestReport(
        added=len(cases.case_ids),
        duplicates=tuple(_duplicates(cases.case_ids, hashes)),
        problems=tuple(dict.fromkeys(problems)),
        notes=(*cases.notes, *told),
    )


def _are_unit(vectors: NDArray[np.float32]) -> bool:
    parts = (vectors[start : start + _AT_ONCE] for start in range(0, len(vectors), _AT_ONCE))
    return all(
        bool((np.abs(np.sqrt(np.einsum("ij,ij->i", part, part, dtype=np.float64)) - 1) <= NORM_TOLERANCE).all())
        for part in parts
    )


def _hashes(vectors: NDArray[np.float32]) -> list[str]:
    """SHA-256 of each vector; in two threads, since hashing four kilobytes leaves the interpreter free."""

    def digests(rows: NDArray[np.float32]) -> list[str]:
        return [hashlib.sha256(row.tobytes()).hexdigest() for row in rows]

    with ThreadPoolExecutor(2, thread_name_prefix="hash") as pool:
        return [one for part in pool.map(digests, np.array_split(vectors, 2)) for one in part]


def _table(cases: WholeColumns, hashes: list[str]) -> pa.RecordBatchReader:
    """The rows as the store keeps them, a batch at a time: nothing of the vectors is copied but a batch."""
    import pyarrow as pa

    columns = schema(cases.labels, cases.vectors.shape[1])

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(hashes), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            count = len(hashes[part])
            flat = pa.array(np.ascontiguousarray(cases.vectors[part]).ravel())
            cells = {
                "case_id": cases.case_ids[part],
                "group_id": cases.group_ids[part],
                "split": cases.splits[part],
                "attributes": ["{}"] * count,
                "content_hash": hashes[part],
                "width": np.zeros(count, np.int32),
                "height": np.zeros(count, np.int32),
                "vector": pa.FixedSizeListArray.from_arrays(flat, cases.vectors.shape[1]),
                "jpeg": [b""] * count,
                **{LABEL_PREFIX + task: [one or None for one in found[part]] for task, found in cases.labels.items()},
            }
            arrays = [pa.array(cells.get(field.name, [None] * count), field.type) for field in columns]
            yield pa.RecordBatch.from_arrays(arrays, schema=columns)

    return pa.RecordBatchReader.from_batches(columns, batches())


def _columns(cases: WholeColumns, hashes: list[str]) -> CaseColumns:
    """What is looked at after they are written: ids, splits, contents and labels."""
    import pyarrow as pa

    cells = {LABEL_PREFIX + task: pa.array(found, pa.list_(pa.string())) for task, found in cases.labels.items()}
    ids = {"case_id": cases.case_ids, "group_id": cases.group_ids, "split": list(cases.splits), "content_hash": hashes}
    table = pa.table({**ids, **cells})
    return CaseColumns.held(0, tuple(cases.labels), table)


def _duplicates(case_ids: list[str], hashes: list[str]) -> Iterator[Duplicate]:
    owner: dict[str, str] = {}
    for case_id, digest in zip(case_ids, hashes, strict=True):
        if (first := owner.setdefault(digest, case_id)) != case_id:
            yield Duplicate(case_id=case_id, same_as=first)
