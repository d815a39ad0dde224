"""The tuned index of a case base on disk: put in place at once, and opened where it fits."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.cases.store import CACHE
from dermtools.errors import CaseBaseError
from dermtools.files import draft_folder, make_folder, tighten, write_whole
from dermtools.retrieval.indexing.approximate import TunedIndex
from dermtools.retrieval.indexing.matching import fingerprints, matched
from dermtools.retrieval.indexing.record import RECORD, IndexRecord, kept_record
from dermtools.retrieval.search.cache import checksum, key_of, load_index

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.cases.columns import CaseColumns
    from dermtools.cases.store import CaseStore
    from dermtools.retrieval.search.index import FlatIndex, VectorIndex

NEW_AT_MOST = 0.5
"""Share of the rows that may have come since the index was made; with more, an exact search is as quick."""

log = logging.getLogger(__name__)


def searched(store: CaseStore) -> tuple[CaseColumns, VectorIndex]:
    """Columns and index of the version that the store is at: the tuned one where there is one and it can be used.

    One that is damaged, or knows too few of the cases by now, is told in the log, and the exact one stands in.
    """
    columns, exact = load_index(store)
    folder = store.own_folder / CACHE
    try:
        record = kept_record(folder)
        if record is None or record.file is None:
            return columns, exact
        return columns, _opened(store, folder, record, exact)
    except (CaseBaseError, OSError, EOFError, ValueError, RuntimeError) as error:
        # The error may name the folder, and logs travel: only what to do is said.
        log.debug("the tuned index cannot be used", exc_info=error)
        log.warning("the tuned index cannot be used, so searches are exact; make it again with dermtools index")
        return columns, exact


def is_intact(folder: Path, record: IndexRecord) -> bool:
    """Whether the file of the index is the one that was written; an OSError where there is none."""
    path = folder / str(record.file)
    return Path(path.name) == Path(str(record.file)) and checksum(path) == record.checksum


def _opened(store: CaseStore, folder: Path, record: IndexRecord, exact: FlatIndex) -> TunedIndex:
    import faiss

    path = folder / str(record.file)
    if not is_intact(folder, record):
        raise ValueError("the file of the index is not the one that was written")
    key = key_of(store, store.columns_and_key()[1])
    rows = None if key == record.key else _rows(path, key, exact)
    if rows is not None and store.backend.cache is not None and (rows < 0).any():
        # Another machine may have erased them, which reached neither this cache nor the codes in it.
        _forget(folder)
        raise ValueError("cases that the index was made of are gone from the store")
    if rows is not None and np.count_nonzero(rows >= 0) < (1 - NEW_AT_MOST) * len(exact):
        raise ValueError("most cases came since the index was made")
    if rows is None and len(exact) != record.cases:
        raise ValueError("the index has another number of cases")
    return TunedIndex(faiss.read_index(str(path)), exact, rows, record.probes, record.refined, record.note)


def _rows(path: Path, key: str, exact: FlatIndex) -> NDArray[np.int64]:
    """The row of each entry by now; found once a version, by reading all vectors, and kept."""
    kept = path.with_name(f"{path.stem}-{key}.npy")
    with contextlib.suppress(OSError, EOFError, ValueError):
        rows: NDArray[np.int64] = np.load(kept, allow_pickle=False)
        if rows.dtype == np.int64 and rows.ndim == 1 and rows.max(initial=-1) < len(exact):
            return rows
    rows = matched(np.load(path.with_suffix(".npy"), allow_pickle=False), fingerprints(exact.vectors))
    with contextlib.suppress(OSError):
        for former in path.parent.glob(f"{path.stem}-*.npy"):
            former.unlink(missing_ok=True)
        _saved(kept, rows)
    return rows


def keep(store: CaseStore, record: IndexRecord, index: Any | None, exact: FlatIndex) -> IndexRecord:
    """Put an index in place of the former one, at once; None where the record says that exact search is best.

    Killed meanwhile, the former one stays. A CaseBaseError where the folder cannot be written, or cases that it was
    made of are gone by now: an index holds codes of them, and what is erased leaves nothing behind.
    """
    import faiss

    folder = store.own_folder / CACHE
    try:
        make_folder(folder, within=folder.parent)
        if index is not None:
            name = f"tuned-{secrets.token_hex(8)}.faiss"
            with draft_folder(folder) as draft:
                faiss.write_index(index, str(draft / name))
                np.save(draft / Path(name).with_suffix(".npy"), fingerprints(exact.vectors))
                tighten(draft, folder)
                record = record.model_copy(update={"file": name, "checksum": checksum(draft / name)})
                for path in sorted(draft.iterdir()):
                    with path.open("rb") as file:
                        os.fsync(file.fileno())
                    path.replace(folder / path.name)
        write_whole(folder / RECORD, record.model_dump_json(indent=2) + "\n", within=folder)
    except (OSError, RuntimeError) as error:
        raise CaseBaseError(f"{store.path}: the index cannot be written: {error}") from error
    current = Path(str(record.file)).stem
    for path in folder.glob("tuned-*"):
        if not path.name.startswith(current):
            path.unlink(missing_ok=True)
    # Now that it lies there: an erasure that comes later finds it, and removes it.
    if index is not None and _some_are_gone(store, record, exact):
        _forget(folder)
        raise CaseBaseError(f"{store.path}: cases were deleted or changed while the index was made; run it again")
    return record


def _forget(folder: Path) -> None:
    for path in folder.glob("tuned*"):
        path.unlink(missing_ok=True)


def _some_are_gone(store: CaseStore, record: IndexRecord, exact: FlatIndex) -> bool:
    store.version  # noqa: B018 - moves to what was written meanwhile
    if key_of(store, store.columns_and_key()[1]) == record.key:
        return False
    rows = matched(fingerprints(exact.vectors), fingerprints(load_index(store)[1].vectors))
    return bool((rows < 0).any())


def _saved(path: Path, rows: NDArray[np.int64]) -> None:
    with draft_folder(path.parent) as draft:
        np.save(draft / path.name, rows)
        tighten(draft, path.parent)
        (draft / path.name).replace(path)
