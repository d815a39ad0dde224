"""Colours stated by number: right values computed by hand from ITU-T H.273, without an ICC profile."""

from __future__ import annotations

import io
import struct
import sys
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from dermtools.errors import ImageError, MissingExtraError
from dermtools.images import open_image

COLOURS = (
    np.array(
        [
            [(200, 120, 90), (128, 128, 128), (40, 90, 60), (150, 100, 160)],
            [(0, 0, 0), (255, 255, 255), (90, 90, 200), (30, 20, 25)],
        ],
        dtype=np.uint8,
    )
    .repeat(16, axis=0)
    .repeat(16, axis=1)
)
D65 = (0.3127, 0.3290)
PRIMARIES = {
    1: ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
TO_LIGHT = {
    13: lambda v: np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4),
    1: lambda v: np.where(v < 0.081, v / 4.5, ((v + 0.099) / 1.099) ** (1 / 0.45)),
    4: lambda v: v**2.2,
    8: lambda v: v,
}


def to_xyz(primaries) -> np.ndarray:
    columns = np.array([(x / y, 1, (1 - x - y) / y) for x, y in primaries]).T
    white = np.array([D65[0] / D65[1], 1, (1 - sum(D65)) / D65[1]])
    return columns * np.linalg.solve(columns, white)


def in_srgb(pixels: np.ndarray, primaries, to_light) -> np.ndarray:
    light = to_light(pixels / 255) @ (np.linalg.inv(to_xyz(PRIMARIES[1])) @ to_xyz(primaries)).T
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*chunks: bytes, **options) -> bytes:
    out = io.BytesIO()
    Image.fromarray(COLOURS).save(out, "PNG", **options)
    return out.getvalue()[:33] + b"".join(chunks) + out.getvalue()[33:]


def cicp(primaries: int, transfer: int, matrix: int = 0, full: int = 1) -> bytes:
    return chunk(b"cICP", bytes((primaries, transfer, matrix, full)))


def gama(gamma: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(gamma * 100_000)))


def chrm(primaries, white=D65) -> bytes:
    return chunk(
        b"cHRM", struct.pack(">8I", *(round(100_000 * value) for pair in (white, *primaries) for value in pair))
    )


def heic(primaries: int, transfer: int) -> bytes:
    heif = pytest.importorskip("pillow_heif")
    out = io.BytesIO()
    codes = {"color_primaries": primaries, "transfer_characteristics": transfer}
    heif.from_pillow(Image.fromarray(COLOURS)).save(out, quality=-1, chroma=444, matrix_coefficients=0, **codes)
    return out.getvalue()


def avif(primaries: int, transfer: int) -> bytes:
    codecs = pytest.importorskip("imagecodecs")
    return codecs.avif_encode(COLOURS, level=100, primaries=primaries, transfer=transfer, matrix=0, pixelformat="444")


def shown(data: bytes) -> np.ndarray:
    return np.asarray(open_image(data)).astype(float)


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("primaries", sorted(PRIMARIES))
@pytest.mark.parametrize("transfer", sorted(TO_LIGHT))
@pytest.mark.parametrize("kind", ["png", "heic", "avif"])
def test_colours_stated_by_number_are_converted_to_srgb(primaries: int, transfer: int, kind: str):
    data = {
        "png": lambda: png(cicp(primaries, transfer)),
        "heic": lambda: heic(primaries, transfer),
        "avif": lambda: avif(primaries, transfer),
    }[kind]()
    expected = in_srgb(COLOURS, PRIMARIES[primaries], TO_LIGHT[transfer])
    assert np.abs(shown(data) - expected).max() <= 3


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
@pytest.mark.parametrize("kind", ["png", "heic", "avif"])
def test_high_dynamic_range_is_refused_by_name(transfer: int, name: str, kind: str):
    data = {
        "png": lambda: png(cicp(9, transfer)),
        "heic": lambda: heic(9, transfer),
        "avif": lambda: avif(9, transfer),
    }[kind]()
    with pytest.raises(ImageError, match=rf"high dynamic range \({name}\).*save it as SDR"):
        open_image(data)


@pytest.mark.parametrize("chunk", [cicp(3, 13), cicp(1, 9), cicp(1, 13, matrix=1), cicp(1, 13, full=0)])
def test_numbers_without_a_known_meaning_are_refused(chunk: bytes):
    with pytest.raises(ImageError, match=r"not known|not read"):
        open_image(png(chunk))


