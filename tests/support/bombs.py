"""Small files that unpack without end, or cost without end."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pillow_heif
import tifffile
from PIL import Image
from pydicom.uid import DeflatedExplicitVRLittleEndian

SIDE = 7680
"""59 megapixels, which the limits of a conversation allow."""


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def jpeg_of_scans(scans: int, side: int) -> bytes:
    """A progressive JPEG that states `side` and repeats its last scan."""
    data = encoded(Image.new("L", (64, 64), 90), "JPEG", progressive=True)
    size, last = data.find(b"\xff\xc2") + 5, data.rfind(b"\xff\xda")
    head = data[:size] + struct.pack(">HH", side, side) + data[size + 4 : last]
    return head + data[last:-2] * scans + b"\xff\xd9"


def jpeg_of_segments() -> bytes:
    data = encoded(Image.new("L", (64, 64)), "JPEG")
    return data[:2] + b"\xff\xe5\0\2" * 1_000_000 + data[2:]


def png(*extra: bytes, side: int = 64, colour: int = 2) -> bytes:
    row, packer = bytes(1 + side * {2: 3, 6: 4}[colour]), zlib.compressobj(1)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def zeros(mebibytes: int, wbits: int = zlib.MAX_WBITS, start: bytes = b"") -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return packer.compress(start) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(mebibytes)) + packer.flush()


def deflated_dicom(mebibytes: int) -> bytes:
    """A DICOM whose pixels, 64 x 64 by what it states, are that many MiB of zeros."""
    uid = DeflatedExplicitVRLittleEndian.encode() + b"\0" * (len(DeflatedExplicitVRLittleEndian) % 2)
    syntax = struct.pack("<HH2sH", 2, 0x10, b"UI", len(uid)) + uid
    head = bytes(128) + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(syntax)) + syntax
    numbers = {0x02: 1, 0x10: 64, 0x11: 64, 0x100: 8, 0x101: 8, 0x102: 7, 0x103: 0}
    elements = {tag: struct.pack("<HH2sHH", 0x28, tag, b"US", 2, value) for tag, value in numbers.items()}
    elements[0x04] = struct.pack("<HH2sH", 0x28, 0x04, b"CS", 12) + b"MONOCHROME2 "
    pixels = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, mebibytes << 20)
    return head + zeros(mebibytes, -zlib.MAX_WBITS, b"".join(elements[tag] for tag in sorted(elements)) + pixels)


def frames(kind: str, count: int) -> bytes:
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
    first, *others = (Image.new("RGB", (32, 32), (number % 256, number // 256, 9)) for number in range(count))
    return encoded(first, kind, save_all=True, append_images=others)


def deep_tiff(samples: int, side: int = SIDE) -> bytes:
    out = io.BytesIO()
    tiles = (np.zeros((512, 512, samples), np.uint16) for _ in range((side // 512) ** 2))
    shape = (side, side, samples)
    tifffile.imwrite(
        out, tiles, shape=shape, dtype=np.uint16, tile=(512, 512), compression="zlib", photometric="rgb", planarconfig=1
    )
    return out.getvalue()


def tiff_of_tags(count: int, size: int) -> bytes:
    """A TIFF of so many tags, all of which state the same `size` bytes."""
    entries = b"".join(struct.pack("<HHII", 40_000 + number, 4, size // 4, 8) for number in range(count))
    return b"II*\0" + struct.pack("<I", 8 + size) + bytes(size) + struct.pack("<H", count) + entries + bytes(4)


def gif_of_comments(blocks: int) -> bytes:
    """Pillow joins the blocks of a comment one by one, which takes the square of their number."""
    data = encoded(Image.new("P", (32, 32)), "GIF")
    at = data.find(b"\x2c")
    return data[:at] + b"\x21\xfe" + (b"\xff" + b"a" * 255) * blocks + b"\0" + data[at:]


BY_HEADER: dict[str, tuple[Callable[[], bytes], str]] = {
    "deflated DICOM": (lambda: deflated_dicom(600), "bytes or more once unpacked, above the 480,000,000"),
    "300 scans": (lambda: jpeg_of_scans(300, SIDE), "JPEG of 305 scans, more than the 100 allowed"),
    "60 scans of 59 megapixels": (lambda: jpeg_of_scans(60, SIDE), "65 scans of 7,680 x 7,680 pixels, more work"),
    "segments of a JPEG": (jpeg_of_segments, "more than 100,000 segments"),
    "chunks of a PNG": (lambda: png(chunk(b"tEXt", b"") * 1_000_000), "more than 100,000 chunks"),
    "profile of a PNG": (lambda: png(chunk(b"iCCP", b"k\0\0" + zeros(200))), "data too large"),
    "deep TIFF": (lambda: deep_tiff(8), "943,718,400 bytes or more once unpacked"),
    "tags of a TIFF": (lambda: tiff_of_tags(2000, 8 << 20), "its tags state 16,777,216,000 bytes"),
    "numbers of a TIFF": (lambda: tiff_of_tags(1, 30 << 20), "7,864,320 numbers"),
    "tiles of JPEG 2000": (lambda: encoded(Image.new("L", (900, 900)), "JPEG2000", tile_size=(8, 8)), "12,769 tiles"),
}
"""Refused in any process by what the file states, and what the refusal says."""

_MEMORY = r"raise --max-decoding-bytes \(DERMTOOLS_MAX_DECODING_BYTES, in Python WorkerLimits.memory\)"
IN_WORKER: dict[str, tuple[Callable[[], bytes], str]] = {
    "deflated DICOM within": (lambda: deflated_dicom(450), _MEMORY),
    "transparent PNG": (lambda: png(side=SIDE, colour=6), _MEMORY),
    "16 bits": (lambda: deep_tiff(3), _MEMORY),
    "canvas of a WebP": (lambda: encoded(Image.new("RGB", (SIDE, SIDE)), "WEBP", quality=1, method=0), _MEMORY),
    "wavelets": (lambda: encoded(Image.new("RGB", (SIDE, SIDE)), "JPEG2000"), _MEMORY),
}
"""Ended by the limit of the worker's memory."""

HARMLESS: dict[str, Callable[[], bytes]] = {
    "text of a PNG": lambda: png(chunk(b"zTXt", b"k\0\0" + zeros(200))),
    "frames of a GIF": lambda: frames("GIF", 3000),
    "frames of a WebP": lambda: frames("WEBP", 1000),
    "frames of an AVIF": lambda: frames("AVIF", 100),
    "frames of a HEIC": lambda: frames("HEIF", 100),
    "59 megapixels": lambda: png(side=SIDE),
}
"""Opened: what would cost is left out."""
