"""Opening, orienting, cleaning and encoding pictures: the one door through which pixels come and go."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

ImageSource = str | Path | bytes | Image.Image

STORED_SIDE = 512


@dataclass(frozen=True)
class ImageLimits:
    """Refuse more than this before decoding."""

    max_bytes: int = 64 * 1024 * 1024
    max_pixels: int = 100_000_000


def read_bytes(source: str | Path | bytes, *, limits: ImageLimits = ImageLimits()) -> bytes:
    """Encoded bytes of a picture from a path, a `data:` URL or bytes."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, str) and source.startswith("data:"):
        return base64.b64decode(source.partition(",")[2])
    return Path(source).read_bytes()


def open_image(
    source: ImageSource, *, min_side: int | None = None, limits: ImageLimits = ImageLimits(), name: str | None = None
) -> Image.Image:
    """RGB picture, upright, sRGB."""
    if isinstance(source, Image.Image):
        return ImageOps.exif_transpose(source).convert("RGB")
    return ImageOps.exif_transpose(Image.open(io.BytesIO(read_bytes(source)))).convert("RGB")


def encode_jpeg(image: Image.Image, *, max_side: int = STORED_SIDE, quality: int = 90) -> bytes:
    """A fresh JPEG without metadata."""
    image = image.copy()
    image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def content_hash(encoded: bytes) -> str:
    """SHA-256 of the encoded picture without its metadata segments."""
    return hashlib.sha256(encoded).hexdigest()
