"""Encoded bytes of each format to pixels: recognised by content, checked before decoding, errors in one line.

Pillow's reader classes are called directly: `Image.open` would try every installed plugin, and warns about
pictures above its own size limit and about sloppy metadata, which is fatal where warnings are errors.
"""

from __future__ import annotations

import io
import re
import struct
import threading
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from dermtools.errors import ImageError, require_extra
from dermtools.images.colour import to_srgb
from dermtools.images.content import PNG_MAGIC, jpeg_scans, png_content
from dermtools.images.jpeg2000 import decode_deep_jpeg2000, is_deep, open_jpeg2000
from dermtools.images.kinds import FORMATS, format_of
from dermtools.images.limits import Ceiling
from dermtools.images.orientation import apply_orientation, exif_orientation
from dermtools.images.tiff import decode_deep_tiff, open_plain_tiff
from dermtools.text import one_line

DECODING_ERRORS = (
    # All that Pillow, pillow-heif and pydicom were seen to raise, or say they raise, for damaged pictures.
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    EOFError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)

_warnings_lock = threading.Lock()
"""The filters of `warnings` belong to all threads, so one at a time; only rare formats pay for it."""


def decode(data: bytes, *, min_side: int | None, max_pixels: int, label: str) -> Image.Image:
    """Decode a picture, not empty, as `open_image` promises; `label` is what to call it in an error."""
    format_name, ceiling = _format(data, label), Ceiling(max_pixels, label)
    try:
        if format_name == "JPEG 2000" and is_deep(data):
            return decode_deep_jpeg2000(data, ceiling)
        is_above_pillow = max_pixels > 2 * (Image.MAX_IMAGE_PIXELS or max_pixels)
        if format_name not in _WARNING and not is_above_pillow:
            return _read(_READERS[format_name], data, min_side, ceiling)
        with _warnings_lock, warnings.catch_warnings(action="ignore"), _without_limit_of_pillow():
            if format_name in _READERS:
                return _read(_READERS[format_name], data, min_side, ceiling)
            if format_name == "TIFF":
                plain = open_plain_tiff(io.BytesIO(data))
                if plain is None:
                    return decode_deep_tiff(data, ceiling)
                return _read(lambda _: plain, data, min_side, ceiling)
            require_extra("pydicom", "formats")
            from dermtools.images.dicom import decode_dicom

            return decode_dicom(data, ceiling)
    except DECODING_ERRORS as error:
        raise ImageError(
            f"{label}: damaged, truncated or unusual {format_name} ({reason_of(error)}); "
            "save or download it again, as JPEG or PNG"
        ) from error


@contextmanager
def _without_limit_of_pillow() -> Iterator[None]:
    """Some readers ask Pillow's own limit as well, which ours takes the place of and may be above."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def jpeg_size(jpeg: bytes) -> tuple[int, int]:
    """Upright width and height of a JPEG in pixels, from its header alone; an ImageError where that is damaged."""
    try:
        with _Jpeg(io.BytesIO(jpeg)) as image:
            width, height = image.size
            return (width, height) if exif_orientation(image.info.get("exif")) < 5 else (height, width)
    except DECODING_ERRORS as error:
        raise ImageError(f"{len(jpeg):,} bytes: no JPEG, or damaged ({reason_of(error)}); encode it again") from error


def reason_of(error: BaseException) -> str:
    """What a library said, in one short line."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if text == "not identified by this driver":  # what Pillow says of a header it cannot use
        text = "its header is damaged, or states no pixels"
    return one_line(text) or type(error).__name__


def _read(
    reader: Callable[[io.BytesIO], Image.Image], data: bytes, min_side: int | None, ceiling: Ceiling
) -> Image.Image:
    with reader(io.BytesIO(data)) as image:
        ceiling.check_size(image.size)
        ceiling.check_scans(image.info.get("scans", 1), image.size)
        if min_side is not None and isinstance(image, JpegImageFile):
            # Pillow takes the largest of 1/8, 1/4, 1/2 that keeps both sides at least as long as requested.
            image.draft("RGB", (min_side, min_side))
        # Some readers (TIFF) turn the picture themselves while loading and then forget the tag.
        image.load()
        pixels = image._new(image.im)  # not as a file, and not copied
        return to_srgb(apply_orientation(pixels), may_keep=True)


def _format(data: bytes, label: str) -> str:
    if (name := format_of(data)) is not None:
        return name
    start = data[:64]
    what = "text" if start.isascii() and all(byte >= 32 or byte in b"\t\r\n" for byte in start) else "of another format"
    raise ImageError(f"{label}: not a picture that can be read ({what}); pass {FORMATS}")


class _Jpeg(JpegImageFile):
    """JPEG without the search for a resolution, which parses all EXIF data and warns about damaged tags."""

    def _read_dpi_from_exif(self) -> None:
        pass


def _read_jpeg(file: io.BytesIO) -> Image.Image:
    scans = jpeg_scans(file.getvalue())  # before Pillow, which goes through millions of segments one by one
    image = _Jpeg(file)
    image.info["scans"] = scans
    return image


_COLOUR_CHUNKS = {b"cICP": 4, b"sRGB": 1, b"gAMA": 4, b"cHRM": 32}
"""Bytes that each holds; another number is a broken one, passed over."""


def _read_png(file: io.BytesIO) -> Image.Image:
    """PNG from its pixels, colours and orientation alone: no text bombs, no warnings about bad animations."""
    data = file.getvalue()
    kept = [data[start:end] for start, end in png_content(data, keep=(*_COLOUR_CHUNKS, b"iCCP", b"eXIf"))]
    kept = [chunk for chunk in kept if len(chunk) - 12 == _COLOUR_CHUNKS.get(chunk[4:8], len(chunk) - 12)]
    image = PngImageFile(io.BytesIO(PNG_MAGIC + b"".join(kept)))
    for chunk in kept:
        if chunk[4:8] == b"cICP":
            image.info["cicp"] = tuple(chunk[8:12])
    return image


def _read_heif(file: io.BytesIO) -> Image.Image:
    """HEIC, which carries its orientation itself; pillow-heif applies it and resets the one in EXIF."""
    image: Image.Image = require_extra("pillow_heif", "formats").HeifImageFile(file)
    return image


def _read_avif(file: io.BytesIO) -> Image.Image:
    """AVIF with Pillow, which does not say what colours it states; pillow-heif does, and is asked where it matters."""
    image = AvifImageFile(file)
    stated = _NCLX.findall(file.getbuffer())
    if "icc_profile" not in image.info and any(colours not in _AS_SRGB for colours in stated):
        image.info["nclx_profile"] = require_extra("pillow_heif", "formats").open_heif(file).info.get("nclx_profile")
    return image


_NCLX = re.compile(rb"colrnclx(.{4})", re.DOTALL)
_AS_SRGB = {bytes((0, primaries, 0, transfer)) for primaries in (1, 2) for transfer in (2, 13)}
_READERS: dict[str, Callable[[io.BytesIO], Image.Image]] = {
    "JPEG": _read_jpeg,
    "PNG": _read_png,
    "BMP": BmpImageFile,
    "WebP": WebPImageFile,
    "HEIC": _read_heif,
    "AVIF": _read_avif,
    "JPEG 2000": open_jpeg2000,
    "GIF": GifImageFile,
}
_WARNING = {"GIF", "TIFF", "DICOM"}
"""Their readers warn about sloppy files, which is fatal where warnings are errors."""