def test_unspecified_colours_are_srgb():
    assert np.array_equal(shown(png(cicp(2, 2))), COLOURS)
    assert np.abs(shown(avif(2, 2)) - COLOURS).max() <= 1


def test_the_statement_that_the_png_specification_puts_first_holds():
    """PNG, third edition, 4.3: cICP, then iCCP, then sRGB, then gAMA and cHRM."""
    p3, srgb = PRIMARIES[12], chunk(b"sRGB", b"\0")
    linear = gama(1.0) + chrm(p3)
    as_p3 = in_srgb(COLOURS, p3, TO_LIGHT[13])
    assert np.abs(shown(png(cicp(12, 13), srgb, linear)) - as_p3).max() <= 2
    assert np.abs(shown(png(cicp(12, 13), icc_profile=srgb_profile())) - as_p3).max() <= 2
    assert np.array_equal(shown(png(srgb, linear)), COLOURS)
    assert np.array_equal(shown(png(linear, icc_profile=srgb_profile())), COLOURS)
    assert np.abs(shown(png(linear)) - in_srgb(COLOURS, p3, TO_LIGHT[8])).max() <= 2


@pytest.mark.parametrize("gamma", [1.0, 1 / 1.8, 1 / 1.4])
def test_a_gamma_is_converted(gamma: float):
    expected = in_srgb(COLOURS, PRIMARIES[1], lambda v: v ** (1 / gamma))
    assert np.abs(shown(png(gama(gamma))) - expected).max() <= 2
    grey = Image.fromarray(COLOURS[..., 1])
    out = io.BytesIO()
    grey.save(out, "PNG")
    data = out.getvalue()[:33] + gama(gamma) + out.getvalue()[33:]
    expected = in_srgb(np.asarray(grey)[..., None].repeat(3, axis=2), PRIMARIES[1], lambda v: v ** (1 / gamma))
    assert np.abs(shown(data) - expected).max() <= 2


def test_primaries_are_converted_whether_or_not_a_gamma_is_beside_them():
    expected = in_srgb(COLOURS, PRIMARIES[12], TO_LIGHT[13])
    for chunks in ([chrm(PRIMARIES[12])], [gama(0.45455), chrm(PRIMARIES[12])]):
        assert np.abs(shown(png(*chunks)) - expected).max() <= 2


@pytest.mark.parametrize(
    "chunks",
    [
        [gama(0.45455)],
        [gama(0.45455), chrm(PRIMARIES[1])],
        [gama(0)],
        [chrm([(0, 0)] * 3)],
        [chrm([(0.3, 0.3)] * 3)],
        [chunk(b"cHRM", b"short")],
        [chunk(b"cICP", b"\x0c")],
    ],
)
def test_what_means_srgb_or_nothing_changes_nothing(chunks: list[bytes]):
    assert np.array_equal(shown(png(*chunks)), COLOURS)


def test_an_open_heic_picture_is_converted_as_its_file_is():
    data = heic(12, 13)
    with pytest.importorskip("pillow_heif").HeifImageFile(io.BytesIO(data)) as image:
        assert np.array_equal(np.asarray(open_image(image)), shown(data))


def test_an_open_picture_is_converted_as_its_file_is_and_left_as_it_was():
    for data in (png(cicp(12, 13)), avif(12, 13)):
        with Image.open(io.BytesIO(data)) as image:
            assert np.array_equal(np.asarray(open_image(image)), shown(data))
            assert np.abs(np.asarray(image.convert("RGB")).astype(int) - COLOURS).max() <= 1


def test_an_icc_profile_in_avif_goes_before_its_numbers():
    out = io.BytesIO()
    Image.fromarray(COLOURS).save(out, "AVIF", quality=100, subsampling="4:4:4", icc_profile=srgb_profile())
    assert np.abs(shown(out.getvalue()) - COLOURS).max() <= 3


def test_wide_avif_without_the_extra_names_the_pip_line_and_plain_avif_needs_none(monkeypatch):
    wide, plain = avif(12, 13), avif(1, 13)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert np.abs(shown(plain) - COLOURS).max() <= 1
    with pytest.raises(MissingExtraError, match=r"dermtools\[formats\]"):
        open_image(wide)
