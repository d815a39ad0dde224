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
from collections.abc import Callable

from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from dermtools.errors import ImageError, require_extra
from dermtools.images.colour import to_srgb
from dermtools.images.content import PNG_MAGIC, png_content
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

# DICOM first: the 128 bytes before its mark are free, and often make the file a TIFF as well.
_FORMAT = re.compile(
    rb"(?P<DICOM>.{128}DICM)|(?P<JPEG>\xff\xd8\xff)|(?P<PNG>\x89PNG\r\n\x1a\n)|(?P<GIF>GIF8[79]a)"
    rb"|(?P<TIFF>II[*+]\0|MM\0[*+])|(?P<BMP>BM)|(?P<WebP>RIFF.{4}WEBP)|(?P<HEIC>.{4}ftyp(?:he[iv][cxms]|m[is]f1))",
    re.DOTALL,
)
_warnings_lock = threading.Lock()
"""The filters of `warnings` belong to all threads, so one at a time; only rare formats pay for it."""


def decode(data: bytes, *, min_side: int | None, max_pixels: int, label: str) -> Image.Image:
    """Decode a picture, not empty, as `open_image` promises; `label` is what to call it in an error."""
    format_name = _format(data, label)
    try:
        if format_name in _READERS:
            return _read(_READERS[format_name], data, min_side, max_pixels, label)
        with _warnings_lock, warnings.catch_warnings(action="ignore"):
            if format_name == "GIF":
                return _read(GifImageFile, data, min_side, max_pixels, label)
            if format_name == "TIFF":
                if (plain := open_plain_tiff(io.BytesIO(data))) is not None:
                    return _read(lambda _: plain, data, min_side, max_pixels, label)
                return decode_deep_tiff(data, lambda size: check_size(size, max_pixels, label))
            require_extra("pydicom", "formats")
            from dermtools.images.dicom import decode_dicom

            return decode_dicom(data, lambda size: check_size(size, max_pixels, label), label)
    except DECODING_ERRORS as error:
        raise ImageError(
            f"{label}: damaged, truncated or unusual {format_name} ({reason_of(error)}); "
            "save or download it again, as JPEG or PNG"
        ) from error


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


def check_size(size: tuple[int, int], max_pixels: int, label: str) -> None:
    """Refuse a picture without pixels, or with more than allowed, with an ImageError."""
    width, height = size
    if min(size) < 1:
        raise ImageError(f"{label}: {width} x {height} pixels, nothing to see; export the picture again")
    if width * height > max_pixels:
        raise ImageError(
            f"{label}: {width:,} x {height:,} pixels, more than the {max_pixels:,} allowed; "
            "save it smaller, or raise ImageLimits.max_pixels"
        )


def _read(
    reader: Callable[[io.BytesIO], Image.Image], data: bytes, min_side: int | None, max_pixels: int, label: str
) -> Image.Image:
    with reader(io.BytesIO(data)) as image:
        check_size(image.size, max_pixels, label)
        if min_side is not None and isinstance(image, JpegImageFile):
            # Pillow takes the largest of 1/8, 1/4, 1/2 that keeps both sides at least as long as requested.
            image.draft("RGB", (min_side, min_side))
        # Some readers (TIFF) turn the picture themselves while loading and then forget the tag.
        image.load()
        return to_srgb(apply_orientation(image))


def _format(data: bytes, label: str) -> str:
    found = _FORMAT.match(data)
    if found is not None:
        return str(found.lastgroup)
    start = data[:64]
    what = "text" if start.isascii() and all(byte >= 32 or byte in b"\t\r\n" for byte in start) else "of another format"
    readable = "JPEG, PNG, WebP, BMP, TIFF, GIF, HEIC or DICOM"
    raise ImageError(f"{label}: not a picture that can be read ({what}); pass {readable}")


class _Jpeg(JpegImageFile):
    """JPEG without the search for a resolution, which parses all EXIF data and warns about damaged tags."""

    def _read_dpi_from_exif(self) -> None:
        pass


def _read_png(file: io.BytesIO) -> Image.Image:
    """PNG from its pixels, profile and orientation alone: no text bombs, no warnings about bad animations."""
    data = file.getvalue()
    kept = png_content(data, keep=(b"iCCP", b"eXIf"))
    return PngImageFile(io.BytesIO(PNG_MAGIC + b"".join(data[start:end] for start, end in kept)))


def _read_heif(file: io.BytesIO) -> Image.Image:
    """HEIC, which carries its orientation itself; pillow-heif applies it and resets the one in EXIF."""
    image: Image.Image = require_extra("pillow_heif", "formats").HeifImageFile(file)
    return image


_READERS: dict[str, Callable[[io.BytesIO], Image.Image]] = {
    "JPEG": _Jpeg,
    "PNG": _read_png,
    "BMP": BmpImageFile,
    "WebP": WebPImageFile,
    "HEIC": _read_heif,
}
