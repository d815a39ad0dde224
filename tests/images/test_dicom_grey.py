"""Grey values by the formulas of PS3.3 C.11, written here one value at a time, and by pydicom and dcmtk where right."""

from __future__ import annotations

import math
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dermtools.errors import ImageError
from tests.support.dicom_files import dicom, grey, item, opened, pydicom, table

RAMP = np.arange(0, 4096, 4, dtype=np.uint16).reshape(16, 64)
TWELVE = {"BitsStored": 12, "HighBit": 11}
WINDOW = {"WindowCenter": 2048, "WindowWidth": 4096}


def windowed(value: float, centre: float, width: float, function: str) -> float:
    """0 to 255 as C.11.2.1.2.1, C.11.2.1.3.1 and C.11.2.1.3.2 have it."""
    if function == "SIGMOID":
        exponent = -4 * (value - centre) / width
        return 255 / (1 + math.exp(exponent)) if exponent < 700 else 0.0
    if function == "LINEAR_EXACT":
        if value <= centre - width / 2:
            return 0.0
        return 255.0 if value > centre + width / 2 else ((value - centre) / width + 0.5) * 255
    if value <= centre - 0.5 - (width - 1) / 2:
        return 0.0
    if value > centre - 0.5 + (width - 1) / 2:
        return 255.0
    return ((value - (centre - 0.5)) / (width - 1) + 0.5) * 255


@st.composite
def grey_files(draw) -> tuple[dict, np.ndarray, np.ndarray]:
    """Elements of a grey file, its stored values, and its samples with something in the bits that are not used."""
    allocated = draw(st.sampled_from([8, 16, 32]))
    stored = draw(st.integers(2, min(allocated, 16)))
    high = draw(st.integers(stored - 1, allocated - 1))
    signed = draw(st.integers(0, 1))
    low = -(2 ** (stored - 1)) if signed else 0
    values = np.linspace(low, low + 2**stored - 1, 64).round().astype(np.int64).reshape(1, 64)
    unused = draw(st.integers(0, 2**allocated - 1)) & ~((2**stored - 1) << (high + 1 - stored))
    samples = ((values & (2**stored - 1)) << (high + 1 - stored)) | unused
    elements = {"BitsStored": stored, "HighBit": high, "PixelRepresentation": signed, "shape": (1, 64)}
    return elements, values, samples.astype(f"u{allocated // 8}")


def close(found: np.ndarray, expected) -> bool:
    """Within rounding of the 8 bits."""
    return bool(np.abs(found - np.asarray(expected)).max() <= 0.51)


@given(
    grey_files(),
    st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
    st.sampled_from([1, -1, 2, -3, 0.5, -0.25]),
    st.integers(-2000, 2000),
    st.floats(-1, 2),
    st.floats(0.05, 2),
    st.sampled_from(["MONOCHROME1", "MONOCHROME2"]),
)
@settings(max_examples=150, deadline=None)
def test_a_window_shows_every_kind_of_stored_value_as_the_standard_says(
    file, function, slope, intercept, place, share, photometric
):
    elements, values, samples = file
    rescaled = values * slope + intercept
    span = rescaled.max() - rescaled.min()
    centre, width = round(float(rescaled.min() + place * span), 2), round(float(1 + share * span), 2)
    elements |= {"RescaleSlope": slope, "RescaleIntercept": intercept, "VOILUTFunction": function}
    found = grey(dicom(samples, photometric, WindowCenter=centre, WindowWidth=width, **elements))
    expected = np.array([windowed(value, centre, width, function) for value in rescaled.ravel()])
    assert close(found[0], 255 - expected if photometric == "MONOCHROME1" else expected)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_pydicom_windows_positive_slopes_alike(function: str):
    elements = {"RescaleSlope": 2, "RescaleIntercept": -100, "VOILUTFunction": function, **TWELVE}
    data = dicom(RAMP, "MONOCHROME2", WindowCenter=3000, WindowWidth=2500, **elements)
    dataset = pydicom.dcmread(pydicom.filebase.BytesIO(data))
    values = pydicom.pixels.apply_windowing(RAMP * 2.0 - 100, dataset)
    assert close(grey(data), (values + 100) / (2 * 4095) * 255)


