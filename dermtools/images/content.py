"""Which bytes of an encoded picture are its content, and their hash: the same for a copy without metadata."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator
from contextlib import suppress

JPEG_MAGIC = b"\xff\xd8\xff"
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"

# In entropy-coded data, FF is followed by 00 (a stuffed FF) or by a restart marker; anything else ends the scan.
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

_MARKER = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]")  # none of those that stand alone, but the end marker

MAX_PARTS = 100_000
"""Segments of a JPEG or chunks of a PNG; a file may hold millions of empty ones, each of which costs time."""

_APP14, _COMMENT, _SCAN, _END = 0xEE, 0xFE, 0xDA, 0xD9


def content_hash(encoded: bytes) -> str:
    """SHA-256, in hex, of an encoded picture without its metadata, nothing decoded.

    * JPEG: without APPn and COM segments and without what follows the end marker; Adobe's APP14 stays, since
      it says how the colours are coded.
    * PNG: only the critical chunks and `tRNS`, so without text, time, EXIF, ICC profile, resolution and the like.
    * Everything else, and any JPEG or PNG that is malformed: all bytes.

    A picture that was encoded anew has another hash, whatever it looks like.
    """
    parts = [(0, len(encoded))]
    with suppress(ValueError):
        if encoded.startswith(JPEG_MAGIC):
            parts = list(jpeg_content(encoded))
        elif encoded.startswith(PNG_MAGIC):
            parts = [(0, len(PNG_MAGIC)), *png_content(encoded)]
    digest = hashlib.sha256()
    view = memoryview(encoded)
    for start, end in parts:
        digest.update(view[start:end])
    return digest.hexdigest()


def jpeg_content(data: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of all that is not metadata; ValueError where the segments do not add up."""
    yield 0, 2
    position = 2
    for _ in range(MAX_PARTS):
        start = position
        if data[start : start + 1] != b"\xff":
            raise ValueError(f"no JPEG marker at byte {start}")
        while data[position : position + 1] == b"\xff":  # any number of fill bytes
            position += 1
        if position >= len(data):
            raise ValueError("JPEG without end marker")
        marker = data[position]
        position += 1
        if marker == _END:
            yield position - 2, position
            return
        if position + 2 > len(data):
            raise ValueError("JPEG segment cut off")
        (length,) = struct.unpack_from(">H", data, position)
        position += length
        if length < 2 or position > len(data):
            raise ValueError(f"JPEG segment of {length} bytes at byte {start}")
        if marker == _SCAN:
            scan_end = _SCAN_END.search(data, position)
            if scan_end is None:
                raise ValueError("JPEG scan without end")
            position = scan_end.start()
        is_adobe = marker == _APP14 and data[start:position].find(b"Adobe", 2, 12) >= 0
        if is_adobe or not (0xE0 <= marker <= 0xEF or marker == _COMMENT):
            yield start, position
    raise ValueError(f"JPEG of more than {MAX_PARTS:,} segments")


def jpeg_scans(data: bytes) -> int:
    """Number of scans up to the end marker, found as libjpeg does: what is no marker is passed over.

    A ValueError where there are more than `MAX_PARTS` segments.
    """
    scans, position = 0, 2
    for _ in range(MAX_PARTS):
        found = _MARKER.search(data, position)
        if found is None or data[found.end() - 1] == _END:
            return scans
        scans += data[found.end() - 1] == _SCAN
        position = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    raise ValueError(f"JPEG of more than {MAX_PARTS:,} segments")


def png_content(data: bytes, keep: tuple[bytes, ...] = ()) -> Iterator[tuple[int, int]]:
    """Start and end of every chunk that carries pixels, after the signature and up to IEND.

    `keep` are types of ancillary chunks to keep too, such as `iCCP`. A ValueError where a chunk reaches beyond the
    end, or there is no IEND among the first `MAX_PARTS` chunks.
    """
    position = len(PNG_MAGIC)
    for _ in range(MAX_PARTS):
        if position + 12 > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            break
        is_critical = not kind[0] & 0x20  # first letter large; of the others, only tRNS carries pixels
        if is_critical or kind == b"tRNS" or kind in keep:
            yield position, end
        if kind == b"IEND":
            return
        position = end
    else:
        raise ValueError(f"PNG of more than {MAX_PARTS:,} chunks")
    raise ValueError("PNG without its end: the file is truncated")
