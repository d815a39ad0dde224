"""TIFF whose samples Pillow does not read as the tags state them: more than 8 bits, signed, float, rare kinds."""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImagePalette
from PIL.TiffImagePlugin import COMPRESSION_INFO, ImageFileDirectory_v2, TiffImageFile

from dermtools.errors import require_extra
from dermtools.images.colour import nominal_range, scale_to_8_bit, to_srgb
from dermtools.images.limits import Ceiling
from dermtools.images.orientation import turn

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDTH, _LENGTH, _TILE_WIDTH, _TILE_LENGTH = 256, 257, 322, 323
_BITS, _COMPRESSION, _PHOTOMETRIC, _ORIENTATION, _PLANES = 258, 259, 262, 274, 284
_COLOUR_MAP, _EXTRA_SAMPLES, _SAMPLE_FORMAT, _LEAST_SAMPLE, _LARGEST_SAMPLE = 320, 338, 339, 340, 341
_SUBSAMPLING, _PROFILE = 530, 34675
_WEBP = 50001  # known to Pillow, but not to the libtiff that its wheels carry

_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_TEXTS = {1, 2, 7}  # bytes, text, undefined: kept as they are
_MOST_TAGS, _MOST_NUMBERS = 4096, 1_000_000

_MODES = {0: ("L", 1), 1: ("L", 1), 2: ("RGB", 3), 3: ("RGB", 1), 5: ("CMYK", 4), 8: ("LAB", 3), 9: ("LAB", 3)}
"""Pillow's mode and samples a pixel by PhotometricInterpretation: 0 is WhiteIsZero, 3 a palette, 9 ICC's L*a*b*."""

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # else it prints to the terminal


def open_plain_tiff(file: io.BytesIO) -> TiffImageFile | None:
    """Open a TIFF with Pillow; None where Pillow would misread or cannot read what its tags state."""
    _check_tags(file.getbuffer())
    start = file.read(16)
    if start[2:4] == b"\0+":  # BigTIFF with the high byte first
        return None
    tags = ImageFileDirectory_v2(start if start[2] == 43 else start[:8])
    file.seek(tags.next)
    tags.load(file)
    if is_deep(tags):
        return None
    width, height = tags.get(_TILE_WIDTH, 0), tags.get(_TILE_LENGTH, 0)
    _check_tile(width, height, tags.get(_WIDTH, 0) * tags.get(_LENGTH, 0))
    if tags.get(_COMPRESSION, 1) == 1 and tags.get(_PHOTOMETRIC) == 6 and tags.get(_SUBSAMPLING, (1, 1)) != (1, 1):
        raise ValueError("YCbCr with shared colours, uncompressed, is not read")
    file.seek(0)
    try:
        image = TiffImageFile(file)
    except SyntaxError as error:
        if isinstance(error.__cause__, KeyError):  # not in its table of kinds
            return None
        raise
    colours = tags.get(_COLOUR_MAP, ())
    if image.mode == "P" and max(colours, default=256) < 256:  # written with 8 bits, as libtiff too takes it
        image.palette = ImagePalette.raw("RGB;L", bytes(colours))
    return image


def _check_tags(data: memoryview) -> None:
    """A ValueError where the first directory states more than a file of this size can hold: readers unpack all of it.

    Tags may all point to the same bytes, and each number becomes a Python object.
    """
    order, is_big = "<" if data[0] == ord("I") else ">", 43 in data[2:4]
    (start,) = struct.unpack_from(order + ("Q" if is_big else "I"), data, 8 if is_big else 4)
    (count,) = struct.unpack_from(order + ("Q" if is_big else "H"), data, start)
    entry, size, numbers = struct.Struct(order + ("HHQ8x" if is_big else "HHI4x")), 0, 0
    first = start + (8 if is_big else 2)
    if count > _MOST_TAGS:
        raise ValueError(f"it has {count:,} tags")
    for at in range(first, min(first + count * entry.size, len(data) - entry.size + 1), entry.size):
        _, kind, values = entry.unpack_from(data, at)
        size += values * _TYPE_BYTES.get(kind, 0)
        numbers += values if kind not in _TEXTS else 0
    if size > 2 * len(data) or numbers > _MOST_NUMBERS:
        raise ValueError(f"its tags state {size:,} bytes, {numbers:,} numbers among them")


def is_deep(tags: Mapping[int, Any]) -> bool:
    """Whether the samples are anything but unsigned numbers of 1, 2, 4 or 8 bits, packed as Pillow can unpack."""
    compression = tags.get(_COMPRESSION, 1)
    return (
        not {1, 2, 4, 8}.issuperset(tags.get(_BITS, (1,)))
        or not {1}.issuperset(tags.get(_SAMPLE_FORMAT, (1,)))
        or compression not in COMPRESSION_INFO
        or compression == _WEBP
        or (tags.get(_PLANES, 1) != 1 and (_EXTRA_SAMPLES in tags or tags.get(_PHOTOMETRIC) == 8))
    )


def is_misread(tags: Mapping[int, Any]) -> bool:
    """Whether Pillow opens a deep picture but gives other grey values than the tags state."""
    bits, formats = tags.get(_BITS, (1,))[0], tags.get(_SAMPLE_FORMAT, (1,))[0]
    return is_deep(tags) and (tags.get(_PHOTOMETRIC) == 0 or bits not in (16, 32) or (bits, formats) == (32, 1))


