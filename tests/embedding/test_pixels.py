from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from dermtools.embedding.pixels import fit


@pytest.fixture
def banner() -> Image.Image:
    """Twice as wide as high: left half red, right half blue."""
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, :20, 0] = pixels[:, 20:, 2] = 255
    return Image.fromarray(pixels)


@pytest.mark.parametrize("mode", ["stretch", "crop", "pad"])
def test_size_is_height_and_width(banner, mode):
    assert fit(banner, (10, 16), mode=mode, resample="bicubic").size == (16, 10)


def test_stretch_keeps_all_of_the_picture(banner):
    pixels = np.asarray(fit(banner, (8, 8), mode="stretch", resample="box"))
    assert (pixels[:, :4, 0] == 255).all()
    assert (pixels[:, 4:, 2] == 255).all()


def test_crop_keeps_the_centre(banner):
    pixels = np.asarray(fit(banner, (20, 20), mode="crop", resample="box"))
    np.testing.assert_array_equal(pixels, np.asarray(banner)[:, 10:30])


def test_pad_adds_black_and_keeps_the_aspect_ratio(banner):
    pixels = np.asarray(fit(banner, (40, 40), mode="pad", resample="box"))
    assert not pixels[:10].any()
    assert not pixels[30:].any()
    np.testing.assert_array_equal(pixels[10:30], np.asarray(banner))


def test_transparency_is_laid_on_white():
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert fit(clear, (2, 2), mode="stretch", resample="bicubic").getpixel((0, 0)) == (255, 255, 255)
