from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dermtools.errors import ImageError
from dermtools.images import ImageLimits, encode_jpeg, open_image


def picture(width: int = 48, height: int = 36) -> Image.Image:
    """Smooth, with all four corners different, so that turns, mirrors and colour errors show."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    pixels = np.stack([255 * x / width, 255 * y / height, 60 + 120 * (x / width) * (y / height)], axis=-1)
    return Image.fromarray(pixels.astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def refusal(source, **options) -> str:
    with pytest.raises(ImageError) as caught:
        open_image(source, **options)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert len(message) < 600
    return message


def test_a_missing_file_a_folder_and_a_dangling_link_are_named(tmp_path: Path):
    (tmp_path / "link.jpg").symlink_to(tmp_path / "gone.jpg")
    for name in ("none.jpg", "link.jpg"):
        assert f"{tmp_path / name}: no such file" in refusal(tmp_path / name)
    assert f"{tmp_path}: a folder" in refusal(tmp_path)


def test_a_pipe_or_device_is_refused_without_waiting_for_it(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "not a regular file" in refusal(tmp_path / "pipe.jpg")
    assert "not a regular file" in refusal("/dev/zero")


def test_a_web_address_is_refused_with_what_to_do():
    assert "download" in refusal("https://example.org/a.jpg")


@pytest.mark.parametrize("path", ["a\0b.jpg", "line\nbreak.jpg", "x" * 100_000, ""])
def test_an_impossible_path_is_one_short_line(path: str):
    refusal(path)


def test_something_else_than_a_picture_source_is_refused():
    assert "NoneType" in refusal(None)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"This is a letter.\n" * 9, "text"),
        (b"%PDF-1.7 \x00\xfe", "another format"),
        (b"8BPS\0\x01" + bytes(60), "another format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "text"),
    ],
)
def test_a_file_that_is_no_readable_picture_is_named_with_what_it_looks_like(tmp_path: Path, data: bytes, reason: str):
    (tmp_path / "a.jpg").write_bytes(data)
    message = refusal(tmp_path / "a.jpg")
    assert message.startswith(f"{tmp_path / 'a.jpg'}: ")
    assert reason in message


def test_bytes_are_named_by_their_number_or_by_the_given_name():
    assert refusal(b"12345").startswith("5 bytes: ")
    assert refusal(b"12345", name="case:p1_2").startswith("case:p1_2: ")


def test_a_huge_png_of_one_colour_is_refused_before_decoding(tmp_path: Path):
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0),
        b"IDAT": zlib.compress(bytes(30_000 * (1 + 30_000 // 8)), 1),
        b"IEND": b"",
    }
    parts = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks.items()
    ]
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    assert (tmp_path / "bomb.png").stat().st_size < 2_000_000
    message = refusal(tmp_path / "bomb.png")
    assert "bomb.png: 30,000 x 30,000 pixels" in message


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
def test_the_limit_on_pixels_holds_for_every_format(kind: str):
    data = encoded(picture(), kind)
    open_image(data, limits=ImageLimits(max_pixels=48 * 36))
    assert "48 x 36 pixels" in refusal(data, limits=ImageLimits(max_pixels=48 * 36 - 1))


def test_the_limit_on_pixels_holds_for_open_pictures_too():
    assert "more than the 10 allowed" in refusal(picture(), limits=ImageLimits(max_pixels=10))


def test_a_limit_above_the_one_of_pillow_holds_without_a_warning(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    for kind in ("JPEG", "PNG", "BMP", "GIF", "TIFF"):
        if kind in {"GIF", "TIFF"}:  # these ask Pillow's limit again while decoding, and refuse at twice of it
            monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
        assert open_image(encoded(picture(), kind)).size == (48, 36)


def test_the_limit_on_bytes_is_checked_before_reading(tmp_path: Path):
    with (tmp_path / "sparse.jpg").open("wb") as file:
        file.truncate(1 << 40)
    assert "1,099,511,627,776 bytes" in refusal(tmp_path / "sparse.jpg")
    assert "allowed" in refusal(b"x" * 101, limits=ImageLimits(max_bytes=100))
    assert "allowed" in refusal("data:;base64," + "A" * 1000, limits=ImageLimits(max_bytes=100))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
@pytest.mark.parametrize("min_side", [None, 32])
def test_a_truncated_file_is_refused_and_never_filled_up(kind: str, min_side: int | None):
    noise = np.random.default_rng(0).integers(0, 256, (90, 120, 3)).astype(np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    for cut in (len(data) // 3, len(data) * 9 // 10, len(data) - 40):
        refusal(data[:cut], min_side=min_side)


def test_a_zero_sized_picture_is_refused():
    bmp = bytearray(encoded(picture(), "BMP"))
    bmp[18:22] = bytes(4)
    assert "no pixels" in refusal(bytes(bmp))
    assert "nothing to see" in refusal(Image.new("RGB", (0, 5)))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("data:image/png;base64", "no comma"),
        ("data:image/png;base64,", "empty"),
        ("data:image/png;base64,@@@@", "broken base64"),
        ("data:image/png;base64,abc", "broken base64"),
        ("data:text/plain,hello%20there", "text"),
    ],
)
def test_a_malformed_data_url_is_refused_without_repeating_it(url: str, reason: str):
    message = refusal(url)
    assert message.startswith("data URL: ")
    assert reason in message


def test_an_open_picture_that_is_truncated_is_refused():
    jpeg = encoded(picture(300, 300), "JPEG")
    assert "truncated" in refusal(Image.open(io.BytesIO(jpeg[:-200])))


def test_a_senseless_min_side_is_refused():
    assert "min_side" in refusal(encoded(picture(), "JPEG"), min_side=0)


@pytest.mark.parametrize("options", [{"max_side": 0}, {"quality": 0}, {"quality": 101}])
def test_senseless_encoding_options_are_refused(options: dict[str, int]):
    with pytest.raises(ImageError, match="max_side must be"):
        encode_jpeg(picture(), **options)


def test_an_empty_picture_cannot_be_encoded():
    with pytest.raises(ImageError, match="nothing to encode"):
        encode_jpeg(Image.new("RGB", (0, 0)))


VALID = {kind: encoded(picture(64, 40), kind) for kind in ("JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP")}


@given(st.sampled_from(sorted(VALID)), st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=8), st.data())
@settings(max_examples=200, deadline=None)
def test_damaged_bytes_open_or_raise_image_error_and_nothing_else(kind: str, changes, data):
    damaged = bytearray(VALID[kind])
    for position, value in changes:
        damaged[position % len(damaged)] = value
    cut = data.draw(st.integers(0, len(damaged)))
    try:
        opened = open_image(bytes(damaged[:cut] if cut % 3 == 0 else damaged))
    except ImageError as error:
        outcome = str(error)
    else:
        outcome = opened.mode
    assert len(outcome.splitlines()) == 1


@given(st.binary(max_size=400), st.sampled_from([b"", *[data[:20] for data in VALID.values()]]))
@settings(max_examples=100, deadline=None)
def test_random_bytes_raise_image_error_and_nothing_else(tail: bytes, head: bytes):
    with pytest.raises(ImageError):
        open_image(head + tail)
