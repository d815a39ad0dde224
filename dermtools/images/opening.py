"""Opening a picture from wherever it is, and encoding it clean for wherever it goes."""

from __future__ import annotations

import base64
import binascii
import io
import re
import stat
from pathlib import Path
from urllib.parse import unquote_to_bytes

from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from dermtools.errors import ImageError
from dermtools.images.colour import to_srgb
from dermtools.images.formats import DECODING_ERRORS, decode, reason_of
from dermtools.images.limits import Ceiling, ImageLimits
from dermtools.images.orientation import apply_orientation
from dermtools.images.tiff import is_misread
from dermtools.images.worker_pool import decode_apart, jpeg_apart

ImageSource = str | Path | bytes | Image.Image
"""A path, a `data:` URL, the encoded bytes, or a picture that is already open."""

_SHOWN_IN_PART = (AvifImageFile, Jpeg2KImageFile, PngImageFile, TiffImageFile)

STORED_SIDE = 512
"""Longest side, in pixels, of the picture that a case base keeps."""


def read_bytes(source: str | Path | bytes, *, limits: ImageLimits | None = None, name: str | None = None) -> bytes:
    """Encoded bytes of a picture from a path, a `data:` URL or bytes; nothing is decoded.

    A symbolic link is followed. An ImageError where it is missing, unreadable, empty, above `max_bytes`, a bad
    `data:` URL, or not a regular file (folder, pipe, device), which is refused unread. `name` as for `open_image`.
    """
    label, limits = _label(source, name), limits or ImageLimits()
    if isinstance(source, bytes):
        data = source
    elif _is_data_url(source):
        data = _read_data_url(str(source), limits, label)
    elif isinstance(source, str | Path):
        data = _read_file(source, limits, label)
    else:
        raise ImageError(
            f"{label}: a {type(source).__name__} is no picture; pass a path, a data: URL, bytes or an open PIL image"
        )
    if not data:
        raise ImageError(f"{label}: empty (0 bytes); get the picture again from where it came from")
    limits.check_bytes(len(data), label)
    return data


def open_image(
    source: ImageSource, *, min_side: int | None = None, limits: ImageLimits | None = None, name: str | None = None
) -> Image.Image:
    """Open a picture: a new one, upright, 8-bit RGB in sRGB, with an empty `info`.

    JPEG, PNG, WebP, AVIF, JPEG 2000, BMP, TIFF (first page) and GIF (first frame) are read with Pillow; HEIC, DICOM
    (first frame), and TIFF and JPEG 2000 of a depth that Pillow misreads, with the extra `formats`. The content
    decides, never the file's name. EXIF orientation is applied, colours stated by an ICC profile or by number are
    converted to sRGB (a broken profile is ignored; PQ and HLG are refused), transparency laid on white, and 16-bit,
    grey, palette, CMYK and LAB pixels brought to RGB.

    A truncated file is refused, never filled up with grey. Bytes damaged inside a file are noticed only as far
    as its format can tell; JPEG often cannot.

    Args:
        source: path, `data:` URL, encoded bytes, or an open PIL image (left as it is).
        min_side: the picture is only needed with a shorter side of at least this many pixels. A larger JPEG is
            then decoded at 1/2, 1/4 or 1/8 of its size, which is much quicker; nothing is ever enlarged.
        limits: checked before decoding; by default those of the environment, see `ImageLimits`.
        name: what to call the picture in an error; by default the path, `data URL` or `N bytes`.

    Raises:
        ImageError: the picture cannot be read or is refused; one line naming it, the reason and what to do.
        MissingExtraError: a picture that needs the extra `formats`, without it.
    """
    if min_side is not None and min_side < 1:
        raise ImageError(f"min_side must be at least 1 pixel, not {min_side}")
    label, limits = _label(source, name), limits or ImageLimits()
    if isinstance(source, Image.Image) and (file := _undecoded(source, label)) is not None:
        source, name = file, label
    if not isinstance(source, Image.Image):
        data = read_bytes(source, limits=limits, name=name)
        if limits.worker is None:
            return decode(data, min_side=min_side, max_pixels=limits.max_pixels, label=label)
        return decode_apart(data, min_side=min_side, max_pixels=limits.max_pixels, label=label, limits=limits.worker)
    Ceiling(limits.max_pixels, label).check_size(source.size)
    try:
        source.load()
        return to_srgb(apply_orientation(source))
    except DECODING_ERRORS as error:
        raise ImageError(f"{label}: {reason_of(error)}; open it again, or pass its path") from error


