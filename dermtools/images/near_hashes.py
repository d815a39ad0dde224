"""Which perceptual hashes of many lie near one another, in any turn: exact where there are few, else by an index.

Comparing all pairs takes a minute for a hundred thousand pictures, and two hours for a million. Beyond `EXACT` the
hashes are put into lists around centres (FAISS's IndexBinaryIVF), and each turn of each is compared with those of the
nearest lists: a pair is looked for twice, from either side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.images.picture_hash import HASH_BYTES, turned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint8]

EXACT = 20_000
"""Hashes up to which all pairs are compared: six seconds of processor time."""
DRAWN = 32
"""Bits in which the copies differ by which recall is measured; a picture cut by 3 % a side differs in about 30."""
BITS = 8 * HASH_BYTES
_BLOCK = 256
_LISTS, _PROBES = 4, 32
"""Lists, by the root of how many hashes there are, and how many of them are looked through."""
_TRAINED = 20
"""Hashes a list, that the centres are learned from."""
_SAMPLE = 1000
_FEW = 16
"""Hashes near each turn that an index gives: of more copies than that, each is still beside some."""


@dataclass(frozen=True, eq=False)
class NearHashes:
    """Pairs of rows with near hashes."""

    rows: NDArray[np.int64]
    """Shape (m, 2), the smaller row first; the nearest pairs first."""
    recall: float | None
    """Share of drawn copies, `DRAWN` bits off, that a search from one side finds; None where it was exact."""


def near_hashes(hashes: Hashes, bits: int, most: int, asked: int | None = None, exact: int = EXACT) -> NearHashes:
    """The `most` nearest pairs of hashes, shape (n, 32), that differ in at most so many bits, in one turn or another.

    One of each pair is among the first `asked`; hashes of zeros are none.
    """
    known = np.flatnonzero((hashes != 0).sum(axis=1))
    asking = known if asked is None else known[known < asked]
    if len(known) < 2 or not len(asking):
        return NearHashes(np.empty((0, 2), np.int64), None)
    held = np.ascontiguousarray(hashes[known])
    index, recall = (_flat(held), None) if len(known) <= exact else _lists(held)
    # Pair and bits in one number, so that sorting and thinning them takes no object a pair.
    found = np.empty(0, np.int64)
    for start in range(0, len(asking), _BLOCK):
        block = asking[start : start + _BLOCK]
        ones, distances, near = _near(index, turned(hashes[block]), bits, all_of_them=recall is None)
        ones, others = block[ones], known[near]
        pair = np.minimum(ones, others) * len(hashes) + np.maximum(ones, others)
        found = np.append(found, (distances.astype(np.int64) * len(hashes) ** 2 + pair)[ones != others])
        if len(found) > 32 * most:
            found = _nearest(found, len(hashes), most)
    pairs = _nearest(found, len(hashes), most) % len(hashes) ** 2
    return NearHashes(np.stack([pairs // len(hashes), pairs % len(hashes)], axis=1), recall)


def _near(
    index: Any, turns: Hashes, bits: int, *, all_of_them: bool
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """Rows of `turns`, shape (n, 8, 32), bits and rows in the index: of all that is near, or of the nearest few."""
    flat = turns.reshape(-1, HASH_BYTES)
    if all_of_them:
        ends, distances, near = index.range_search(flat, bits + 1)
        return np.repeat(np.arange(len(flat)), np.diff(ends).astype(np.int64)) // 8, distances, near
    distances, near = index.search(flat, min(_FEW, index.ntotal))
    place, _ = np.nonzero(kept := (near >= 0) & (distances <= bits))
    return place // 8, distances[kept], near[kept]


def _nearest(coded: NDArray[np.int64], count: int, most: int) -> NDArray[np.int64]:
    """Each pair once, with the fewest bits that it was found with; the nearest so many, by bits, then rows."""
    coded = np.sort(coded)
    first = np.unique(coded % count**2, return_index=True)[1]
    return np.sort(coded[first])[:most]


def _flat(held: Hashes) -> Any:
    import faiss

    index = faiss.IndexBinaryFlat(BITS)
    index.add(held)
    return index


def _lists(held: Hashes) -> tuple[Any, float]:
    """An index of lists, and its recall of drawn copies."""
    import faiss

    count = min(len(held), round(_LISTS * len(held) ** 0.5))
    rng = np.random.default_rng(0)
    centres = faiss.IndexBinaryFlat(BITS)
    index: Any = faiss.IndexBinaryIVF(centres, BITS, count)
    index.referenced = centres  # FAISS keeps no reference of its own
    index.cp.niter, index.cp.min_points_per_centroid = 6, 1
    index.train(held[rng.permutation(len(held))[: _TRAINED * count]])
    index.add(held)
    index.nprobe = min(_PROBES, count)
    sample = rng.integers(len(held), size=min(_SAMPLE, len(held)))
    off = np.argsort(rng.random((len(sample), BITS)), axis=1) < DRAWN
    copies = held[sample] ^ np.packbits(off, axis=1)
    distances, _ = index.search(copies, 1)
    # Another may be as near; what counts is that its list was looked through.
    return index, float((distances[:, 0] <= DRAWN).mean())
