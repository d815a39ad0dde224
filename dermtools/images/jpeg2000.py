"""What Pillow leaves out of JPEG 2000: the ICC profile, other colour spaces, and colours deeper than 8 bits."""

from __future__ import annotations

import io
import struct

from PIL import Image
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

from dermtools.errors import require_extra
from dermtools.images.colour import scale_to_8_bit, to_srgb
from dermtools.images.limits import Ceiling

_CODESTREAM = b"\xff\x4f\xff\x51"
_SRGB, _NAMED = 16, {12: "CMYK", 16: "sRGB", 17: "grey", 18: "sYCC"}
"""EnumCS of ISO 15444-1, I.5.3.3, and of 15444-2, M.11.7.3.1."""
_MOST_TILES = 10_000


def open_jpeg2000(file: io.BytesIO) -> Image.Image:
    """Open with Pillow, with the profile that the file carries; a ValueError for colours that Pillow would misread."""
    check_codestream(file.getvalue())
    image = Jpeg2KImageFile(file)
    colours = _colours(file.getvalue())
    if isinstance(colours, bytes):
        image.info["icc_profile"] = colours
    return image


def is_deep(data: bytes) -> bool:
    """Whether there are several samples a pixel of more than 8 bits, whose white Pillow turns black."""
    depths = _depths(data)
    return len(depths) > 1 and max(depths) > 8


def decode_deep_jpeg2000(data: bytes, ceiling: Ceiling) -> Image.Image:
    """Colours or grey with transparency, deeper than 8 bits, as RGB; raises as `decode_deep_tiff`."""
    with Jpeg2KImageFile(io.BytesIO(data)) as header:
        ceiling.check_size(header.size)
    check_codestream(data)
    codecs, colours, depths = require_extra("imagecodecs", "formats"), _colours(data), _depths(data)
    if len(set(depths)) > 1 or len(depths) > 4 or (colours not in (None, _SRGB, 17) and not isinstance(colours, bytes)):
        name = _NAMED[colours] if isinstance(colours, int) else "colours"
        raise ValueError(f"{name} of {'/'.join(map(str, depths))} bits are not read")
    # Without the boxes around it, since the profile is applied here.
    values = codecs.jpeg2k_decode(data[data.find(_CODESTREAM) :], numthreads=1)
    least = -(2.0 ** (depths[0] - 1)) if values.dtype.kind == "i" else 0.0
    image = Image.fromarray(scale_to_8_bit(values, least, least + 2.0 ** depths[0] - 1))
    if isinstance(colours, bytes):
        image.info["icc_profile"] = colours
    return to_srgb(image)


def check_codestream(data: bytes) -> None:
    """A ValueError where the SIZ segment states more tiles or samples a pixel than any picture of skin has.

    A decoder sets up each tile with each sample beforehand, however small the file is.
    """
    at = data.find(_CODESTREAM) + 8
    if at < 8 or len(data) < at + 34:
        raise ValueError("it has no picture")
    right, bottom, _, _, width, height, left, top, count = struct.unpack_from(">8IH", data, at)
    if not (width and height) or count > 4:
        raise ValueError(f"{count} samples a pixel, tiles of {width} x {height}")
    tiles = -((left - right) // width) * -((top - bottom) // height)
    if tiles > _MOST_TILES:
        raise ValueError(f"{tiles:,} tiles, more than the {_MOST_TILES:,} that are read")


def _depths(data: bytes) -> list[int]:
    """Bits of each sample, from the SIZ segment (ISO 15444-1, A.5.1)."""
    at = data.find(_CODESTREAM) + 2
    count = int.from_bytes(data[at + 38 : at + 40], "big")
    return [(depth & 0x7F) + 1 for depth in data[at + 40 : at + 40 + 3 * count : 3]]


def _colours(data: bytes) -> bytes | int | None:
    """ICC profile, or the number of a colour space, of the header box (I.5.3.3); None where the file states none."""
    start = data.find(b"jp2h", 0, data.find(_CODESTREAM))
    box = data.find(b"colr", start, start + int.from_bytes(data[start - 4 : start], "big")) if start > 0 else -1
    if box < 0:
        return None
    end, method = box - 4 + int.from_bytes(data[box - 4 : box], "big"), data[box + 4]
    if method in (2, 3):
        return data[box + 7 : end]
    space = int.from_bytes(data[box + 7 : box + 11], "big")
    if method != 1 or space not in _NAMED:
        raise ValueError(f"colours of the kind {space} (method {method}) are not read")
    return space
