"""Colours, profiles and refusals of DICOM; grey, tables and compression have files of their own."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dermtools.errors import ImageError
from dermtools.images import ImageLimits, open_image
from tests.support.dicom_files import dicom, grey, item, opened, pydicom

GRADIENT = np.linspace(0, 4095, 64).astype(np.uint16)[None, :].repeat(16, axis=0)
COLOURS = np.stack([GRADIENT // 16, 255 - GRADIENT // 16, np.full_like(GRADIENT, 90)], axis=-1).astype(np.uint8)
SRGB = (Path(pydicom.__file__).parent / "data" / "test_files" / "crayons.icc").read_bytes()
SWAPPED = SRGB.replace(b"rXYZ", b"____").replace(b"gXYZ", b"rXYZ").replace(b"____", b"gXYZ")
"""Its red is green and its green is red."""


def rgb_of_ybr(ybr: np.ndarray, low=(0, 0, 0), high=(255, 255, 255)) -> np.ndarray:
    """C.7.6.3.1.2 turned round, from samples between `low` and `high`."""
    full = np.clip((ybr - np.array(low)) / (np.array(high) - low) * 255, 0, 255)
    y, blue, red = full[..., 0], full[..., 1] - 128, full[..., 2] - 128
    green = y - 0.344136 * blue - 0.714136 * red
    return np.clip(np.stack([y + 1.402 * red, green, y + 1.772 * blue], axis=-1), 0, 255)


def test_grey_deeper_than_8_bits_without_a_window_is_stretched_from_minimum_to_maximum():
    assert np.abs(grey(dicom(GRADIENT + 300, "MONOCHROME2"))[0] - np.linspace(0, 255, 64)).max() <= 1


def test_a_preamble_that_looks_like_tiff_is_still_dicom():
    data = dicom(COLOURS, "RGB")
    assert np.array_equal(opened(b"II*\0" + data[4:]), COLOURS)


@pytest.mark.parametrize("start", [132, None], ids=["with meta information", "without"])
def test_a_file_without_a_preamble_is_dicom_too(start: int | None):
    dataset = pydicom.dcmread(io.BytesIO(dicom(COLOURS, "RGB")))
    out = io.BytesIO()
    if start is None:
        pydicom.dcmwrite(out, pydicom.Dataset(dataset), implicit_vr=True, little_endian=True)
    else:
        out.write(dicom(COLOURS, "RGB")[start:])
    assert np.array_equal(opened(out.getvalue()), COLOURS)


@pytest.mark.parametrize(
    "elements", [{}, {"PlanarConfiguration": None}, {"WindowCenter": 9, "WindowWidth": 2}], ids=str
)
def test_rgb_keeps_its_colours(elements: dict):
    assert np.array_equal(opened(dicom(COLOURS, "RGB", **elements)), COLOURS)
    planes = np.ascontiguousarray(COLOURS.transpose(2, 0, 1)).tobytes()
    assert np.array_equal(opened(dicom(planes, "RGB", **{**elements, "PlanarConfiguration": 1})), COLOURS)


@pytest.mark.parametrize(("stored", "high"), [(16, 15), (12, 11), (12, 15), (10, 12), (8, 15)])
def test_deep_rgb_is_brought_from_its_stored_bits_to_8(stored: int, high: int):
    deep = np.rint(COLOURS / 255 * (2**stored - 1)).astype(np.uint16)
    unused = np.uint16(0xFFFF ^ ((2**stored - 1) << (high + 1 - stored)))
    samples = deep << np.uint16(high + 1 - stored) | unused
    assert np.array_equal(opened(dicom(samples, "RGB", BitsStored=stored, HighBit=high)), COLOURS)


def test_32_bit_rgb_is_brought_to_8():
    assert np.array_equal(opened(dicom(COLOURS.astype(np.uint32) * 0x01010101, "RGB")), COLOURS)


@pytest.mark.parametrize("planar", [0, 1])
def test_ybr_becomes_rgb(planar: int):
    data = COLOURS if planar == 0 else np.ascontiguousarray(COLOURS.transpose(2, 0, 1)).tobytes()
    assert np.abs(opened(dicom(data, "YBR_FULL", PlanarConfiguration=planar)) - rgb_of_ybr(COLOURS)).max() <= 1
    deep = COLOURS.astype(np.uint16) * 257
    assert np.abs(opened(dicom(deep, "YBR_FULL")) - rgb_of_ybr(COLOURS)).max() <= 1


@pytest.mark.parametrize(
    ("photometric", "low", "high"),
    [("YBR_FULL_422", (0, 0, 0), (255, 255, 255)), ("YBR_PARTIAL_422", (16, 16, 16), (235, 240, 240))],
)
def test_two_pixels_may_share_their_hue(photometric: str, low, high):
    stored = np.random.default_rng(0).integers(16, 236, (16, 32, 4), dtype=np.uint8)  # two of Y, then Cb and Cr
    ybr = np.stack([stored[..., [0, 2, 3]], stored[..., [1, 2, 3]]], axis=2).reshape(16, 64, 3)
    found = opened(dicom(stored.tobytes(), photometric))
    assert np.abs(found - rgb_of_ybr(ybr, low, high)).max() <= 2


def test_the_first_frame_of_a_jpeg_compressed_picture_is_opened():
    frames = []
    for pixels in (COLOURS, 255 - COLOURS):
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "JPEG", quality=95, subsampling=0)
        frames.append(out.getvalue())
    assert np.abs(opened(dicom(frames, "YBR_FULL_422")) - COLOURS).mean() < 3


PLACES = {
    "in the picture": {"ICCProfile": SWAPPED},
    "in the optical path": {"OpticalPathSequence": [item(OpticalPathIdentifier="1", ICCProfile=SWAPPED)]},
    "in the optical path of the first frame": {
        "OpticalPathSequence": [item(OpticalPathIdentifier="1"), item(OpticalPathIdentifier="2", ICCProfile=SWAPPED)],
        "SharedFunctionalGroupsSequence": [
            item(OpticalPathIdentificationSequence=[item(OpticalPathIdentifier="2")]),
        ],
    },
}


@pytest.mark.parametrize("place", PLACES)
def test_colours_are_converted_by_the_profile(place: str):
    expected = COLOURS[..., [1, 0, 2]].astype(int)
    by_pydicom = pydicom.pixels.apply_icc_profile(COLOURS.copy(), item(ICCProfile=SWAPPED), intent=0).astype(int)
    assert np.abs(by_pydicom - expected).max() <= 3
    assert np.abs(opened(dicom(COLOURS, "RGB", **PLACES[place])) - expected).max() <= 3
    deep = COLOURS.astype(np.uint16) * 257
    assert np.abs(opened(dicom(deep, "RGB", **PLACES[place])) - expected).max() <= 3


def test_a_broken_profile_is_ignored_and_grey_has_none():
    assert np.array_equal(opened(dicom(COLOURS, "RGB", ICCProfile=SWAPPED[:100])), COLOURS)
    assert np.array_equal(grey(dicom(COLOURS[..., 0].copy(), "MONOCHROME2", ICCProfile=SWAPPED)), COLOURS[..., 0])


@pytest.mark.parametrize(
    ("samples", "photometric", "reason"),
    [
        (COLOURS, "HSV", "colours stored as HSV"),
        (COLOURS, "YBR_RCT", "colours stored as YBR_RCT"),
        (COLOURS, "MONOCHROME2", "MONOCHROME2 with 3 samples per pixel"),
        (COLOURS, "UNHEARD", "UNHEARD"),
        (COLOURS, "YBR_FULL_422", "a third larger"),
    ],
)
def test_colours_that_cannot_be_told_are_refused_by_name(samples: np.ndarray, photometric: str, reason: str):
    with pytest.raises(ImageError, match=reason):
        opened(dicom(samples, photometric))


def test_the_limit_on_pixels_is_checked_before_decoding():
    with pytest.raises(ImageError, match=r"60,000 x 60,000 pixels, more than"):
        open_image(dicom(GRADIENT, "MONOCHROME2", shape=(60_000, 60_000)))
    with pytest.raises(ImageError, match="more than the 10 allowed"):
        open_image(dicom(GRADIENT, "MONOCHROME2"), limits=ImageLimits(max_pixels=10))


def test_an_element_of_a_senseless_length_is_an_image_error():
    data = bytearray(dicom(GRADIENT, "MONOCHROME2"))
    data[data.index(b"\x02\0\0\0UL") + 6] = 87
    with pytest.raises(ImageError, match="DICOM"):
        open_image(bytes(data))


@pytest.mark.parametrize("cut", [140, 300, -2000, -100])
def test_a_truncated_file_is_refused_without_a_warning(cut: int):
    with pytest.raises(ImageError, match="damaged, truncated or unusual DICOM"):
        open_image(dicom(GRADIENT, "MONOCHROME2")[:cut])


@pytest.mark.parametrize("absent", ["Rows", "Columns", "PixelData"])
def test_a_file_without_a_picture_is_refused(absent: str):
    dataset = pydicom.dcmread(io.BytesIO(dicom(GRADIENT, "MONOCHROME2")))
    del dataset[absent]
    out = io.BytesIO()
    dataset.save_as(out)
    with pytest.raises(ImageError, match="holds no picture"):
        open_image(out.getvalue())
