"""The FAISS index of one case base version, kept on disk so that the next opening need not build it.

Derived data: what does not match is built again, and a folder that cannot be written goes without. Opening maps
the file (at 100,000 x 1024: 0.1 s for the check sum, against 0.7 s and more for the vectors from the table).
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dermtools.cases.store import CACHE
from dermtools.files import draft_folder, make_folder, tighten
from dermtools.retrieval.search.index import FlatIndex

if TYPE_CHECKING:
    from dermtools.cases.columns import CaseColumns
    from dermtools.cases.identity import EmbedderIdentity
    from dermtools.cases.store import CaseStore


def load_index(store: CaseStore) -> tuple[CaseColumns, FlatIndex]:
    """Columns and index of the version that the store is at; from the cache where it matches."""
    folder, identity = store.own_folder / CACHE, store.manifest.identity
    columns = store.columns()
    cached = _read(folder, _key(columns, identity))
    if cached is not None:
        return columns, FlatIndex(cached, columns.case_ids)
    columns, vectors = store.columns_and_vectors()
    index = FlatIndex.build(vectors, columns.case_ids)
    # The cache only saves time: a read-only or full disk must not keep anybody from searching.
    with contextlib.suppress(OSError, RuntimeError):
        _write(folder, _key(columns, identity), index)
    return columns, index


def is_kept(store: CaseStore, columns: CaseColumns) -> bool:
    """Whether the index of the version that `columns` are of lies on disk, so that opening need not build it."""
    return any((store.own_folder / CACHE).glob(_name(_key(columns, store.manifest.identity), "*")))


def _key(columns: CaseColumns, identity: EmbedderIdentity) -> str:
    """Names the vectors: a version number alone comes again when a case base is made anew."""
    content = [identity.model_dump_json(), str(columns.version), *columns.case_ids, *columns.content_hashes]
    return hashlib.blake2b("\n".join(content).encode(), digest_size=16).hexdigest()


def _read(folder: Path, key: str) -> Any | None:
    """The FAISS index of that key, memory-mapped; None where there is none, or it is damaged."""
    import faiss

    for path in folder.glob(_name(key, "*")):
        # A file that a newer version's writer removes meanwhile, or that is none of FAISS's: rebuilt.
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            if path.name == _name(key, _checksum(path)):
                return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    return None


def _write(folder: Path, key: str, index: FlatIndex) -> None:
    """Keep the index under a name that no other content ever has, and remove those of other versions."""
    make_folder(folder, within=folder.parent)
    with draft_folder(folder) as draft:
        path = draft / "index"
        index.write(path)
        tighten(path, folder)
        kept = path.replace(folder / _name(key, _checksum(path)))
    _remove(folder, but=kept)


def _remove(folder: Path, but: Path | None = None) -> None:
    for path in folder.glob(_name("*", "*")):
        if path != but:
            path.unlink(missing_ok=True)


def _name(key: str, checksum: str) -> str:
    return f"index-{key}-{checksum}.faiss"


def _checksum(path: Path) -> str:
    """CRC-32 of a file: finds damage, not malice; whoever can write here can write the table too."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return f"{zlib.crc32(content):08x}"
