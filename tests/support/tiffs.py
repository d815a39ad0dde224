"""TIFF files written by hand, tag by tag, so that no reader under test decides what they hold."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np

_KINDS = {"H": 3, "I": 4, "f": 11, "B": 7, "h": 8, "d": 12}


def tiff(
    samples: np.ndarray,
    *,
    photometric: int = 1,
    bits: int | None = None,
    order: str = "<",
    planes: bool = False,
    deflate: bool = False,
    tags: dict[int, tuple[str, Sequence[float]]] | None = None,
) -> bytes:
    """A TIFF of one strip (or one a plane) of `samples`, shape (height, width, samples).

    `bits` packs unsigned samples, high bit first, rows padded to bytes; by default those of their type. `tags` adds
    further ones, as a struct letter and values.
    """
    height, width, count = samples.shape
    packed = bits is not None and bits not in (8, 16, 32, 64)
    bits = bits or samples.dtype.itemsize * 8
    parts = [samples[..., [plane]] for plane in range(count)] if planes else [samples]
    strips = [
        _pack(part, bits) if packed else part.astype(samples.dtype.newbyteorder(order)).tobytes() for part in parts
    ]
    strips = [zlib.compress(strip) if deflate else strip for strip in strips]
    formats = {"u": 1, "i": 2, "f": 3, "c": 6}
    held = {
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [bits] * count),
        259: ("H", [8 if deflate else 1]),
        262: ("H", [photometric]),
        273: ("I", [0] * len(strips)),
        277: ("H", [count]),
        278: ("I", [height]),
        279: ("I", [len(strip) for strip in strips]),
        284: ("H", [2 if planes else 1]),
        339: ("H", [formats[samples.dtype.kind]] * count),
    } | (tags or {})
    start = 8 + 2 + 12 * len(held) + 4
    bodies = {tag: struct.pack(f"{order}{len(values)}{kind}", *values) for tag, (kind, values) in held.items()}
    at = start + sum(len(body) + len(body) % 2 for body in bodies.values() if len(body) > 4)
    offsets = [at + sum(map(len, strips[:index])) for index in range(len(strips))]
    bodies[273] = struct.pack(f"{order}{len(offsets)}I", *offsets)
    table, far = b"", b""
    for tag in sorted(held):
        body = bodies[tag]
        where = body.ljust(4, b"\0") if len(body) <= 4 else struct.pack(order + "I", start + len(far))
        table += struct.pack(order + "HHI", tag, _KINDS[held[tag][0]], len(held[tag][1])) + where
        far += b"" if len(body) <= 4 else body + bytes(len(body) % 2)
    magic = (b"II" if order == "<" else b"MM") + struct.pack(order + "HIH", 42, 8, len(held))
    return magic + table + bytes(4) + far + b"".join(strips)


def _pack(samples: np.ndarray, bits: int) -> bytes:
    rows = samples.reshape(len(samples), -1)
    digits = rows[..., None].astype(np.uint32) >> np.arange(bits - 1, -1, -1, dtype=np.uint32) & 1
    return np.packbits(digits.reshape(len(rows), -1).astype(np.uint8), axis=1).tobytes()
