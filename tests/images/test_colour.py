from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from dermtools.images import open_image
from dermtools.images.colour import scale_to_8_bit

GRADIENT = np.linspace(0, 255, 60).astype(np.uint8)[None, :].repeat(20, axis=0)
RGB = Image.fromarray(np.stack([GRADIENT, GRADIENT[:, ::-1], 255 - GRADIENT // 2], axis=-1))


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def pixels(source, **options) -> np.ndarray:
    opened = open_image(source, **options)
    assert opened.mode == "RGB"
    assert opened.info == {}
    return np.asarray(opened).astype(int)


def matrix_profile(red, green, blue, gamma: float) -> bytes:
    """ICC v2 display profile from three XYZ primaries (D50) and one gamma."""

    def fixed(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(values) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(map(fixed, values))

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    text = b"wide gamut\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78 + 1)
    tags = {
        b"desc": description,
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": xyz((0.9642, 1.0, 0.8249)),
        b"rXYZ": xyz(red),
        b"gXYZ": xyz(green),
        b"bXYZ": xyz(blue),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body, offset = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        table += name + struct.pack(">II", offset + len(body), len(content))
        body += content
    header = struct.pack(
        ">I4sI4s4s4s12s4s",
        132 + 12 * len(tags) + len(body),
        b"",
        0x02100000,
        b"mntr",
        b"RGB ",
        b"XYZ ",
        bytes(12),
        b"acsp",
    )
    header += bytes(28) + b"".join(map(fixed, (0.9642, 1.0, 0.8249)))
    return header.ljust(128, b"\0") + table + body


ADOBE_RGB = np.array([(0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)])
SRGB = np.array([(0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)])
WIDE = matrix_profile(*ADOBE_RGB, gamma=2.19921875)


def adobe_to_srgb(values: np.ndarray) -> np.ndarray:
    """The same conversion by hand, clipped to the gamut of sRGB."""
    linear = np.clip((values / 255) ** 2.19921875 @ ADOBE_RGB @ np.linalg.inv(SRGB), 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_a_wide_gamut_profile_is_converted_to_srgb(kind: str):
    options = {"lossless": True} if kind == "WEBP" else {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    expected = adobe_to_srgb(np.asarray(RGB, dtype=float))
    assert np.abs(expected - np.asarray(RGB)).max() > 30
    assert np.abs(pixels(encoded(RGB, kind, icc_profile=WIDE, **options)) - expected).mean() < 2


def test_a_profile_is_converted_beneath_transparency_too():
    image = RGB.convert("RGBA")
    image.putalpha(Image.fromarray(np.where(GRADIENT < 128, 0, 255).astype(np.uint8)))
    opened = pixels(encoded(image, "PNG", icc_profile=WIDE))
    expected = np.where((GRADIENT < 128)[..., None], 255, adobe_to_srgb(np.asarray(RGB, dtype=float)))
    assert np.abs(opened - expected).mean() < 2


def test_a_grey_or_palette_picture_with_a_colour_profile_is_converted():
    grey = Image.fromarray(GRADIENT)
    expected = adobe_to_srgb(np.asarray(grey.convert("RGB"), dtype=float))
    for image in (grey, grey.convert("P")):
        assert np.abs(pixels(encoded(image, "PNG", icc_profile=WIDE)) - expected).max() <= 3


def test_an_srgb_profile_changes_nothing():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(pixels(encoded(RGB, "PNG", icc_profile=profile)), np.asarray(RGB))


@pytest.mark.parametrize(
    "profile",
    [b"", b"not a profile", WIDE[:200], bytes(128), ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()],
)
def test_a_broken_or_unfitting_profile_is_ignored(profile: bytes):
    assert np.array_equal(pixels(encoded(RGB, "PNG", icc_profile=profile)), np.asarray(RGB))


def test_transparency_of_every_kind_is_laid_on_white():
    mask = Image.fromarray(np.where(GRADIENT < 128, 0, 255).astype(np.uint8))
    clear = GRADIENT < 128
    for mode in ("RGBA", "LA", "RGBa", "PA"):
        image = Image.new("RGB", mask.size, (51, 51, 51)).convert("P" if mode == "PA" else "RGB")
        image = image.convert("PA") if mode == "PA" else image.convert("LA" if mode == "LA" else "RGBA")
        image.putalpha(mask)
        opened = pixels(image.convert(mode))
        assert (opened[clear] == 255).all(), mode
        assert np.abs(opened[~clear] - 51).max() <= 1, mode


def test_half_transparent_pixels_are_mixed_with_white():
    assert np.abs(pixels(encoded(Image.new("RGBA", (4, 4), (0, 0, 0, 128)), "PNG")) - 127).max() <= 1


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_palette_colour_is_white(kind: str):
    image = Image.new("P", (8, 8))
    image.putpalette([200, 0, 0, 0, 0, 200] + [0] * 762)
    image.paste(1, (4, 0, 8, 8))
    opened = pixels(encoded(image, kind, transparency=0))
    assert (opened[:, :4] == 255).all()
    assert (opened[:, 4:] == (0, 0, 200)).all()


def test_palette_colours_with_their_own_transparency_are_laid_on_white():
    image = Image.new("P", (8, 8))
    image.putpalette([0, 0, 0] * 256)
    assert np.abs(pixels(encoded(image, "PNG", transparency=bytes([128] * 256))) - 127).max() <= 1


def test_a_transparent_grey_or_rgb_value_is_white():
    for image, value in ((Image.new("L", (8, 8), 30), 30), (Image.new("RGB", (8, 8), (1, 2, 3)), (1, 2, 3))):
        image.paste(90 if image.mode == "L" else (90, 90, 90), (4, 0, 8, 8))
        opened = pixels(encoded(image, "PNG", transparency=value))
        assert (opened[:, :4] == 255).all()
        assert (opened[:, 4:] == 90).all()
    sixteen = Image.fromarray(np.array([[1000, 1001, 40000, 65535]], dtype=np.uint16))
    assert (pixels(encoded(sixteen, "PNG", transparency=1000))[0, :, 0] == (255, 4, 156, 255)).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBX", "YCbCr", "HSV"])
def test_grey_bit_palette_and_other_colour_modes_become_rgb(mode: str):
    image = Image.fromarray(np.where(GRADIENT < 128, 0, 255).astype(np.uint8)).convert("RGB").convert(mode)
    assert np.abs(pixels(image) - np.where(GRADIENT < 128, 0, 255)[..., None]).max() <= 2


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_and_not_clipped(kind: str):
    values = np.linspace(0, 65535, 256).astype(np.uint16)[None, :]
    assert np.array_equal(pixels(encoded(Image.fromarray(values), kind))[0, :, 1], np.arange(256))


def test_16_bit_rgb_keeps_its_range():
    import zlib

    values = np.linspace(0, 65535, 256).astype(">u2")
    rows = b"\0" + np.stack([values, values[::-1], values], axis=-1).tobytes()
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 256, 1, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )
    opened = pixels(png)
    assert np.abs(opened[0, :, 0] - np.arange(256)).max() <= 1
    assert np.abs(opened[0, :, 1] - np.arange(256)[::-1]).max() <= 1


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0, 3000000.0])
def test_floats_are_scaled_from_the_range_that_holds_them(top: float):
    values = np.linspace(0, top, 256, dtype=np.float32)[None, :]
    assert np.abs(pixels(encoded(Image.fromarray(values), "TIFF"))[0, :, 0] - np.arange(256)).max() <= 1


@pytest.mark.parametrize("top", [255, 65535, 1 << 30])
def test_32_bit_integers_are_scaled_from_the_range_that_holds_them(top: int):
    values = np.linspace(0, top, 256).astype(np.int32)[None, :]
    assert np.abs(pixels(encoded(Image.fromarray(values), "TIFF"))[0, :, 0] - np.arange(256)).max() <= 1


def test_negative_values_are_stretched_and_missing_ones_black():
    values = np.array([[-10.0, 0.0, 10.0, np.nan, np.inf]], dtype=np.float32)
    assert pixels(Image.fromarray(values))[0, :, 0].tolist() == [0, 128, 255, 0, 255]
    assert pixels(Image.fromarray(np.full((2, 2), np.nan, dtype=np.float32))).max() == 0


def test_a_constant_picture_survives_scaling():
    assert scale_to_8_bit(np.full((2, 2), 7.0), 7.0, 7.0).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_has_its_colours_and_not_their_inverse(kind: str):
    image = Image.new("RGB", (32, 32), (200, 120, 90)).convert("CMYK")
    assert np.abs(pixels(encoded(image, kind)) - (200, 120, 90)).max() <= 4


def test_lab_has_its_colours():
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    image = ImageCms.profileToProfile(Image.new("RGB", (16, 16), (200, 120, 90)), srgb, lab, outputMode="LAB")
    assert np.abs(pixels(image) - (200, 120, 90)).max() <= 3
    assert np.abs(pixels(encoded(image, "TIFF")) - (200, 120, 90)).max() <= 3
