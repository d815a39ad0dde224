"""Pictures in memory are encoded without loss, when they are needed."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from dermtools.cases.sources.held import Held
from dermtools.errors import ImageError

RNG = np.random.default_rng(0)


def decoded(held):
    return np.asarray(Image.open(io.BytesIO(held())))


@pytest.mark.parametrize("shape", [(9, 7, 3), (9, 7), (9, 7, 1)])
def test_an_array_keeps_its_pixels(shape):
    pixels = RNG.integers(0, 255, shape, dtype=np.uint8)
    found = decoded(Held("row 1", lambda: pixels))
    assert found.shape == (9, 7, 3)
    assert np.array_equal(found, np.broadcast_to(pixels.reshape(9, 7, -1), (9, 7, 3)))


def test_a_pillow_picture_keeps_its_pixels_and_turns_upright():
    upright = Image.fromarray(RNG.integers(0, 255, (9, 7, 3), dtype=np.uint8))
    encoded = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 3
    upright.save(encoded, "PNG", exif=exif)
    turned = Image.open(io.BytesIO(encoded.getvalue()))
    assert np.array_equal(decoded(Held("row 1", lambda: turned)), np.asarray(upright)[::-1, ::-1])


def test_bytes_stay_as_they_are_and_a_path_is_read(tmp_path):
    (tmp_path / "a.png").write_bytes(b"anything")
    assert Held("row 1", lambda: b"anything")() == b"anything"
    assert Held("row 1", lambda: {"bytes": None, "path": str(tmp_path / "a.png")})() == b"anything"


def test_nothing_is_kept_between_two_uses():
    given = []
    held = Held("row 1", lambda: given.append(1) or b"x")
    held(), held()
    assert len(given) == 2


@pytest.mark.parametrize("picture", [None, [], np.zeros((4, 4)), np.zeros((0, 4), np.uint8), np.zeros((2, 2, 2), "u1")])
def test_what_is_no_picture_is_one_line_with_its_place(picture):
    with pytest.raises(ImageError, match=r"\Arow 1: column 'image'[^\n]+\Z"):
        Held("row 1: column 'image'", lambda: picture)()