@pytest.mark.parametrize(
    "elements",
    [
        {"RescaleSlope": ""},
        {"RescaleSlope": "", "RescaleIntercept": ""},
        {"RescaleSlope": 0, "RescaleIntercept": 0},
        {"RescaleIntercept": ""},
        {"VOILUTFunction": ""},
        {"ModalityLUTSequence": []},
        {"VOILUTSequence": []},
        {"PresentationLUTShape": ""},
        {"HighBit": None},
        {"PixelRepresentation": None},
        {"SamplesPerPixel": None},
        {"NumberOfFrames": 0},
        {"NumberOfFrames": ""},
    ],
    ids=str,
)
def test_an_empty_element_counts_as_absent(elements: dict):
    plain = grey(dicom(RAMP, "MONOCHROME2", **TWELVE, **WINDOW))
    assert np.array_equal(grey(dicom(RAMP, "MONOCHROME2", **{**TWELVE, **WINDOW, **elements})), plain)


@pytest.mark.parametrize(
    "window",
    [
        {"WindowCenter": 100, "WindowWidth": 0},
        {"WindowCenter": 100, "WindowWidth": -5},
        {"WindowCenter": 100, "WindowWidth": ""},
        {"WindowCenter": "", "WindowWidth": 100},
        {"WindowWidth": 100},
        {"WindowCenter": [100, 200], "WindowWidth": [0, 0]},
    ],
    ids=str,
)
def test_a_window_that_shows_nothing_counts_as_absent(window: dict):
    plain = grey(dicom(RAMP, "MONOCHROME2", **TWELVE))
    assert np.array_equal(grey(dicom(RAMP, "MONOCHROME2", **TWELVE, **window)), plain)


def test_the_first_window_that_shows_something_is_taken():
    expected = grey(dicom(RAMP, "MONOCHROME2", **TWELVE, WindowCenter=1000, WindowWidth=500))
    for centres, widths in (([1000, 3000], [500, 90]), ([7, 1000, 3000], [0, 500, 90])):
        several = dicom(RAMP, "MONOCHROME2", **TWELVE, WindowCenter=centres, WindowWidth=widths)
        assert np.array_equal(grey(several), expected)


def test_a_window_of_1_parts_black_from_white():
    found = grey(dicom(RAMP, "MONOCHROME2", **TWELVE, WindowCenter=2048, WindowWidth=1))
    assert np.array_equal(found, np.where(RAMP > 2047.5, 255, 0))


def test_a_window_narrower_than_1_is_taken_exactly():
    found = grey(dicom(RAMP, "MONOCHROME2", RescaleSlope=0.0001, WindowCenter=0.2, WindowWidth=0.3, **TWELVE))
    assert close(found, [[windowed(v * 0.0001, 0.2, 0.3, "LINEAR_EXACT") for v in row] for row in RAMP])


def test_a_number_that_is_none_is_named():
    data = dicom(RAMP, "MONOCHROME2", WindowCenter=12345, WindowWidth=67890).replace(b"12345", b"12,45")
    with pytest.raises(ImageError, match="WindowCenter is no number"):
        opened(data)


