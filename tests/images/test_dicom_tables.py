"""Lookup tables: what comes out for each input, by indexing the table by hand, and by pydicom where it is right."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dermtools.errors import ImageError
from tests.support.dicom_files import dicom, grey, opened, pydicom, table

RAMP = np.arange(0, 4096, 4, dtype=np.uint16).reshape(16, 64)
TWELVE = {"BitsStored": 12, "HighBit": 11}
INDICES = np.arange(256, dtype=np.uint8).reshape(4, 64)


def words(values, order: str = "<") -> bytes:
    return struct.pack(f"{order}{len(values)}H", *values)


def palette(
    entries: list[list[int]] | list[bytes], bits: int, first: int = 0, count: int | None = None, kind: str = ""
):
    """Elements of a palette: for red, green and blue the entries as they are, or as bytes."""
    elements = {}
    for colour, values in zip(("Red", "Green", "Blue"), entries, strict=True):
        name = f"{kind}{colour}PaletteColorLookupTableData"
        descriptor = f"{colour}PaletteColorLookupTableDescriptor"
        data = values if isinstance(values, bytes) else words(values)
        elements[name] = pydicom.DataElement(name, "OW", data)
        limits = [count or len(values), first, bits]
        elements[descriptor] = pydicom.DataElement(descriptor, "SS" if first < 0 else "US", limits)
    return elements


@given(
    st.sampled_from([8, 10, 12, 16]),
    st.integers(-300, 3000),
    st.integers(2, 4096),
    st.sampled_from(["up", "down", "curved"]),
    st.sampled_from([1, -1]),
)
@settings(max_examples=80, deadline=None)
def test_a_table_of_values_of_interest_ranges_over_its_bits(bits: int, first: int, count: int, course: str, slope: int):
    places = np.linspace(0, 1, count)
    curve = {"up": places, "down": 1 - places, "curved": places**2}[course]
    entries = np.rint(curve * (2**bits - 1)).astype(int)
    elements = {"RescaleSlope": slope, "RescaleIntercept": 0, "VOILUTSequence": [table(first, entries.tolist(), bits)]}
    found = grey(dicom(RAMP, "MONOCHROME2", **TWELVE, **elements))
    by_hand = [entries[min(max(int(value) * slope - first, 0), count - 1)] for value in RAMP.ravel()]
    assert np.abs(found.ravel() - np.array(by_hand) / (2**bits - 1) * 255).max() <= 0.51


@pytest.mark.parametrize(
    ("declared", "used"), [(16, 12), (16, 10), (16, 8), (12, 10), (10, 12), (8, 12), (12, 16), (8, 16)]
)
def test_a_table_that_declares_other_bits_than_it_holds_has_those_it_holds(declared: int, used: int):
    entries = [i * (2**used - 1) // 4095 for i in range(4096)]
    found = grey(dicom(RAMP, "MONOCHROME2", **TWELVE, VOILUTSequence=[table(0, entries, declared)]))
    assert np.abs(found - RAMP / 4095 * 255).max() <= 1


def test_a_dark_table_of_8_bits_stays_dark():
    entries = [i // 64 for i in range(4096)]
    found = grey(dicom(RAMP, "MONOCHROME2", **TWELVE, VOILUTSequence=[table(0, entries, 8)]))
    assert np.array_equal(found, RAMP // 64)


@pytest.mark.parametrize("kind", ["packed", "packed words", "bytes of words", "big endian"])
def test_a_table_of_8_bits_is_read_however_it_is_stored(kind: str):
    entries = [i // 16 for i in range(4096)]
    packed = bytes(entries)
    stored, options = {
        "packed": (table(0, packed, 8, 4096), {}),
        "packed words": (table(0, list(struct.unpack("<2048H", packed)), 8, 4096), {}),
        "bytes of words": (table(0, words(entries), 8, 4096), {}),
        "big endian": (table(0, words(entries, ">"), 8, 4096), {"syntax": pydicom.uid.ExplicitVRBigEndian}),
    }[kind]
    samples = RAMP.astype(">u2") if options else RAMP
    found = grey(dicom(samples, "MONOCHROME2", **TWELVE, VOILUTSequence=[stored], **options))
    assert np.array_equal(found, RAMP // 16)


def test_the_table_is_taken_before_the_window():
    elements = {
        "VOILUTSequence": [table(0, [255 - i // 16 for i in range(4096)], 8)],
        "WindowCenter": 9,
        "WindowWidth": 2,
    }
    assert np.array_equal(grey(dicom(RAMP, "MONOCHROME2", **TWELVE, **elements)), 255 - RAMP // 16)


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_the_window_is_in_values_of_the_modality_table(bits: int):
    top = 2**bits - 1
    entries = [round(top * (i / 4095) ** 2) for i in range(4096)]
    elements = {"ModalityLUTSequence": [table(0, entries, bits)], "WindowCenter": top / 2 + 0.5, "WindowWidth": top + 1}
    found = grey(dicom(RAMP, "MONOCHROME2", **TWELVE, **elements))
    by_hand = np.array([entries[value] / top * 255 for value in RAMP.ravel()]).reshape(RAMP.shape)
    assert np.abs(found - by_hand).max() <= 0.51


def test_a_first_input_written_as_unsigned_though_negative_is_understood():
    values = RAMP.astype(np.int16) - 2048
    item = table(-2048, [i // 16 for i in range(4096)], 8)
    expected = grey(dicom(values, "MONOCHROME2", PixelRepresentation=1, VOILUTSequence=[item]))
    item["LUTDescriptor"] = pydicom.DataElement("LUTDescriptor", "US", [4096, 65536 - 2048, 8])
    assert np.array_equal(expected, RAMP // 16)
    assert np.array_equal(grey(dicom(values, "MONOCHROME2", PixelRepresentation=1, VOILUTSequence=[item])), expected)


CHANNELS = [list(range(256)), list(range(255, -1, -1)), [i * 7 % 256 for i in range(256)]]
COLOURS = np.array(CHANNELS).T[INDICES]


@pytest.mark.parametrize(
    "elements",
    [
        palette([[entry * 257 for entry in channel] for channel in CHANNELS], 16),
        palette([[entry * 256 for entry in channel] for channel in CHANNELS], 16),
        palette([bytes(channel) for channel in CHANNELS], 8),
        palette([bytes(channel) for channel in CHANNELS], 16),
        palette(CHANNELS, 8),
        palette(CHANNELS, 16),
        palette([[entry * 257 for entry in channel] for channel in CHANNELS], 8),
    ],
    ids=[
        "16 bits",
        "16 bits, high byte",
        "8 packed",
        "8 packed as 16",
        "8 in words",
        "8 in 16 bits",
        "16 said to be 8",
    ],
)
def test_a_palette_gives_its_colours_however_it_is_stored(elements: dict):
    assert np.abs(opened(dicom(INDICES, "PALETTE COLOR", (4, 64), **elements)) - COLOURS).max() <= 1


def test_a_palette_starts_at_its_first_index():
    elements = palette([channel[:101] for channel in CHANNELS], 8, first=28)
    expected = np.array(CHANNELS).T[np.clip(INDICES.astype(int) - 28, 0, 100)]
    assert np.array_equal(opened(dicom(INDICES, "PALETTE COLOR", (4, 64), **elements)), expected)
    signed = palette(CHANNELS, 8, first=-128)
    shifted = (INDICES ^ 128).astype(np.uint8)
    assert np.array_equal(opened(dicom(shifted, "PALETTE COLOR", (4, 64), PixelRepresentation=1, **signed)), COLOURS)


def test_a_palette_of_8_bits_may_have_more_than_256_entries():
    entries = bytes(i // 16 for i in range(4096))
    found = grey(dicom(RAMP, "PALETTE COLOR", **palette([entries] * 3, 8)))
    assert np.array_equal(found, RAMP // 16)


@pytest.mark.parametrize("name", ["SPRING", "SUMMER", "FALL", "WINTER"])
def test_the_well_known_segmented_palettes_are_those_of_pydicom(name: str):
    file = pydicom.data.get_palette_files(f"{name.lower()}.dcm")[0]
    known = pydicom.dcmread(file)
    elements = {element.keyword: element for element in known if "PaletteColor" in element.keyword}
    elements.pop("PaletteColorLookupTableUID", None)
    expected = pydicom.pixels.apply_color_lut(INDICES, known)
    assert np.array_equal(opened(dicom(INDICES, "PALETTE COLOR", (4, 64), **elements)), expected)


@pytest.mark.parametrize("bits", [8, 16])
def test_an_indirect_segment_repeats_the_segments_at_its_offset_in_bytes(bits: int):
    # 5; then twice: 0, 10 and a line of 100 to 110 (10 entries, of them the last is 110); then 9
    parts = [0, 1, 5, 0, 2, 0, 10, 1, 10, 110, 2, 2]
    offset = [3, 0, 0, 0] if bits == 8 else [6, 0]
    parts += [*offset, 0, 1, 9]
    once = [0, 10, *range(20, 120, 10)]
    entries = np.array([5, *once, *once, 9])
    data = bytes([*parts, 0] if len(parts) % 2 else parts) if bits == 8 else words(parts)
    elements = palette([data] * 3, bits, count=len(entries), kind="Segmented")
    found = grey(dicom(INDICES, "PALETTE COLOR", (4, 64), **elements))
    assert np.array_equal(found.ravel(), entries[np.clip(np.arange(256), 0, len(entries) - 1)])


def test_a_supplemental_palette_colours_only_its_indices():
    values = np.arange(512, dtype=np.uint16).reshape(8, 64)
    elements = palette(CHANNELS, 8, first=256) | {"PixelPresentation": "COLOR", "WindowCenter": 128, "WindowWidth": 256}
    found = opened(dicom(values, "MONOCHROME2", (8, 64), **elements))
    assert np.array_equal(found[:4], np.repeat(INDICES[..., None], 3, axis=2))
    assert np.array_equal(found[4:], COLOURS)


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ({}, "it has no RedPaletteColorLookupTableDescriptor"),
        (palette([[1, 2, 3]] * 3, 16, count=256), "has 3 of 256 entries"),
        (palette([words([9, 9, 9])] * 3, 16, count=256, kind="Segmented"), "unknown kind 9"),
        (palette([words([1, 9, 9])] * 3, 16, count=256, kind="Segmented"), "DICOM"),
    ],
)
def test_a_broken_palette_is_named(elements: dict, reason: str):
    with pytest.raises(ImageError, match=reason):
        opened(dicom(INDICES, "PALETTE COLOR", (4, 64), **elements))


@pytest.mark.skipif(shutil.which("dcm2pnm") is None, reason="dcm2pnm (dcmtk) is not installed")
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_dcmtk_shows_the_same_table(tmp_path, bits: int):
    entries = [round((2**bits - 1) * (i / 2999) ** 2) for i in range(3000)]
    data = dicom(RAMP, "MONOCHROME2", **TWELVE, VOILUTSequence=[table(500, entries, bits)])
    (tmp_path / "a.dcm").write_bytes(data)
    subprocess.run(["dcm2pnm", "+Wl", "1", "--write-png", tmp_path / "a.dcm", tmp_path / "a.png"], check=True)
    shown = np.asarray(Image.open(io.BytesIO((tmp_path / "a.png").read_bytes()))).astype(int)
    assert np.abs(shown - grey(data)).max() <= 1