def small_jpeg(encoded: bytes, *, limits: ImageLimits | None = None, name: str | None = None) -> bytes:
    """`encode_jpeg` of an encoded picture, as a case base keeps it; in the worker as a whole where `limits` name one.

    Raises as `open_image`.
    """
    label, limits = _label(encoded, name), limits or ImageLimits()
    if limits.worker is None:
        return encode_jpeg(open_image(encoded, min_side=STORED_SIDE, limits=limits, name=name))
    data = read_bytes(encoded, limits=limits, name=name)
    return jpeg_apart(data, min_side=STORED_SIDE, max_pixels=limits.max_pixels, label=label, limits=limits.worker)


def encode_jpeg(image: Image.Image, *, max_side: int = STORED_SIDE, quality: int = 90) -> bytes:
    """Encode a picture as a fresh JPEG without metadata (no EXIF, ICC profile or comment).

    The same bytes each time for the same pixels and the same Pillow; an ImageError for what cannot be encoded.

    Args:
        image: a picture as `open_image` returns it; other modes are brought to RGB first.
        max_side: longest side of the result in pixels; a smaller picture is never enlarged.
        quality: 1 to 95, as in Pillow.
    """
    if max_side < 1 or not 1 <= quality <= 95:
        raise ImageError(f"max_side must be at least 1 and quality 1 to 95, not {max_side} and {quality}")
    if min(image.size) < 1:
        raise ImageError(f"a picture of {image.width} x {image.height} pixels has nothing to encode")
    try:
        clean = to_srgb(image, may_keep=not image.info)
        if (longest := max(image.size)) > max_side:
            size = tuple(max(1, round(side * max_side / longest)) for side in image.size)
            # A box filter first, down to at most 3 times the final side: far quicker, and not visible after it.
            clean = clean.resize((size[0], size[1]), Image.Resampling.LANCZOS, reducing_gap=3.0)
        out = io.BytesIO()
        clean.save(out, "JPEG", quality=quality)
    except DECODING_ERRORS as error:
        raise ImageError(f"the picture ({image.mode}, {image.width} x {image.height}): {reason_of(error)}") from error
    return out.getvalue()


def data_url(jpeg: bytes) -> str:
    """`data:image/jpeg;base64,...` for a JPEG, as chat models take it."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


def _undecoded(image: Image.Image, label: str) -> bytes | None:
    """The file of a picture that Pillow has opened and not yet decoded, where its pixels alone may show less than it.

    An ImageError for one that Pillow has decoded, where they show something else.
    """
    if not isinstance(image, _SHOWN_IN_PART):
        return None
    if image.tile and image.fp is not None and image.tell() == 0:
        position = image.fp.tell()
        image.fp.seek(0)
        data = image.fp.read()
        image.fp.seek(position)
        return data
    if isinstance(image, TiffImageFile) and is_misread(image.tag_v2):
        raise ImageError(f"{label}: a TIFF that Pillow has decoded otherwise than it states; pass its path or bytes")
    return None


def _read_file(path: str | Path, limits: ImageLimits, label: str) -> bytes:
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", str(path)):
        raise ImageError(f"{label}: a URL; download the picture first and pass its path or bytes")
    try:
        status = Path(path).stat()
        if stat.S_ISDIR(status.st_mode):
            raise ImageError(f"{label}: a folder, not a picture; name a file in it")
        if not stat.S_ISREG(status.st_mode):
            raise ImageError(f"{label}: not a regular file; pass a picture file")
        limits.check_bytes(status.st_size, label)
        with Path(path).open("rb") as file:
            return file.read(status.st_size)
    except FileNotFoundError as error:
        raise ImageError(f"{label}: no such file; check the path (now in {Path.cwd()})") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        raise ImageError(f"{label}: cannot be read ({reason_of(error)}); check the path and its permissions") from error


def _is_data_url(source: object) -> bool:
    return isinstance(source, str) and source[:5].lower() == "data:"


def _read_data_url(url: str, limits: ImageLimits, label: str) -> bytes:
    header, comma, payload = url.partition(",")
    if not comma:
        raise ImageError(f"{label}: no comma after the media type; write data:image/jpeg;base64,...")
    limits.check_bytes(len(payload) * 3 // 4, label)
    try:
        raw = unquote_to_bytes(payload)
        is_base64 = header.lower().endswith(";base64")
        return base64.b64decode(b"".join(raw.split()), validate=True) if is_base64 else raw
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ImageError(f"{label}: broken base64 ({reason_of(error)}); encode the picture again") from error


def _label(source: object, name: str | None) -> str:
    """What to call a picture in a one-line error: short, and without line breaks."""
    if isinstance(source, bytes):
        text = f"{len(source):,} bytes"
    elif isinstance(source, Image.Image):
        text = f"open picture ({source.mode}, {source.width} x {source.height})"
    else:
        text = "data URL" if _is_data_url(source) else str(source)
    text = text if name is None else name
    text = "".join(character if character.isprintable() else "?" for character in text) or "''"
    return text if len(text) <= 200 else f"{text[:120]}...{text[-60:]}"