@pytest.mark.parametrize(
    ("photometric", "shape", "is_inverse"),
    [
        ("MONOCHROME1", None, True),
        ("MONOCHROME2", None, False),
        ("MONOCHROME1", "INVERSE", True),
        ("MONOCHROME2", "IDENTITY", False),
        ("MONOCHROME2", "INVERSE", True),
        ("MONOCHROME1", "IDENTITY", False),
    ],
)
@pytest.mark.parametrize("interest", ["window", "table", "none"])
def test_the_presentation_shape_decides_what_is_black(photometric: str, shape, is_inverse: bool, interest: str):
    elements = {"PresentationLUTShape": shape} if shape else {}
    if interest == "table":
        elements["VOILUTSequence"] = [table(0, [i // 16 for i in range(4096)], 8)]
    elements |= WINDOW if interest == "window" else {}
    row = grey(dicom(RAMP, photometric, **TWELVE, **elements)).ravel()
    assert np.abs(row - np.linspace(*((255, 0) if is_inverse else (0, 255)), row.size)).max() <= 1


def test_8_bits_without_a_window_are_shown_as_they_are():
    pixels = np.linspace(90, 130, 1024).astype(np.uint8).reshape(16, 64)
    assert np.array_equal(grey(dicom(pixels, "MONOCHROME2")), pixels)
    assert np.array_equal(grey(dicom(pixels, "MONOCHROME2", RescaleSlope=-1, RescaleIntercept=0)), 255 - pixels)
    assert np.array_equal(grey(dicom(pixels.astype(np.int8), "MONOCHROME2", PixelRepresentation=1)), pixels ^ 128)


@pytest.mark.parametrize(("padding", "limit"), [(-2000, None), (63536, None), (-2000, -1900), (63536, 63636)])
def test_padding_does_not_widen_the_range(padding: int, limit: int | None):
    values = RAMP.astype(np.int16)
    values[:, :8], values[:, 8:10] = -2000, -1900 if limit else -2000
    elements = {
        "PixelRepresentation": 1,
        "PixelPaddingValue": pydicom.DataElement(0x00280120, "US" if padding > 0 else "SS", padding),
    }
    if limit:
        elements["PixelPaddingRangeLimit"] = pydicom.DataElement(0x00280121, "US" if limit > 0 else "SS", limit)
    found = grey(dicom(values, "MONOCHROME2", **elements))
    shown = values[:, 10:].astype(float)
    assert close(found[:, 10:], (shown - shown.min()) / (shown.max() - shown.min()) * 255)
    assert (found[:, :10] == 0).all()


def test_the_first_frame_of_an_enhanced_file_has_its_own_window_and_slope():
    def macros(slope: float, centre: float):
        return item(
            PixelValueTransformationSequence=[item(RescaleSlope=slope, RescaleIntercept=0)],
            FrameVOILUTSequence=[item(WindowCenter=centre, WindowWidth=1000)],
        )

    frames = np.concatenate([RAMP, RAMP])
    expected = grey(dicom(RAMP, "MONOCHROME2", RescaleSlope=2, WindowCenter=3000, WindowWidth=1000))
    groups = {"NumberOfFrames": 2, "PerFrameFunctionalGroupsSequence": [macros(2, 3000), macros(1, 500)]}
    shared = {"NumberOfFrames": 2, "SharedFunctionalGroupsSequence": [macros(2, 3000)]}
    both = {**shared, "PerFrameFunctionalGroupsSequence": [item(FrameContentSequence=[item(FrameReferenceTime=1)])] * 2}
    for elements in (groups, shared, both, {**groups, "SharedFunctionalGroupsSequence": [macros(1, 500)]}):
        assert np.array_equal(grey(dicom(frames, "MONOCHROME2", **elements)), expected)


@pytest.mark.skipif(shutil.which("dcm2pnm") is None, reason="dcm2pnm (dcmtk) is not installed")
@given(
    grey_files(),
    st.sampled_from([1, -1, 2, -3]),
    st.integers(-1000, 1000),
    st.floats(0, 1),
    st.sampled_from(["LINEAR", "SIGMOID"]),
    st.sampled_from(["MONOCHROME1", "MONOCHROME2"]),
)
@settings(max_examples=20, deadline=None)
def test_dcmtk_shows_the_same(tmp_path_factory, file, slope, intercept, place, function, photometric):
    elements, values, samples = file
    centre = float(int(intercept + slope * (values.min() + place * (values.max() - values.min()))))
    elements |= {"RescaleSlope": slope, "RescaleIntercept": intercept, "VOILUTFunction": function}
    data = dicom(samples, photometric, WindowCenter=centre, WindowWidth=2.0 ** elements["BitsStored"], **elements)
    folder: Path = tmp_path_factory.mktemp("dcmtk")
    (folder / "a.dcm").write_bytes(data)
    subprocess.run(["dcm2pnm", "-q", "+Wi", "1", "--write-png", folder / "a.dcm", folder / "a.png"], check=True)
    assert np.abs(np.asarray(Image.open(folder / "a.png")).astype(int) - grey(data)).max() <= 1
