"""Which pictures of many are edited copies of one another: proposed by their hashes, decided by laying them over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dermtools.errors import ImageError
from dermtools.images.limits import ImageLimits
from dermtools.images.opening import open_image
from dermtools.images.picture_hash import HASH_BYTES, turned
from dermtools.images.same_picture import SAME, likeness

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEAR_PAIR = 80
"""Bits in which hashes of a pair differ at most: of two patients' photographs, 3 pairs in 10,000 are as near."""
FEWEST_TRIED = 10_000
"""Pairs, the nearest by hash, that are laid over each other; as many as there are pictures where these are more."""
SIDE = 256
"""Longest side, in pixels, at which pictures are held to be compared."""
_BLOCK, _TOGETHER = 256, 32

Pictures = Callable[[Sequence[int]], Sequence[Image.Image | None]]
"""The pictures of some rows, as `small_picture` gives them."""


def small_picture(source: Path | bytes, limits: ImageLimits | None = None) -> Image.Image | None:
    """A picture as it is compared, of at most 256 pixels a side; None where it cannot be read."""
    with suppress(ImageError):
        image = open_image(source, min_side=SIDE // 2, limits=limits)
        image.thumbnail((SIDE, SIDE))
        return image
    return None


def edited_copies(hashes: NDArray[np.uint8], pictures: Pictures, asked: int | None = None) -> list[tuple[int, int]]:
    """Pairs of rows, the smaller first, that show one photograph: mirrored, turned, captioned, recoloured or cut.

    Args:
        hashes: of all pictures, shape (n, 32), zeros where there is none.
        pictures: called with the few rows that have to be compared.
        asked: copies of the first so many rows are looked for; of all by default.
    """
    found = []
    others: defaultdict[int, list[int]] = defaultdict(list)
    for one, other in _near_pairs(hashes, len(hashes) if asked is None else asked):
        others[one].append(other)
    for one, near in others.items():
        (picture,) = pictures([one])
        for start in range(0, len(near) if picture else 0, _TOGETHER):
            rows = near[start : start + _TOGETHER]
            shown = [(row, image) for row, image in zip(rows, pictures(rows), strict=True) if image]
            alike = likeness(picture, [image for _, image in shown]) if picture else ()
            found += [(one, row) for (row, _), value in zip(shown, alike, strict=True) if value >= SAME]
    return sorted(found)


def _near_pairs(hashes: NDArray[np.uint8], asked: int) -> list[tuple[int, int]]:
    """Pairs of rows with near hashes, in one turn or another, the nearest first; one of each is among the asked."""
    import faiss

    known = np.flatnonzero((hashes != 0).sum(axis=1))
    if len(known) < 2:
        return []
    index = faiss.IndexBinaryFlat(8 * HASH_BYTES)
    index.add(np.ascontiguousarray(hashes[known]))
    bits: dict[tuple[int, int], int] = {}
    rows = known[known < asked]
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        ends, distances, near = index.range_search(turned(hashes[block]).reshape(-1, HASH_BYTES), NEAR_PAIR + 1)
        ones = np.repeat(np.repeat(block, 8), np.diff(ends).astype(np.int64))
        for one, other, distance in zip(ones.tolist(), known[near].tolist(), distances.tolist(), strict=True):
            pair = (min(one, other), max(one, other))
            if one != other and distance < bits.get(pair, 8 * HASH_BYTES):
                bits[pair] = int(distance)
    return sorted(bits, key=lambda pair: (bits[pair], pair))[: max(FEWEST_TRIED, len(hashes))]
