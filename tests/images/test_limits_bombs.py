"""Bombs that are refused by what their header states, in any process."""

from __future__ import annotations

import pytest

from dermtools.errors import ImageError
from dermtools.images import ImageLimits, open_image
from dermtools.images.limits import MAX_SCANS
from tests.support.bombs import BY_HEADER, jpeg_of_scans


@pytest.mark.parametrize("name", BY_HEADER)
def test_a_bomb_is_refused_without_a_worker(name: str) -> None:
    make, reason = BY_HEADER[name]
    with pytest.raises(ImageError, match=reason):
        open_image(make(), limits=ImageLimits(32 << 20, 60_000_000))


def test_as_many_scans_as_are_allowed_are_read() -> None:
    own = jpeg_of_scans(1, 64).count(b"\xff\xda") - 1
    assert open_image(jpeg_of_scans(MAX_SCANS - own, 64)).size == (64, 64)
    with pytest.raises(ImageError, match="JPEG of 101 scans"):
        open_image(jpeg_of_scans(MAX_SCANS - own + 1, 64))


def test_more_pixels_allowed_are_more_scans_of_a_large_jpeg() -> None:
    bomb = jpeg_of_scans(40, 1000)
    with pytest.raises(ImageError, match="raise --max-pixels"):
        open_image(bomb, limits=ImageLimits(max_pixels=1_000_000))
    assert open_image(bomb, limits=ImageLimits(max_pixels=3_000_000)).size == (1000, 1000)
