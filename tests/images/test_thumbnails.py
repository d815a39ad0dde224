"""Small pictures for pages."""

from __future__ import annotations

import io

from PIL import Image

from dermtools.images import encode_jpeg
from dermtools.images.thumbnails import thumbnail


def test_the_long_side_fits_and_no_metadata_is_kept() -> None:
    jpeg = encode_jpeg(Image.linear_gradient("L").resize((512, 256)))
    with Image.open(io.BytesIO(thumbnail(jpeg))) as small:
        assert (small.size, small.mode, dict(small.getexif())) == ((192, 96), "RGB", {})


def test_a_small_picture_is_not_enlarged() -> None:
    with Image.open(io.BytesIO(thumbnail(encode_jpeg(Image.new("RGB", (40, 30)))))) as small:
        assert small.size == (40, 30)
