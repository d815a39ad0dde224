from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from dermtools.errors import DermtoolsError, ImageError
from dermtools.images import ImageLimits, open_image
from dermtools.images.limits import BYTES_VARIABLE, PIXELS_VARIABLE


def encoded(kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (48, 36), (90, 60, 30)).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("variable", "value", "option"),
    [(PIXELS_VARIABLE, "1727", "--max-pixels"), (BYTES_VARIABLE, "50", "--max-image-bytes")],
)
def test_a_refusal_names_the_option_the_variable_and_the_field_that_raise_it(monkeypatch, variable, value, option):
    open_image(encoded())
    monkeypatch.setenv(variable, value)
    with pytest.raises(ImageError, match=rf"raise {option} \({variable}, in Python ImageLimits\.max_"):
        open_image(encoded())


def test_the_environment_raises_and_lowers_what_is_not_given(monkeypatch):
    monkeypatch.setenv(PIXELS_VARIABLE, "5")
    monkeypatch.setenv(BYTES_VARIABLE, "70")
    assert ImageLimits() == ImageLimits(max_bytes=70, max_pixels=5)
    assert ImageLimits(max_pixels=9) == ImageLimits(max_bytes=70, max_pixels=9)
    monkeypatch.setenv(PIXELS_VARIABLE, "")
    assert ImageLimits().max_pixels == 100_000_000


@pytest.mark.parametrize("value", ["0", "-3", "many", "1.5", "1e9"])
@pytest.mark.parametrize("variable", [PIXELS_VARIABLE, BYTES_VARIABLE])
def test_a_senseless_variable_is_one_line_that_names_it(monkeypatch, variable: str, value: str):
    monkeypatch.setenv(variable, value)
    with pytest.raises(DermtoolsError, match=rf"{variable} is '{value}'; set it to a whole number"):
        open_image(encoded())


@pytest.mark.parametrize("value", [0, -1, 1.5, "9", None, True])
def test_a_senseless_field_is_refused(value):
    with pytest.raises(ImageError, match="give a whole number of at least 1"):
        ImageLimits(max_pixels=value)


def test_numpys_integers_are_whole_numbers():
    limits = ImageLimits(max_bytes=np.int64(10**6), max_pixels=np.uint16(9))
    assert (type(limits.max_bytes), limits.max_pixels) == (int, 9)
    with pytest.raises(ImageError, match="more than the 9 allowed"):
        open_image(encoded(), limits=limits)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF", "JPEG2000"])
def test_a_raised_limit_holds_whatever_pillow_would_allow(monkeypatch, kind: str):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert open_image(encoded(kind)).size == (48, 36)
    assert Image.MAX_IMAGE_PIXELS == 100
