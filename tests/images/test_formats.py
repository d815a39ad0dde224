from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from dermtools.errors import ImageError, MissingExtraError
from dermtools.images import jpeg_size, open_image

# Left half dark, right half light, a red stripe on top: no turn or mirror leaves it alone.
PIXELS = np.full((40, 64, 3), 60, dtype=np.uint8)
PIXELS[:, 32:] = 200
PIXELS[:8] = (220, 20, 20)
UPRIGHT = Image.fromarray(PIXELS)

# How a camera held that way stores the upright picture: the inverse of what the tag asks for.
STORED = {
    1: UPRIGHT,
    2: UPRIGHT.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    3: UPRIGHT.transpose(Image.Transpose.ROTATE_180),
    4: UPRIGHT.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    5: UPRIGHT.transpose(Image.Transpose.TRANSPOSE),
    6: UPRIGHT.transpose(Image.Transpose.ROTATE_90),
    7: UPRIGHT.transpose(Image.Transpose.TRANSVERSE),
    8: UPRIGHT.transpose(Image.Transpose.ROTATE_270),
}


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


def assert_same(opened: Image.Image, expected: Image.Image, tolerance: float = 0) -> None:
    assert opened.size == expected.size
    assert opened.mode == "RGB"
    assert opened.info == {}
    difference = np.abs(np.asarray(opened, dtype=float) - np.asarray(expected.convert("RGB"), dtype=float))
    assert difference.mean() <= tolerance


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_exif_orientation_is_applied(orientation: int, kind: str):
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(STORED[orientation], kind, exif=exif(orientation), **options)
    assert_same(open_image(data), UPRIGHT, tolerance=4 if kind == "JPEG" else 0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_to_a_reduced_jpeg_and_an_open_picture(orientation: int):
    data = encoded(STORED[orientation], "JPEG", exif=exif(orientation))
    assert_same(open_image(data, min_side=20), UPRIGHT.resize((32, 20), Image.Resampling.BOX), tolerance=4)
    assert_same(open_image(Image.open(io.BytesIO(data))), UPRIGHT, tolerance=4)


@pytest.mark.parametrize(
    "tag", [b"", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0XX", b"MM\0*\0\0\0\x08\0\x09"]
)
def test_damaged_exif_data_mean_upright_and_no_warning(tag: bytes):
    assert_same(open_image(encoded(UPRIGHT, "PNG", exif=tag)), UPRIGHT)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_means_upright(orientation: int):
    assert_same(open_image(encoded(UPRIGHT, "PNG", exif=exif(orientation))), UPRIGHT)


def test_damaged_tags_beside_the_orientation_do_not_hide_it_or_warn():
    # Big-endian directory: orientation 3, and an X resolution that points far outside.
    body = struct.pack(">HHHIHHHHIII", 2, 0x0112, 3, 1, 3, 0, 0x011A, 5, 1, 0xFFFFFF00, 0)
    tiff = b"Exif\0\0MM\0*\0\0\0\x08" + body
    assert_same(open_image(encoded(STORED[3], "JPEG", exif=tiff)), UPRIGHT, tolerance=4)


def test_the_first_frame_of_an_animated_gif_png_and_webp_is_opened():
    other = Image.new("RGB", UPRIGHT.size, (0, 255, 0))
    for kind, tolerance in (("GIF", 3), ("PNG", 0), ("WEBP", 0)):
        options = {"lossless": True} if kind == "WEBP" else {}
        data = encoded(UPRIGHT, kind, save_all=True, append_images=[other, other], duration=50, **options)
        assert_same(open_image(data), UPRIGHT, tolerance=tolerance)


def test_the_first_page_of_a_tiff_is_opened():
    data = encoded(UPRIGHT, "TIFF", save_all=True, append_images=[Image.new("L", (9, 9))], compression="tiff_lzw")
    assert_same(open_image(data), UPRIGHT)


def test_the_first_picture_of_a_multi_picture_jpeg_is_opened():
    other = Image.new("RGB", (20, 20), (0, 255, 0))
    assert_same(open_image(encoded(UPRIGHT, "MPO", save_all=True, append_images=[other])), UPRIGHT, tolerance=4)


def test_broken_animation_data_in_a_png_are_neither_fatal_nor_a_warning():
    png = encoded(UPRIGHT, "PNG")
    body = bytes(8)
    broken = struct.pack(">I", 8) + b"acTL" + body + struct.pack(">I", zlib.crc32(b"acTL" + body))
    assert_same(open_image(png[:33] + broken + png[33:]), UPRIGHT)


def test_a_text_bomb_in_a_png_is_not_unpacked():
    body = b"Comment\0\0" + zlib.compress(bytes(80_000_000), 9)
    bomb = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    png = encoded(UPRIGHT, "PNG")
    assert_same(open_image(png[:33] + bomb + png[33:]), UPRIGHT)


def test_damaged_pixels_of_a_png_are_an_image_error():
    png = bytearray(encoded(UPRIGHT, "PNG"))
    png[-30] ^= 0xFF
    with pytest.raises(ImageError, match="damaged, truncated or unusual PNG"):
        open_image(bytes(png))


@pytest.mark.parametrize("orientation", [1, 6])
def test_heic_is_opened_upright(orientation: int):
    pillow_heif = pytest.importorskip("pillow_heif")
    heif = pillow_heif.from_pillow(STORED[orientation])
    out = io.BytesIO()
    heif.save(out, quality=95, exif=exif(orientation).tobytes())
    assert out.getvalue()[4:12] == b"ftypheic"
    assert_same(open_image(out.getvalue()), UPRIGHT, tolerance=4)
    with pytest.raises(ImageError, match="truncated or unusual HEIC"):
        open_image(out.getvalue()[:-300])


def test_opening_a_heic_file_leaves_the_formats_of_pillow_alone():
    pillow_heif = pytest.importorskip("pillow_heif")
    out = io.BytesIO()
    pillow_heif.from_pillow(UPRIGHT).save(out)
    open_image(out.getvalue())
    assert "HEIF" not in Image.OPEN


@pytest.mark.parametrize(
    ("module", "start"), [("pillow_heif", b"\0\0\0\x18ftypheic"), ("pydicom", bytes(128) + b"DICM")]
)
def test_a_format_of_the_extra_names_the_pip_line_where_it_is_missing(monkeypatch, module: str, start: bytes):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"{module} is not installed; run: pip install 'dermtools\[formats\]'"):
        open_image(start + bytes(200))


def test_importing_loads_no_optional_dependency():
    code = "import sys, dermtools.images; print(sorted({'pillow_heif', 'pydicom', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_size_of_a_jpeg_is_its_upright_size(orientation: int):
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    Image.new("RGB", (60, 40)).save(out, "JPEG", exif=exif)
    assert jpeg_size(out.getvalue()) == open_image(out.getvalue()).size


def test_the_size_of_what_is_no_jpeg_is_an_image_error():
    with pytest.raises(ImageError, match=r"9 bytes: no JPEG, or damaged"):
        jpeg_size(b"no JPEG..")
