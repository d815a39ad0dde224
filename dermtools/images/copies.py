"""Which pictures of many are edited copies of one another: proposed by their hashes, decided by laying them over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image

from dermtools.errors import ImageError
from dermtools.images.limits import ImageLimits
from dermtools.images.near_hashes import near_hashes
from dermtools.images.opening import open_image
from dermtools.images.same_picture import SAME, likeness

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEAR_PAIR = 80
"""Bits in which hashes of a pair differ at most: of two patients' photographs, 3 pairs in 10,000 are as near."""
FEWEST_TRIED = 10_000
"""Pairs, the nearest by hash, that are laid over each other; as many as there are pictures where these are more."""
SIDE = 256
"""Longest side, in pixels, at which pictures are held to be compared."""
_TOGETHER = 32

Pictures = Callable[[Sequence[int]], Sequence[Image.Image | None]]
"""The pictures of some rows, as `small_picture` gives them."""


def small_picture(source: Path | bytes, limits: ImageLimits | None = None) -> Image.Image | None:
    """A picture as it is compared, of at most 256 pixels a side; None where it cannot be read."""
    with suppress(ImageError):
        image = open_image(source, min_side=SIDE // 2, limits=limits)
        image.thumbnail((SIDE, SIDE))
        return image
    return None


class Copies(NamedTuple):
    """Which pictures are one photograph."""

    pairs: list[tuple[int, int]]
    """Of rows, the smaller first."""
    recall: float | None
    """As of `NearHashes`, by which they were proposed."""


def edited_copies(hashes: NDArray[np.uint8], pictures: Pictures, asked: int | None = None) -> Copies:
    """Pairs of rows that show one photograph: mirrored, turned, captioned, recoloured or cut.

    Args:
        hashes: of all pictures, shape (n, 32), zeros where there is none.
        pictures: called with the few rows that have to be compared.
        asked: copies of the first so many rows are looked for; of all by default.
    """
    found = []
    others: defaultdict[int, list[int]] = defaultdict(list)
    proposed = near_hashes(hashes, NEAR_PAIR, max(FEWEST_TRIED, len(hashes)), asked)
    for one, other in proposed.rows.tolist():
        others[one].append(other)
    for one, near in others.items():
        (picture,) = pictures([one])
        for start in range(0, len(near) if picture else 0, _TOGETHER):
            rows = near[start : start + _TOGETHER]
            shown = [(row, image) for row, image in zip(rows, pictures(rows), strict=True) if image]
            alike = likeness(picture, [image for _, image in shown]) if picture else ()
            found += [(one, row) for (row, _), value in zip(shown, alike, strict=True) if value >= SAME]
    return Copies(sorted(found), proposed.recall)
