from __future__ import annotations

import io
import struct
from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dermtools.errors import ImageError
from dermtools.images import content_hash, open_image
from dermtools.images.kinds import FORMATS, SUFFIXES, format_of

# Every name and ending as the people who made the formats register them.
NAMES = ["JPEG", "PNG", "WebP", "AVIF", "JPEG 2000", "BMP", "TIFF", "GIF", "HEIC", "DICOM"]


def encoded(kind: str, **options) -> bytes:
    out = io.BytesIO()
    image = Image.linear_gradient("L").convert("RGB").resize((48, 36))
    image.save(out, kind, **options)
    return out.getvalue()


def file_type(major: bytes, *compatible: bytes) -> bytes:
    body = major + bytes(4) + b"".join(compatible)
    return struct.pack(">I", 8 + len(body)) + b"ftyp" + body + bytes(100)


@pytest.mark.parametrize(
    ("kind", "options", "name"),
    [
        ("JPEG", {}, "JPEG"),
        ("PNG", {}, "PNG"),
        ("WEBP", {}, "WebP"),
        ("AVIF", {}, "AVIF"),
        ("JPEG2000", {}, "JPEG 2000"),
        ("JPEG2000", {"no_jp2": True}, "JPEG 2000"),
        ("BMP", {}, "BMP"),
        ("TIFF", {}, "TIFF"),
        ("GIF", {}, "GIF"),
    ],
)
def test_the_content_tells_the_format_and_the_picture_is_opened(kind: str, options, name: str):
    data = encoded(kind, **options)
    assert format_of(data) == name
    opened, expected = open_image(data), Image.open(io.BytesIO(data)).convert("RGB")
    assert opened.size == expected.size == (48, 36)
    assert max(top for _, top in opened.getextrema()) > 200
    assert len(content_hash(data)) == 64


@pytest.mark.parametrize(
    ("major", "compatible", "name"),
    [
        (b"avif", [b"mif1", b"miaf"], "AVIF"),
        (b"avis", [b"msf1", b"avif"], "AVIF"),
        (b"mif1", [b"avif", b"miaf"], "AVIF"),
        (b"mif1", [b"miaf", b"MA1B", b"avif"], "AVIF"),
        (b"heic", [b"mif1"], "HEIC"),
        (b"mif1", [b"heic", b"miaf"], "HEIC"),
        (b"miaf", [b"mif1", b"heix"], "HEIC"),
        (b"msf1", [b"hevc"], "HEIC"),
        (b"mif1", [], "HEIC"),
        (b"isom", [b"mp41", b"avc1"], None),
        (b"qt  ", [], None),
    ],
)
def test_a_general_major_brand_leaves_it_to_the_compatible_ones(
    major: bytes, compatible: list[bytes], name: str | None
):
    assert format_of(file_type(major, *compatible)) == name


def test_an_avif_file_with_a_general_major_brand_is_opened():
    data = encoded("AVIF").replace(b"ftypavif", b"ftypmif1", 1)
    assert open_image(data).size == (48, 36)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_avif_is_opened_upright(orientation: int):
    upright = Image.new("RGB", (48, 32), (20, 20, 20))
    upright.paste((220, 30, 30), (0, 0, 48, 8))
    turn = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    tags, out = Image.Exif(), io.BytesIO()
    tags[0x0112] = orientation
    (upright.transpose(turn[orientation]) if orientation in turn else upright).save(out, "AVIF", exif=tags, quality=95)
    opened = open_image(out.getvalue())
    assert opened.size == upright.size
    assert opened.getpixel((24, 2))[0] > 180
    assert opened.getpixel((24, 28))[0] < 60


def test_the_message_about_another_file_names_every_format():
    with pytest.raises(ImageError) as caught:
        open_image(b"%PDF-1.7 \x00\xfe")
    assert FORMATS in str(caught.value)
    assert f"{', '.join(NAMES[:-1])} or {NAMES[-1]}" == FORMATS


def test_every_ending_that_pillow_or_pillow_heif_writes_for_these_formats_is_known():
    Image.init()
    kinds = {"JPEG", "PNG", "WEBP", "AVIF", "JPEG2000", "BMP", "TIFF", "GIF"}
    known = {suffix for suffix, kind in Image.registered_extensions().items() if kind in kinds}
    videos_and_odd = {".apng", ".dib", ".avifs"}
    assert known - videos_and_odd <= SUFFIXES
    assert {".heic", ".heif", ".hif", ".dcm"} <= SUFFIXES
    assert all(PurePath(f"a{suffix}").suffix == suffix for suffix in SUFFIXES)


@pytest.mark.parametrize("kind", ["AVIF", "JPEG2000"])
def test_a_truncated_file_is_refused(kind: str):
    data = encoded(kind)
    for cut in (len(data) // 3, len(data) - 30):
        with pytest.raises(ImageError, match="damaged, truncated or unusual"):
            open_image(data[:cut])


@given(st.binary(max_size=60), st.integers(0, 2**32 - 1))
def test_any_file_type_box_has_an_answer(brands: bytes, length: int):
    data = struct.pack(">I", length) + b"ftyp" + brands
    assert format_of(data) in {"AVIF", "HEIC", None}


def test_the_page_on_ingesting_names_the_formats_as_the_messages_do():
    assert FORMATS in (Path(__file__).parents[2] / "docs/how-to/ingesting.md").read_text(encoding="utf-8")
