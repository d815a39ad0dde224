"""The formats that can be opened: their names, the endings of their files, and how their content is recognised."""

from __future__ import annotations

import re
import struct
from typing import Literal

_SUFFIXES = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png",),
    "WebP": (".webp",),
    "AVIF": (".avif",),
    "JPEG 2000": (".jp2", ".j2k", ".j2c", ".jpx", ".jpf", ".jpc"),
    "BMP": (".bmp",),
    "TIFF": (".tif", ".tiff"),
    "GIF": (".gif",),
    "HEIC": (".heic", ".heif", ".hif"),
    "DICOM": (".dcm", ".dicom"),
}

FORMATS = f"{', '.join(list(_SUFFIXES)[:-1])} or {list(_SUFFIXES)[-1]}"
"""All names, as a message lists them."""

SUFFIXES = frozenset(suffix for suffixes in _SUFFIXES.values() for suffix in suffixes)
"""Endings of picture files, in lower case; content decides what a file is, an ending only where to look."""

# DICOM first: the 128 bytes before its mark are free, and often make the file a TIFF as well. Some files lack them and
# the mark, and start with group 2 or 8.
_START = re.compile(
    rb"(?P<DICOM>.{128}DICM|\x02\0\0\0UL\x04\0|\x08\0[\0-\x70]\0(?:[A-Z]{2}|.\0\0\0))"
    rb"|(?P<JPEG>\xff\xd8\xff)|(?P<PNG>\x89PNG\r\n\x1a\n)|(?P<GIF>GIF8[79]a)"
    rb"|(?P<TIFF>II[*+]\0|MM\0[*+])|(?P<BMP>BM)|(?P<WebP>RIFF.{4}WEBP)"
    rb"|(?P<JPEG2000>\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51)|(?P<ISO>.{4}ftyp)",
    re.DOTALL,
)
_AVIF = {b"avif", b"avis"}
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_GENERAL = {b"mif1", b"mif2", b"msf1", b"miaf"}


def format_of(data: bytes) -> str | None:
    """Name of the format that the first bytes show, or None."""
    found = _START.match(data)
    if found is None:
        return None
    name = str(found.lastgroup)
    return _of_brands(data) if name == "ISO" else name.replace("JPEG2000", "JPEG 2000")


def _of_brands(data: bytes) -> str | None:
    """HEIC or AVIF by the file type box (ISO 14496-12, 4.3): the major brand, else any compatible one.

    The major brand is often a general one, such as `mif1` or `miaf`, and the next ones say how it is coded.
    """
    (length,) = struct.unpack_from(">I", data)
    end = min(length, len(data), 1024)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))]
    for brand in brands:
        if brand in _AVIF or brand in _HEIC:
            return "AVIF" if brand in _AVIF else "HEIC"
    return None if _GENERAL.isdisjoint(brands) else "HEIC"


OnWriting = Literal["flag", "refuse"]
"""What becomes of a query picture with writing drawn in."""