def decode_deep_tiff(data: bytes, ceiling: Ceiling) -> Image.Image:
    """First page of a TIFF of any depth as RGB.

    Black and white are the ends of the range that the file states: that of its BitsPerSample (TIFF 6.0, section 8),
    for floats and for integers above 16 bits SMinSampleValue and SMaxSampleValue where given, else `nominal_range`.
    Min- and MaxSampleValue are "not to be used to affect the visual appearance" (same section). Transparency is laid
    on white; an orientation is applied.

    An ImageError above the `ceiling`; a ValueError for what is not read, named; else whatever tifffile raises for a
    damaged file.
    """
    tifffile = require_extra("tifffile", "formats")
    require_extra("imagecodecs", "formats")
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages.first
        ceiling.check_size((page.imagewidth, page.imagelength))
        _refuse_unreadable(page, len(data))
        ceiling.check_unpacked(page.imagewidth * page.imagelength * page.samplesperpixel * page.bitspersample // 8)
        values = page.asarray(maxworkers=1).reshape(page.shaped)[:, 0]
        profile, orientation = page.tags.valueof(_PROFILE), page.tags.valueof(_ORIENTATION)
        stated = [page.tags.valueof(tag) for tag in (_LEAST_SAMPLE, _LARGEST_SAMPLE)]
    values = np.moveaxis(values, 0, 2).reshape(*values.shape[1:3], -1)  # planes and interleaved samples alike
    mode, count = _MODES[page.photometric]
    low, high = _range(page.bitspersample, values[..., :count], stated)
    if page.photometric in (8, 9):
        pixels = _lab(values[..., :3], page.photometric, page.bitspersample)
    elif page.photometric == 3:
        pixels = scale_to_8_bit(page.colormap.T, 0, 65535 if page.colormap.max() > 255 else 255)[values[..., 0]]
    else:
        pixels = scale_to_8_bit(values[..., :count], low, high)
    kinds = page.extrasamples or (2,)  # without a word, a sample beyond the colours is taken as Pillow takes it
    alpha = scale_to_8_bit(values[..., count], low, high) if values.shape[2] > count and kinds[0] in (1, 2) else None
    if alpha is not None and kinds[0] == 1 and mode != "LAB":  # the colours are stored multiplied by it
        pixels = scale_to_8_bit(pixels / np.maximum(alpha, 1)[..., None], 0, 1)
    if page.photometric == 0:
        pixels = 255 - pixels
    colours = Image.fromarray(np.ascontiguousarray(pixels[..., 0] if mode == "L" else pixels), mode)
    colours.info["icc_profile"] = profile
    image = to_srgb(colours)
    if alpha is not None:
        image.putalpha(Image.fromarray(alpha))
    return turn(to_srgb(image), orientation or 1)


def _refuse_unreadable(page: Any, size: int) -> None:
    """ValueError for what the tags state and this reader does not know, or where the file is too short."""
    if page.photometric not in _MODES:
        raise ValueError(f"colours of the kind {getattr(page.photometric, 'name', page.photometric)} are not read")
    # A tuple where samples differ; the bytes of 17 to 31 bits are in an order that readers do not agree on.
    if page.dtype is None or page.dtype.kind not in "uif" or page.bitspersample not in (*range(1, 17), 32, 64):
        raise ValueError(f"samples of {page.bitspersample} bits and format {page.sampleformat} are not read")
    if not _MODES[page.photometric][1] <= page.samplesperpixel <= 8:
        raise ValueError(f"{page.samplesperpixel} samples a pixel are not read")
    if page.is_tiled:
        _check_tile(page.tilewidth, page.tilelength, page.imagewidth * page.imagelength)
    ends = [start + count for start, count in zip(page.dataoffsets, page.databytecounts, strict=True) if count]
    if len(ends) < len(page.dataoffsets) or max(ends, default=size + 1) > size:
        raise ValueError("it ends before its pixels do")


def _check_tile(width: int, length: int, pixels: int) -> None:
    """A ValueError for tiles far larger than the whole picture, which are unpacked all the same."""
    if width * length > max(1 << 22, 4 * pixels):
        raise ValueError(f"tiles of {width:,} x {length:,} pixels")


def _range(bits: int, values: NDArray[Any], stated: list[Any]) -> tuple[float, float]:
    if values.dtype.kind in "ui" and bits <= 16:
        return (0.0, 2.0**bits - 1) if values.dtype.kind == "u" else (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1)
    if None not in stated and (low := float(np.min(stated[0]))) < (high := float(np.max(stated[1]))):
        return low, high
    return nominal_range(values, 2.0**bits - 1 if values.dtype.kind == "u" else 65535.0)


def _lab(values: NDArray[Any], photometric: int, bits: int) -> NDArray[np.uint8]:
    """L*a*b* of 8 bits, a* and b* signed, from 8 or 16 bits (TIFF 6.0, section 23; Adobe's TIFF Technical Note 4)."""
    if bits not in (8, 16):
        raise ValueError(f"L*a*b* of {bits} bits is not read")
    whole = values.view(f"u{bits // 8}").astype(np.uint16) * (1 if bits == 16 else 257)
    if photometric == 9:  # a* and b* are offset there, and signed in 8, as Pillow takes them
        whole[..., 1:] ^= 0x8000
    lightness = scale_to_8_bit(whole[..., :1], 0, 65535 if photometric == 8 or bits == 8 else 65280)
    return np.concatenate([lightness, (whole[..., 1:] >> 8).astype(np.uint8)], axis=-1)
