"""Whether a case base is well: it opens, its embedder loads, its pictures can be read, there is room on the disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from dermtools.addresses import Address, case_base_place
from dermtools.doctor import embedder_process
from dermtools.doctor.finding import Finding
from dermtools.errors import DermtoolsError

if TYPE_CHECKING:
    from dermtools.cases.store import CaseStore

LOOKED_AT = 100
"""Stored pictures that are decoded, spread over all; `dermtools check` decodes every one."""
LITTLE_ROOM = 1_000_000_000
"""Bytes."""


@dataclass(frozen=True)
class Health:
    """How a case base is; what is None could not be found out."""

    path: str
    problem: str | None = None
    """Why it does not open, and what to do."""
    version: int | None = None
    cases: int | None = None
    groups: int | None = None
    tasks: tuple[str, ...] = ()
    embedder: str | None = None
    embedder_problem: str | None = None
    """Why its embedder does not load, and what to do."""
    can_embed: bool | None = None
    """Whether it can embed pictures; not where vectors were given, and their model is not here."""
    has_index: bool | None = None
    """Whether the index of this version is on disk; else the next search makes it."""
    is_index_damaged: bool = False
    """Whether what `dermtools index` made cannot be used, so that searches are exact."""
    looked_at: int = 0
    """Pictures that were decoded."""
    unreadable: tuple[str, ...] = ()
    """Cases of those whose picture cannot be decoded."""
    is_deletion_unfinished: bool = False
    size: int | None = None
    """Bytes."""
    free: int | None = None
    """Bytes on its disk."""
    is_writable: bool | None = None
    open_to: str = "its owner"
    """Who may enter the folder."""


def health(path: Path) -> Health:
    """Look at the case base at `path`. Nothing is written but a file without a name, to see whether one can be."""
    from dermtools.cases.store import CaseStore

    path = case_base_place(path)
    place = replace(Health(str(path)), **_place(path))
    try:
        store = CaseStore.open(path)
        found = replace(place, **_content(store))
    except DermtoolsError as error:
        return replace(place, problem=str(error))
    return replace(found, embedder_problem=embedder_process.trouble(path))


def findings(found: Health) -> Iterator[Finding]:
    """What is wrong with a case base, or could be better."""
    path = quote(found.path)
    if found.problem is not None:
        yield Finding("the case base does not open", found.problem)
        return
    if found.embedder_problem is not None:
        yield Finding(f"the embedder {found.embedder} does not load", found.embedder_problem)
    if found.unreadable:
        count = f"{len(found.unreadable)} of {found.looked_at} stored pictures cannot be decoded"
        yield Finding(f"{count}, of {found.unreadable[0]} for one", f"dermtools check {path} lists them")
    if found.is_index_damaged:
        yield Finding("the index is damaged, so searches are exact", f"dermtools index {path}", serious=False)
    if found.cases == 0:
        yield Finding("the case base is empty", f"dermtools ingest SOURCE {path}", serious=False)
    if found.is_deletion_unfinished:
        yield Finding("a deletion was cut off", f"dermtools delete {path} with the same ids ends it")
    if found.free is not None and found.free < max(LITTLE_ROOM, found.size or 0):
        what = f"{bytes_in_words(found.free)} are free on the disk, which is little for a case base of its size"
        yield Finding(what, "make room before you add, re-embed or merge", serious=False)
    if found.open_to == "every user of this machine":
        what = "every user of this machine may enter the case base"
        yield Finding(what, f"chmod -R go= {path} closes it to all but its owner", serious=False)
    if found.is_writable is False:
        yield Finding("the case base cannot be written here", "searching works; to add cases, own it", serious=False)


def bytes_in_words(count: int) -> str:
    """As 12 MB, in powers of a thousand."""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"


def _content(store: CaseStore) -> dict[str, Any]:
    from dermtools.cases.store import UNFINISHED
    from dermtools.embedding.given import GIVEN
    from dermtools.retrieval.search.cache import is_kept

    columns, manifest = store.columns(), store.manifest
    looked_at, unreadable = _pictures(store)
    return {
        "version": store.version,
        "cases": len(columns),
        "groups": len(columns.group_ids.coded.values),
        "tasks": tuple(task.name for task in manifest.tasks),
        "embedder": manifest.identity.name,
        "can_embed": manifest.identity.revision != GIVEN,
        "has_index": is_kept(store),
        "is_index_damaged": _is_index_damaged(store),
        "looked_at": looked_at,
        "unreadable": unreadable,
        "is_deletion_unfinished": store.backend.has(UNFINISHED),
    }


def _is_index_damaged(store: CaseStore) -> bool:
    from dermtools.cases.store import CACHE
    from dermtools.errors import CaseBaseError
    from dermtools.retrieval.indexing.kept import is_intact
    from dermtools.retrieval.indexing.record import kept_record

    folder = store.own_folder / CACHE
    try:
        record = kept_record(folder)
        return record is not None and record.file is not None and not is_intact(folder, record)
    except (CaseBaseError, OSError):
        return True


def _pictures(store: CaseStore) -> tuple[int, tuple[str, ...]]:
    """How many were decoded, and the cases where that failed."""
    import numpy as np

    from dermtools.retrieval.audit.checking import decodes

    columns = store.columns()
    pictured = np.flatnonzero(columns.widths)  # the others came by their vectors alone
    chosen = [columns.case_ids[row] for row in pictured[:: max(1, -(-len(pictured) // LOOKED_AT))].tolist()]
    pictures = store.jpegs(chosen) if chosen else {}
    return len(chosen), tuple(case_id for case_id, jpeg in pictures.items() if not decodes(jpeg))


def _place(path: Path) -> dict[str, Any]:
    """What the file system says of the folder; nothing where it says nothing, or there is none."""
    if isinstance(path, Address):
        return {"open_to": "whom the bucket lets in"}
    try:
        mode = path.stat().st_mode
        size = sum(file.lstat().st_size for file in path.rglob("*") if file.is_file())
        facts: dict[str, Any] = {"size": size, "free": shutil.disk_usage(path).free}
    except OSError:
        return {}
    facts["is_writable"] = os.access(path, os.W_OK | os.X_OK)
    if os.name != "nt" and mode & 0o077:  # modes do not say on Windows
        facts["open_to"] = "every user of this machine" if mode & 0o007 else "its owner and group"
    return facts
