"""Which row an entry of an index is now: known by its vector, whatever became of the table's rows since."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK_ROWS = 8192


def fingerprints(vectors: NDArray[np.float32]) -> NDArray[np.uint64]:
    """64 bits of each vector, float32, shape (n, d): a multilinear hash (Carter and Wegman 1979).

    Two vectors that share one, about once in 2^64 pairs, are taken for each other only in which lists are looked into:
    distances come from the vectors themselves.
    """
    random = np.random.default_rng(0).integers(0, 2**64, vectors.shape[1], dtype=np.uint64, endpoint=False)
    found = np.empty(len(vectors), np.uint64)
    for start in range(0, len(vectors), BLOCK_ROWS):
        block = np.ascontiguousarray(vectors[start : start + BLOCK_ROWS])
        found[start : start + len(block)] = block.view(np.uint32).astype(np.uint64) @ random
    return found


def matched(entries: NDArray[np.uint64], rows: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The row of each entry, shape (m,), -1 where none has its vector; no row twice, equal vectors in their order."""
    by_entry, by_row = np.argsort(entries, kind="stable"), np.argsort(rows, kind="stable")
    wanted, there = entries[by_entry], rows[by_row]
    before = np.arange(len(wanted)) - np.searchsorted(wanted, wanted)
    places = np.searchsorted(there, wanted) + before
    inside = places < len(there)
    found = np.full(len(entries), -1, np.int64)
    same = np.zeros(len(wanted), np.bool_)
    same[inside] = there[places[inside]] == wanted[inside]
    found[by_entry[same]] = by_row[places[same]]
    return found
