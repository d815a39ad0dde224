"""The FAISS index of one case base version, kept on disk so that the next opening need not build it.

Derived data: what does not match is built again, and a folder that cannot be written goes without. The file is FAISS's
own flat format, filled as the vectors are read, so that memory does not grow with it, and mapped when it is opened.

Its name says which vectors it holds (`CaseStore.columns_and_key`: what names them in the table, without reading one)
and a check of its content. Up to `WHOLE` bytes that is a CRC-32 of every byte, 0.1 s. Of a larger file it is one of
its length, its ends and `SAMPLES` blocks in between: it finds a file that is cut off, not written to its end or
overwritten in parts that are not small, and misses a bit that flipped in between, which a disk finds itself. Removing
the file is all it takes to have it written anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.cases.store import CACHE
from dermtools.files import draft_folder, make_folder, tighten
from dermtools.retrieval.search.index import FlatIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.cases.columns import CaseColumns
    from dermtools.cases.store import CaseStore

WHOLE = 512 * 2**20
SAMPLES, SAMPLED = 512, 4 * 2**10
"""Blocks and their bytes: a page each, so that a file that is not in memory yet is not read to be opened."""


def load_index(store: CaseStore) -> tuple[CaseColumns, FlatIndex]:
    """Columns and exact index of the version that the store is at; from the cache where it matches."""
    folder = store.own_folder / CACHE
    columns, key = store.columns_and_key()
    # A file that a newer version's writer removes meanwhile is made again.
    for path in folder.glob(_name(key_of(store, key), "*")):
        if (found := _read(path, columns)) is not None:
            return columns, found
    # The cache only saves time: a read-only or full disk must not keep anybody from searching.
    with contextlib.suppress(OSError, RuntimeError):
        return _written(store, folder)
    columns, vectors = store.columns_and_vectors()
    return columns, FlatIndex.build(vectors, columns.case_ids)


def is_kept(store: CaseStore) -> bool:
    """Whether the index of the version that the store is at lies on disk, so that opening need not build it."""
    key = key_of(store, store.columns_and_key()[1])
    return any((store.own_folder / CACHE).glob(_name(key, "*")))


def key_of(store: CaseStore, key: str) -> str:
    """Names the vectors together with the embedder that made them."""
    content = f"{store.manifest.identity.model_dump_json()}\n{key}"
    return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()


def _read(path: Path, columns: CaseColumns) -> FlatIndex | None:
    """The index in a file, memory-mapped; None where it is gone, damaged, none of FAISS's or of another size."""
    import faiss

    with contextlib.suppress(OSError, ValueError, RuntimeError):
        if path.stem.rpartition("-")[2] == checksum(path):
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
            return FlatIndex(index, columns.case_ids) if index.ntotal == len(columns) else None
    return None


def _written(store: CaseStore, folder: Path) -> tuple[CaseColumns, FlatIndex]:
    """Keep the index under a name that no other content ever has, and remove those of other versions.

    An OSError or RuntimeError where it cannot be kept.
    """
    make_folder(folder, within=folder.parent)
    with draft_folder(folder) as draft:
        path = draft / "index"

        while True:  # the version that was read may go meanwhile
            columns, key = store.columns_and_key()
            vectors = _made(path, len(columns), store.manifest.identity.dimension)
            if store.columns_and_vectors(vectors)[0] is columns:
                break
        if isinstance(vectors, np.memmap):
            vectors.flush()
        del vectors
        tighten(path, folder)
        kept = path.replace(folder / _name(key_of(store, key), checksum(path)))
    for other in folder.glob(_name("*", "*")):
        if other != kept:
            other.unlink(missing_ok=True)
    found = _read(kept, columns)
    if found is None:
        raise OSError(f"{kept} does not come back as it was written")
    return columns, found


def _made(path: Path, count: int, dimension: int) -> NDArray[np.float32]:
    """A file of a flat index whose vectors, shape (n, d), are to be filled in."""
    header = _header(count, dimension)
    path.write_bytes(header)
    if not count:
        return np.empty((0, dimension), np.float32)
    return np.memmap(path, np.float32, "r+", offset=len(header), shape=(count, dimension))


def _header(count: int, dimension: int) -> bytes:
    """What stands before the vectors in FAISS's file of a flat index: that of one vector, with another count."""
    import faiss

    index: Any = faiss.IndexFlatL2(dimension)
    index.add(np.zeros((1, dimension), np.float32))
    whole = faiss.serialize_index(index).tobytes()
    header = bytearray(whole[: len(whole) - 4 * dimension])
    header[8:16] = count.to_bytes(8, "little")  # after four letters and the dimension
    header[-8:] = (count * dimension).to_bytes(8, "little")
    return bytes(header)


def _name(key: str, check: str) -> str:
    return f"index-{key}-{check}.faiss"


def checksum(path: Path) -> str:
    """CRC-32 of a file, or of samples of a large one: finds damage, not malice; who writes here can write the table."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if len(content) <= WHOLE:
            return f"{zlib.crc32(content):08x}"
        crc = zlib.crc32(str(len(content)).encode())
        for start in np.linspace(0, len(content) - SAMPLED, SAMPLES, dtype=np.int64).tolist():
            crc = zlib.crc32(content[start : start + SAMPLED], crc)
        return f"{crc:08x}"
