"""A perceptual hash of 256 bits: nearly the same for a picture that was re-encoded, recoloured or a little cut.

The transform of PDQ ("The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Facebook 2019): the
grey picture reduced to 64 x 64, its 16 x 16 lowest frequencies but the mean, a bit for each that lies above their
median. Pillow's area average stands for PDQ's own filter, so hashes by other programs are not these, bit by bit.
A mirrored or turned picture has the same frequencies with other signs, or transposed: eight come of one transform.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dermtools.images.limits import STORED
from dermtools.images.opening import open_image

if TYPE_CHECKING:
    from numpy.typing import NDArray

HASH_BYTES = 32
NO_HASH = bytes(HASH_BYTES)
"""Stands for a picture without features: half its bits away from every hash, of which half the bits are set."""
LEAST_QUALITY = 5.0
"""Of PDQ's 0 to 100. Of 677 photographs of skin the plainest has 10; below are empty frames and noise."""

_SIDE, _FREQUENCIES = 64, 16
_SIGNS = (-1.0) ** np.arange(1, _FREQUENCIES + 1)
"""What mirroring does to the frequencies along that axis."""


def picture_hash(picture: Image.Image | bytes) -> bytes:
    """Hash of an RGB picture or a stored JPEG, 32 bytes; `NO_HASH` where it has too few features to tell it by.

    An ImageError where the JPEG cannot be decoded.
    """
    return bytes(turned_hashes(picture)[0])


def turned_hashes(picture: Image.Image | bytes) -> NDArray[np.uint8]:
    """Hashes of a picture in its eight turns (quarter turns, mirrored or not), uint8, shape (8, 32), itself first.

    Raises as `picture_hash`.
    """
    from scipy.fft import dctn

    image = open_image(picture, min_side=2 * _SIDE, limits=STORED) if isinstance(picture, bytes) else picture
    grey = np.asarray(image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX), dtype=np.float64)
    if _quality(grey) < LEAST_QUALITY:
        return np.zeros((8, HASH_BYTES), np.uint8)
    frequencies = dctn(grey, norm="ortho")[1 : _FREQUENCIES + 1, 1 : _FREQUENCIES + 1]
    turned = np.stack(
        [
            upright * down * across
            for upright in (frequencies, frequencies.T)
            for down in (1.0, _SIGNS[:, None])
            for across in (1.0, _SIGNS[None, :])
        ]
    ).reshape(8, -1)
    return np.packbits(turned > np.median(turned, axis=1, keepdims=True), axis=1)


def turn_distances(hashes: NDArray[np.uint8], turned: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Bits in which each of some hashes, shape (n, 32), differs from each turn of a picture, (8, 32): shape (n, 8)."""
    return np.bitwise_count(hashes[:, None] ^ turned).sum(axis=2, dtype=np.int64)


def _quality(grey: NDArray[np.float64]) -> float:
    """PDQ's measure of how much there is to see: differences of neighbours, small ones not counted; 0 to 100."""
    steps = (np.abs(np.trunc(np.diff(grey, axis=axis) * 100 / 255)).sum() for axis in (0, 1))
    return min(100.0, float(sum(steps)) / 90)
