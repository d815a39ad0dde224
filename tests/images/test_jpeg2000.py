"""JPEG 2000 of every depth: encoded by imagecodecs, right values by hand from the samples."""

from __future__ import annotations

import io
import struct
import sys

import numpy as np
import pytest
from PIL import Image, ImageCms

from dermtools.errors import ImageError, MissingExtraError
from dermtools.images import ImageLimits, open_image

imagecodecs = pytest.importorskip("imagecodecs")

ACROSS = np.linspace(0, 1, 64)[None, :].repeat(32, axis=0)
RAMPS = np.stack([ACROSS, 1 - ACROSS, np.linspace(0, 1, 32)[:, None].repeat(64, axis=1)], axis=-1)


def encoded(fractions: np.ndarray, bits: int, kind: str = "u", codec: str = "jp2", **options) -> bytes:
    least = -(2 ** (bits - 1)) if kind == "i" else 0
    samples = np.rint(fractions * (2**bits - 1) + least).astype(f"{kind}{1 if bits <= 8 else 2}")
    return imagecodecs.jpeg2k_encode(
        samples, level=0, bitspersample=bits, reversible=True, codecformat=codec, mct=False, **options
    )


def shown(data: bytes) -> np.ndarray:
    return np.asarray(open_image(data)).astype(float)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("kind", ["u", "i"])
@pytest.mark.parametrize("codec", ["jp2", "j2k"])
@pytest.mark.parametrize("fractions", [ACROSS, RAMPS], ids=["grey", "colour"])
def test_every_depth_is_divided_by_its_own_range(bits: int, kind: str, codec: str, fractions: np.ndarray):
    expected = 255 * (fractions if fractions.ndim == 3 else fractions[..., None])
    assert np.abs(shown(encoded(fractions, bits, kind, codec)) - expected).max() <= 1.01


@pytest.mark.parametrize("bits", [8, 16])
def test_transparency_is_laid_on_white(bits: int):
    rgba = np.concatenate([RAMPS, np.full((32, 64, 1), 0.5)], axis=-1)
    expected = 255 * (RAMPS * 0.5 + 0.5)
    assert np.abs(shown(encoded(rgba, bits)) - expected).max() <= 2


@pytest.mark.parametrize("bits", [8, 16])
def test_a_profile_is_converted(bits: int):
    """A Lab profile fits no RGB and changes nothing; one of doubled gamma does, by hand."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    curve = profile.index(b"para")
    profile[curve : curve + 16] = b"para" + bytes(4) + b"\0\0\0\0" + struct.pack(">i", 1 << 16)  # linear light
    data = encoded(RAMPS, bits)
    box = b"colr\2\0\0" + bytes(profile)
    start = data.index(b"colr") - 4
    length = int.from_bytes(data[start : start + 4], "big")
    header = data.index(b"jp2h") - 4
    grown = 4 + len(box) - length
    data = data[:start] + struct.pack(">I", 4 + len(box)) + box + data[start + length :]
    size = int.from_bytes(data[header : header + 4], "big") + grown
    data = data[:header] + struct.pack(">I", size) + data[header + 4 :]
    expected = np.where(RAMPS <= 0.0031308, 12.92 * RAMPS, 1.055 * RAMPS ** (1 / 2.4) - 0.055)
    assert np.abs(shown(data) - 255 * expected).max() <= 3


def test_other_colour_spaces_are_refused_by_name():
    data = bytearray(encoded(RAMPS, 8))
    data[data.index(b"colr") + 10] = 14  # CIE L*a*b*
    with pytest.raises(ImageError, match="colours of the kind 14"):
        open_image(bytes(data))
    deep = bytearray(encoded(RAMPS, 16))
    deep[deep.index(b"colr") + 10] = 18
    with pytest.raises(ImageError, match="sYCC of 16/16/16 bits"):
        open_image(bytes(deep))


def test_the_limit_on_pixels_holds_before_decoding():
    for bits in (8, 16):
        with pytest.raises(ImageError, match="64 x 32 pixels"):
            open_image(encoded(RAMPS, bits), limits=ImageLimits(max_pixels=2047))


def test_deep_colour_without_the_extra_names_the_pip_line(monkeypatch):
    data = encoded(RAMPS, 16)
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    with pytest.raises(MissingExtraError, match=r"dermtools\[formats\]"):
        open_image(data)


def test_what_pillow_writes_is_read_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    out = io.BytesIO()
    Image.fromarray(np.rint(255 * RAMPS).astype(np.uint8)).save(out, "JPEG2000")
    assert np.abs(shown(out.getvalue()) - 255 * RAMPS).max() <= 2


@pytest.mark.parametrize("cut", [40, 90, 200])
def test_a_truncated_deep_file_is_refused(cut: int):
    with pytest.raises(ImageError, match="damaged, truncated or unusual JPEG 2000"):
        open_image(encoded(RAMPS, 16)[:cut])
