"""What is wrong or doubtful in a case base: duplicates, leaks, bad pictures, rare labels, who is shown."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import numpy as np

from dermtools.addresses import Address
from dermtools.cases.attributes import counted_attributes
from dermtools.cases.columns import CaseColumns
from dermtools.cases.store import CaseStore
from dermtools.errors import ImageError, QueryError
from dermtools.images import open_image
from dermtools.images.limits import STORED
from dermtools.retrieval.audit.coverage import doubtful_labels, label_gaps, recorded
from dermtools.retrieval.audit.identity import identifiers
from dermtools.retrieval.audit.label_report import TaskLabels
from dermtools.retrieval.audit.labels import check_labels
from dermtools.retrieval.audit.leaks import copies, duplicates, groups_across_splits, near_duplicates
from dermtools.retrieval.audit.report import SEVERITIES, CheckReport, Finding, Severity, about
from dermtools.retrieval.audit.writing import written
from dermtools.text import instead

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.progress import Progress

WRITING = "pictures with writing drawn in: {}; ingest them again with --redact to paint it over, or delete them"
TINY_SIDE = 224
"""Shorter side, in pixels, below which most encoders must enlarge a picture."""


def check(
    store: CaseStore,
    *,
    text: bool = False,
    labels: bool = False,
    tasks: Collection[str] = (),
    progress: Progress | None = None,
) -> CheckReport:
    """Look through a whole case base.

    Args:
        store: of the case base.
        text: look for writing drawn into stored pictures, too: half a second of processor time each.
        labels: look for labels that seem wrong, too; see `check_labels`.
        tasks: whose labels; those of all where none is named.
        progress: of both.

    Raises:
        CaseBaseError: the data cannot be read at all.
        QueryError: no such task.
        MissingExtraError: `text` without the extra `ocr`, `labels` without `report`.
    """
    columns, vectors = store.columns_and_vectors()
    manifest = store.manifest
    known = {task.name: task.labels for task in manifest.tasks}
    if unknown := [task for task in tasks if task not in known]:
        raise QueryError(f"no task {unknown[0]!r} in the case base; {instead(unknown[0], known)}")
    looked = {task: known[task] for task in tasks or known} if labels else {}
    judged = check_labels(columns, vectors, looked, progress) if labels else None
    writing = tuple(written(store, columns.case_ids, progress)) if text else None
    findings = [
        *_open_to_others(store.path),
        *groups_across_splits(columns),
        *duplicates(columns),
        *copies(columns, store.jpegs),
        *near_duplicates(columns, vectors),
        *_bad_vectors(columns, vectors, normalized=manifest.identity.normalized),
        *_tiny_pictures(columns),
        *_unreadable_pictures(store, columns),
        *about("warning", "writing", WRITING, [[one.case_id] for one in writing or ()]),
        *doubtful_labels(columns, known),
        *label_gaps(columns, known),
        *(finding for task in judged or () for finding in _labels(task)),
        *identifiers(columns, manifest),
    ]
    if without := columns.splits.count(None):
        message = f"cases that belong to no split: {without}"
        findings.append(Finding(severity="note", kind="no-split", message=message))
    counted = counted_attributes(manifest, columns.attributes)
    tones = recorded(columns, "skin type", counted)
    if not tones:
        message = "skin tone is not recorded, so results cannot be compared between skin tones"
        findings.append(Finding(severity="note", kind="not-recorded", message=message))
    return CheckReport(
        cases=len(columns),
        groups=len(set(columns.group_ids)),
        findings=tuple(sorted(findings, key=lambda found: SEVERITIES.index(found.severity))),
        skin_tones=tones,
        sites=recorded(columns, "site", counted),
        writing=writing,
        labels=judged,
    )


def _labels(task: TaskLabels) -> Iterator[Finding]:
    message = f"task {task.task}, labels that neighbours and a classifier doubt, the most doubtful first: {{}}"
    yield from about("note", "doubtful-label", message, [[one.case_id] for one in task.doubtful], task.task)
    message = f"task {task.task}, pairs of the same picture, or nearly, with other labels: {{}}; look at them"
    yield from about("warning", "unlike-labels", message, [[one.case_id, one.other] for one in task.unlike], task.task)


def _open_to_others(path: Path) -> Iterator[Finding]:
    """Who besides its owner may enter the folder; modes do not say on Windows."""
    if isinstance(path, Address):  # a matter of the bucket's policy
        return
    mode = path.stat().st_mode & 0o777
    if os.name == "nt" or not mode & 0o077:
        return
    severity: Severity = "warning" if mode & 0o007 else "note"
    who = "every user of this machine" if mode & 0o007 else "its group"
    message = f"{who} may enter the case base (mode {mode:04o}); for its owner only: chmod -R go= {quote(str(path))}"
    yield Finding(severity=severity, kind="open-to-others", message=message)


def _bad_vectors(columns: CaseColumns, vectors: NDArray[np.float32], *, normalized: bool) -> Iterator[Finding]:
    bad = ~np.isfinite(vectors).all(axis=1)
    if normalized:
        norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
        bad |= np.abs(norms - 1) > 1e-3
    promise = "finite and of norm 1" if normalized else "finite"
    message = f"embeddings that are not {promise}, as promised: {{}}; delete and ingest them again"
    return about("error", "bad-vector", message, [[columns.case_ids[row]] for row in np.flatnonzero(bad).tolist()])


def _tiny_pictures(columns: CaseColumns) -> Iterator[Finding]:
    sides = np.minimum(columns.widths, columns.heights)
    tiny = np.flatnonzero((sides < TINY_SIDE) & (sides > 0)).tolist()
    message = f"tiny pictures, with a side below {TINY_SIDE} pixels: {{}}"
    return about("warning", "tiny-picture", message, [[columns.case_ids[row]] for row in tiny])


def _unreadable_pictures(store: CaseStore, columns: CaseColumns) -> Iterator[Finding]:
    broken: list[str] = []
    # The others came by their vectors alone.
    pictured = [case_id for case_id, width in zip(columns.case_ids, columns.widths, strict=True) if width]
    with ThreadPoolExecutor(2, thread_name_prefix="check") as pool:
        for start in range(0, len(pictured), 256):
            jpegs = store.jpegs(pictured[start : start + 256])
            decoded = pool.map(decodes, jpegs.values())
            broken += [case_id for case_id, good in zip(jpegs, decoded, strict=True) if not good]
    message = "stored pictures that cannot be decoded: {}; delete and ingest them again"
    return about("error", "unreadable-picture", message, [[case_id] for case_id in broken])


def decodes(jpeg: bytes) -> bool:
    """Whether a stored picture can be decoded."""
    try:
        open_image(jpeg, min_side=32, limits=STORED)
    except ImageError:
        return False
    return True
