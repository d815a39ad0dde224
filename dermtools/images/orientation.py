"""Turning and mirroring a picture as its orientation tag says."""

from __future__ import annotations

import struct

from PIL import Image

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def turn(image: Image.Image, orientation: int) -> Image.Image:
    """A picture stored with orientation 1 to 8 (TIFF 6.0, tag 0x0112), upright; the picture itself where it is."""
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def apply_orientation(image: Image.Image) -> Image.Image:
    """Turn or mirror as the EXIF orientation says, read by hand: Pillow's reader warns about unrelated damaged tags."""
    upright = turn(image, exif_orientation(image.info.get("exif")))
    if upright is not image:
        upright.info = {key: value for key, value in image.info.items() if key != "exif"}
    return upright


def exif_orientation(exif: object) -> int:
    """Tag 0x0112 of the first directory (TIFF 6.0, section 2), 1 to 8; 1 where there is none or it is damaged."""
    tiff = exif.removeprefix(b"Exif\0\0") if isinstance(exif, bytes) else b""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(order + "HH", tiff, entry)
            if tag == 0x0112:
                value: int = struct.unpack_from(order + ("I" if kind == 4 else "H"), tiff, entry + 8)[0]
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
