"""A perceptual hash of 256 bits: nearly the same for a picture that was re-encoded, recoloured or a little cut.

The transform of PDQ ("The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Facebook 2019): the
grey picture reduced to 64 x 64, and of its frequencies the 16 x 16 lowest but the mean. A bit says that one is positive
(in PDQ, that it lies above their median, which is about zero): so the hash of a mirrored or turned picture is that of
the picture with some bits inverted and others exchanged, exactly. Hashes by other programs are not these, bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dermtools.images.limits import STORED
from dermtools.images.opening import open_image

if TYPE_CHECKING:
    from numpy.typing import NDArray

HASH_BYTES = 32
NO_HASH = bytes(HASH_BYTES)
"""Stands for a picture without features: far from every hash, of which about half the bits are set."""
LEAST_QUALITY = 5.0
"""Of PDQ's 0 to 100. Of 677 photographs of skin the plainest has 10; below are empty frames and noise."""

_SIDE, _FREQUENCIES = 64, 16
_ODD = np.arange(1, _FREQUENCIES + 1, dtype=np.uint8) % 2
"""Frequencies whose sign mirroring along their axis changes."""


def picture_hash(picture: Image.Image | bytes) -> bytes:
    """Hash of an RGB or grey picture or a stored JPEG, 32 bytes; `NO_HASH` where it has too few features to tell it by.

    An ImageError where the JPEG cannot be decoded.
    """
    from scipy.fft import dctn

    image = open_image(picture, min_side=2 * _SIDE, limits=STORED) if isinstance(picture, bytes) else picture
    grey = np.asarray(image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX), dtype=np.float64)
    if _quality(grey) < LEAST_QUALITY:
        return NO_HASH
    low = np.asarray(dctn(grey))[1 : _FREQUENCIES + 1, 1 : _FREQUENCIES + 1]
    return np.packbits(low > 0).tobytes()


def hash_rows(hashes: Iterable[bytes | None]) -> NDArray[np.uint8]:
    """Hashes as rows, uint8, shape (n, 32), zeros where there is none."""
    return np.frombuffer(b"".join(one or NO_HASH for one in hashes), np.uint8).reshape(-1, HASH_BYTES)


def turned(hashes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Hashes of the eight turns of pictures, itself first, from theirs: uint8, shape (n, 32) to (n, 8, 32).

    First mirrored across, then down, then both; then the same after exchanging rows and columns.
    """
    bits = np.unpackbits(hashes, axis=1).reshape(-1, _FREQUENCIES, _FREQUENCIES)
    turns = [
        upright ^ (down * _ODD[:, None]) ^ (across * _ODD)
        for upright in (bits, bits.transpose(0, 2, 1))
        for down in (0, 1)
        for across in (0, 1)
    ]
    rows = np.packbits(np.stack(turns, axis=1).reshape(-1, _FREQUENCIES**2), axis=1).reshape(-1, 8, HASH_BYTES)
    rows[(hashes == 0).sum(axis=1) == HASH_BYTES] = 0
    return rows


def turn_distances(hashes: NDArray[np.uint8], turns: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Bits in which each of some hashes, shape (n, 32), differs from each turn of one, (8, 32): shape (n, 8)."""
    return np.asarray(np.bitwise_count(hashes[:, None] ^ turns).sum(axis=2), dtype=np.int64)


def _quality(grey: NDArray[np.float64]) -> float:
    """PDQ's measure of how much there is to see: differences of neighbours, small ones not counted; 0 to 100."""
    steps = (np.abs(np.trunc(np.diff(grey, axis=axis) * 100 / 255)).sum() for axis in (0, 1))
    return min(100.0, float(sum(steps)) / 90)
