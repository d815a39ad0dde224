"""What the tags of a TIFF state decides: right values by hand from the samples that were written."""

from __future__ import annotations

import io
import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dermtools.errors import ImageError, MissingExtraError
from dermtools.images import ImageLimits, open_image
from tests.support.tiffs import tiff

tifffile = pytest.importorskip("tifffile")

HEIGHT, WIDTH = 12, 20
ALPHA = {"associated": 1, "unassociated": 2}


def ramps(count: int) -> np.ndarray:
    """Smooth pictures from 0 to 1, shape (12, 20, count), no two samples alike."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    across, down = x / (WIDTH - 1), y / (HEIGHT - 1)
    return np.stack([across, 1 - across, (across + down) / 2, down, (1 - down + across) / 2][:count], axis=-1)


def opened(data: bytes) -> np.ndarray:
    return np.asarray(open_image(data)).astype(float)


def assert_shows(data: bytes, expected: np.ndarray, tolerance: float = 1.01) -> None:
    """`expected` from 0 to 1, grey or RGB."""
    assert np.abs(opened(data) - 255 * np.broadcast_to(expected, (HEIGHT, WIDTH, 3))).max() <= tolerance


def unsigned(fractions: np.ndarray, bits: int) -> np.ndarray:
    kind = np.uint8 if bits <= 8 else np.uint16 if bits <= 16 else np.uint32
    return np.rint(fractions * (2**bits - 1)).astype(kind)


@pytest.mark.parametrize("bits", [*range(1, 17), 32])
@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize(("order", "deflate"), [("<", False), (">", False), ("<", True), (">", True)])
def test_grey_of_any_depth_is_divided_by_its_own_range(bits: int, photometric: int, order: str, deflate: bool):
    samples = unsigned(ramps(1), bits)
    data = tiff(samples, bits=bits, photometric=photometric, order=order, deflate=deflate)
    expected = samples / (2**bits - 1)
    assert_shows(data, expected if photometric else 1 - expected)


@pytest.mark.parametrize("bits", [2, 4, 8, 12, 16, 32])
@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_colours_of_any_depth_are_divided_by_their_own_range(bits: int, planes: bool, order: str):
    samples = unsigned(ramps(3), bits)
    assert_shows(tiff(samples, bits=bits, photometric=2, planes=planes, order=order), samples / (2**bits - 1))


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("planes", [False, True])
def test_cmyk_of_any_depth_has_its_colours(bits: int, planes: bool):
    ink = ramps(4)
    expected = (1 - ink[..., :3]) * (1 - ink[..., 3:])
    assert_shows(tiff(unsigned(ink, bits), photometric=5, planes=planes), expected, tolerance=2)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize(("photometric", "count"), [(0, 1), (1, 1), (2, 3), (5, 4)])
@pytest.mark.parametrize("alpha", ["associated", "unassociated"])
def test_transparency_is_laid_on_white(bits: int, planes: bool, photometric: int, count: int, alpha: str):
    colours, opacity = ramps(count), 0.25 + 0.75 * ramps(5)[..., 4:]
    stored = colours * opacity if alpha == "associated" else colours
    samples = unsigned(np.concatenate([stored, opacity], axis=-1), bits)
    data = tiff(samples, photometric=photometric, planes=planes, tags={338: ("H", [ALPHA[alpha]])})
    if photometric == 5:
        colours = (1 - colours[..., :3]) * (1 - colours[..., 3:])
    shown = 1 - colours if photometric == 0 else colours
    assert_shows(data, shown * opacity + 1 - opacity, tolerance=3)


@pytest.mark.parametrize("bits", [8, 16])
def test_an_unspecified_sample_is_no_transparency(bits: int):
    data = tiff(unsigned(ramps(4), bits), photometric=2, tags={338: ("H", [0])})
    assert_shows(data, ramps(3))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("photometric", [0, 1])
def test_signed_grey_runs_from_its_least_to_its_largest_number(bits: int, photometric: int):
    samples = np.rint(ramps(1) * (2**bits - 1) - 2 ** (bits - 1)).astype(f"int{bits}")
    assert_shows(tiff(samples, photometric=photometric), ramps(1) if photometric else 1 - ramps(1))


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("photometric", "count"), [(0, 1), (1, 1), (2, 3)])
def test_floats_from_0_to_1_are_black_to_white(kind: str, order: str, photometric: int, count: int):
    data = tiff(ramps(count).astype(kind), photometric=photometric, order=order)
    assert_shows(data, ramps(count) if photometric else 1 - ramps(count))


def test_floats_that_overshoot_as_resampling_leaves_them_are_clipped():
    samples = (ramps(1) * 1.1 - 0.05).astype(np.float32)
    assert_shows(tiff(samples), np.clip(samples, 0, 1))


@pytest.mark.parametrize(("kind", "letter"), [("float32", "f"), ("int32", "d"), ("uint32", "I")])
def test_the_stated_range_of_numbers_that_have_no_own_one_is_black_to_white(kind: str, letter: str):
    samples = np.rint(ramps(1) * 1000 + 500).astype(kind)
    assert_shows(tiff(samples, tags={340: (letter, [500]), 341: (letter, [1500])}), ramps(1))


def test_the_largest_value_in_use_does_not_change_how_a_picture_looks():
    """TIFF 6.0, section 8, of MinSampleValue and MaxSampleValue; so do libtiff and ImageMagick."""
    samples = unsigned(ramps(1) / 2, 16)
    assert_shows(tiff(samples, tags={280: ("H", [0]), 281: ("H", [32768])}), ramps(1) / 2)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("entry_bits", [8, 16])
def test_a_palette_of_8_or_16_bit_entries_has_its_colours(bits: int, entry_bits: int):
    entries = np.random.default_rng(0).integers(0, 2**entry_bits, (3, 2**bits))
    samples = np.arange(HEIGHT * WIDTH, dtype=f"uint{bits}").reshape(HEIGHT, WIDTH, 1)
    data = tiff(samples, photometric=3, tags={320: ("H", entries.ravel().tolist())})
    assert_shows(data, entries.T[samples[..., 0]] / (2**entry_bits - 1))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize("photometric", [8, 9])
def test_lab_has_its_colours(bits: int, planes: bool, photometric: int):
    """Greys of known lightness, and a colour: L* 60, a* 30, b* 20 (D50) is sRGB 200, 124, 110."""
    lab = np.zeros((HEIGHT, WIDTH, 3))
    lab[..., 0] = 100 * ramps(1)[..., 0]
    lab[6:] = (60, 30, 20)
    unit = 2 ** (bits - 8)
    white = 255 * 256 if (bits, photometric) == (16, 9) else 2**bits - 1
    stored = lab * [white / 100, unit, unit] + [0, *([128 * unit] * 2 if photometric == 9 else [0, 0])]
    samples = np.rint(stored).astype(np.int64).astype(f"uint{bits}")
    shown = opened(tiff(samples, photometric=photometric, planes=planes))
    luminance = np.where(lab[0, :, 0] > 8, ((lab[0, :, 0] + 16) / 116) ** 3, lab[0, :, 0] / 903.3)
    grey = 255 * np.where(luminance <= 0.0031308, 12.92 * luminance, 1.055 * luminance ** (1 / 2.4) - 0.055)
    assert np.abs(shown[0] - grey[:, None]).max() <= 3
    assert np.abs(shown[8, 8] - (200, 124, 110)).max() <= 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_deep_picture_is_turned_upright_like_a_plain_one(orientation: int):
    samples = unsigned(ramps(3), 16)
    deep, plain = (tiff(kind, photometric=2, tags={274: ("H", [orientation])}) for kind in (samples, samples >> 8))
    plain = tiff((samples >> 8).astype(np.uint8), photometric=2, tags={274: ("H", [orientation])})
    assert opened(deep).shape == opened(plain).shape
    assert np.abs(opened(deep) - opened(plain)).max() <= 1


@pytest.mark.parametrize(
    "compression", ["lzw", "packbits", "deflate", "zstd", "lzma", "lerc", "png", "jpeg2000", "jpegxl"]
)
@pytest.mark.parametrize("kind", ["uint8", "uint16"])
def test_every_compression_that_is_written_is_read(compression: str, kind: str):
    samples = np.ascontiguousarray(unsigned(ramps(3), np.dtype(kind).itemsize * 8))
    lossless = (
        {"reversible": True} if compression == "jpeg2000" else {"lossless": True} if compression == "jpegxl" else {}
    )
    out = io.BytesIO()
    tifffile.imwrite(out, samples, photometric="rgb", compression=compression, compressionargs=lossless or None)
    assert_shows(out.getvalue(), ramps(3))


@pytest.mark.parametrize(("order", "big", "predictor"), list(itertools.product("<>", (False, True), (None, 2))))
def test_tiles_big_tiff_and_predictors_are_read(order: str, big: bool, predictor: int | None):
    for kind in (np.uint8, np.uint16):
        out = io.BytesIO()
        with tifffile.TiffWriter(out, bigtiff=big, byteorder=order) as file:
            samples = unsigned(ramps(1), np.dtype(kind).itemsize * 8)[..., 0]
            file.write(samples, tile=(16, 16), compression="lzw", predictor=predictor, photometric="miniswhite")
        assert_shows(out.getvalue(), 1 - ramps(1))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (tiff(ramps(1).astype(np.complex64)), "samples of 64 bits and format 6"),
        (tiff(unsigned(ramps(1), 24), bits=24), "samples of 24 bits"),
        (tiff(unsigned(ramps(3), 16), photometric=6), "colours of the kind YCBCR"),
        (tiff(unsigned(ramps(3), 16), photometric=32845), "colours of the kind LOGLUV"),
        (tiff(unsigned(ramps(2), 16), photometric=2), "2 samples a pixel"),
        (tiff(unsigned(ramps(3), 8), photometric=6, tags={530: ("H", [2, 2])}), "YCbCr with shared colours"),
        (tiff(unsigned(ramps(1), 16))[:-20], "it ends before its pixels do"),
    ],
)
def test_what_is_not_read_is_refused_by_name(data: bytes, name: str):
    with pytest.raises(ImageError, match=name):
        open_image(data)


def test_the_limit_on_pixels_holds_before_a_deep_picture_is_decoded():
    with pytest.raises(ImageError, match="20 x 12 pixels"):
        open_image(tiff(unsigned(ramps(1), 16)), limits=ImageLimits(max_pixels=239))


def test_a_deep_picture_names_the_pip_line_where_the_extra_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "tifffile", None)
    assert_shows(tiff(unsigned(ramps(3), 8), photometric=2), ramps(3))
    with pytest.raises(MissingExtraError, match=r"tifffile is not installed; run: pip install 'dermtools\[formats\]'"):
        open_image(tiff(unsigned(ramps(1), 16)))


@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=6), st.booleans())
@settings(max_examples=150, deadline=None)
def test_damaged_bytes_of_a_deep_picture_open_or_raise_image_error(changes, deflate: bool):
    damaged = bytearray(tiff(unsigned(ramps(3), 16), photometric=2, deflate=deflate))
    for position, value in changes:
        damaged[position % min(len(damaged), 200)] = value
    try:
        outcome = open_image(bytes(damaged), limits=ImageLimits(max_pixels=100_000)).mode
    except ImageError as error:
        outcome = str(error)
    assert len(outcome.splitlines()) == 1


@pytest.mark.parametrize("photometric", [0, 1])
def test_a_deep_picture_that_pillow_has_opened_is_read_as_its_tags_state(tmp_path, photometric: int):
    data = tiff(unsigned(ramps(1), 16), photometric=photometric)
    (tmp_path / "a.tif").write_bytes(data)
    with Image.open(io.BytesIO(data)) as held, Image.open(tmp_path / "a.tif") as filed:
        assert np.array_equal(np.asarray(open_image(held)), opened(data))
        assert np.array_equal(np.asarray(open_image(filed)), opened(data))


def test_a_tiff_that_pillow_has_decoded_is_refused_only_where_it_is_decoded_otherwise():
    for photometric, bits, kind in ((0, 16, np.uint16), (1, 12, np.uint16), (1, 32, np.uint32)):
        with Image.open(io.BytesIO(tiff(ramps(1).astype(kind), bits=bits, photometric=photometric))) as image:
            image.load()
            with pytest.raises(ImageError, match="pass its path or bytes"):
                open_image(image)
    data = tiff(unsigned(ramps(1), 16))
    with Image.open(io.BytesIO(data)) as image:
        image.thumbnail((10, 10))
        assert open_image(image).size == (10, 6)


def test_reading_tiff_loads_tifffile_only_for_a_deep_one():
    code = "import sys, dermtools.images.formats; print('tifffile' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
