"""Small pictures for pages, from JPEGs that this project wrote itself."""

from __future__ import annotations

import io

from PIL import Image

THUMBNAIL_SIDE = 192
"""Long side in pixels: what a card shows at its widest."""
QUALITY = 75


def thumbnail(jpeg: bytes, side: int = THUMBNAIL_SIDE, *, quality: int = QUALITY) -> bytes:
    """A clean JPEG of at most `side` pixels; only of a JPEG of our own making, which is not checked again.

    `draft` decodes no more than an eighth of the pixels where that is enough.
    """
    with Image.open(io.BytesIO(jpeg)) as image:
        image.draft("RGB", (side, side))
        image.thumbnail((side, side))
        written = io.BytesIO()
        image.convert("RGB").save(written, "JPEG", quality=quality)
    return written.getvalue()


def square(jpeg: bytes, side: int = THUMBNAIL_SIDE) -> Image.Image:
    """The middle of such a JPEG, `side` by `side` pixels, RGB, as cards show it."""
    with Image.open(io.BytesIO(jpeg)) as image:
        image.draft("RGB", (side, side))
        picture = image.convert("RGB")
    least = min(picture.size)
    left, top = (picture.width - least) // 2, (picture.height - least) // 2
    box = (left, top, left + least, top + least)
    return picture.resize((side, side), Image.Resampling.LANCZOS, box, reducing_gap=3.0)
