from __future__ import annotations

import base64
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dermtools.images import data_url, encode_jpeg, open_image, read_bytes


def picture(width: int = 48, height: int = 36) -> Image.Image:
    """Smooth, with all four corners different, so that turns, mirrors and colour errors show."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    pixels = np.stack([255 * x / width, 255 * y / height, 60 + 120 * (x / width) * (y / height)], axis=-1)
    return Image.fromarray(pixels.astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def difference(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)).max())


VALID = {kind: encoded(picture(64, 40), kind) for kind in ("JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP")}


# Where a picture may come from


def test_path_text_path_bytes_data_url_and_open_picture_give_the_same_pixels(tmp_path: Path):
    png = encoded(picture(), "PNG")
    (tmp_path / "a.png").write_bytes(png)
    url = "data:image/png;base64," + base64.b64encode(png).decode()
    for source in (tmp_path / "a.png", str(tmp_path / "a.png"), png, url, picture()):
        opened = open_image(source)
        assert opened.mode == "RGB"
        assert difference(opened, picture()) == 0


def test_content_decides_and_not_the_name_of_the_file(tmp_path: Path):
    (tmp_path / "photo.jpg").write_bytes(encoded(picture(), "PNG"))
    assert difference(open_image(tmp_path / "photo.jpg"), picture()) == 0


@pytest.mark.parametrize(
    "url",
    [
        "DATA:image/png;BASE64,{base64}",
        "data:;base64,{base64}",
        "data:image/png;base64,{wrapped}",
        "data:image/png;base64,{escaped}",
        "data:image/png,{percent}",
    ],
)
def test_data_urls_are_read_in_every_spelling(url: str):
    png = encoded(picture(), "PNG")
    plain = base64.b64encode(png).decode()
    spelled = url.format(
        base64=plain,
        wrapped="\n".join(plain[i : i + 60] for i in range(0, len(plain), 60)),
        escaped=plain.replace("+", "%2B").replace("=", "%3D"),
        percent="".join(f"%{byte:02x}" for byte in png),
    )
    assert read_bytes(spelled) == png


def test_an_open_picture_is_left_as_it_is_and_a_new_one_returned():
    image = picture()
    image.info["comment"] = b"name of the patient"
    opened = open_image(image)
    opened.putpixel((0, 0), (9, 9, 9))
    assert image.info == {"comment": b"name of the patient"}
    assert image.getpixel((0, 0)) != (9, 9, 9)


def test_a_symbolic_link_is_followed(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(encoded(picture(), "PNG"))
    (tmp_path / "link.png").symlink_to(tmp_path / "a.png")
    assert difference(open_image(tmp_path / "link.png"), picture()) == 0


# Reduced decoding


@pytest.mark.parametrize("size", [(800, 600), (600, 800), (801, 599), (1000, 130), (64, 64), (37, 999)])
@pytest.mark.parametrize("min_side", [1, 16, 64, 100, 150, 512])
def test_a_reduced_jpeg_keeps_its_shorter_side_and_is_never_enlarged(size: tuple[int, int], min_side: int):
    opened = open_image(encoded(picture(*size), "JPEG"), min_side=min_side)
    assert min(opened.size) >= min(min_side, min(size))
    assert opened.width <= size[0]
    assert opened.height <= size[1]
    assert opened.width / opened.height == pytest.approx(size[0] / size[1], rel=0.12)


def test_a_large_jpeg_is_decoded_at_an_eighth_where_that_is_enough():
    jpeg = encoded(picture(1600, 1200), "JPEG", quality=95)
    assert open_image(jpeg, min_side=150).size == (200, 150)
    assert open_image(jpeg, min_side=151).size == (400, 300)
    assert open_image(jpeg).size == (1600, 1200)
    assert difference(open_image(jpeg, min_side=150), picture(1600, 1200).resize((200, 150), Image.Resampling.BOX)) < 12


def test_other_formats_are_decoded_whole():
    assert open_image(encoded(picture(400, 300), "PNG"), min_side=10).size == (400, 300)


# What leaves


def test_an_encoded_jpeg_carries_no_metadata():
    image = picture()
    image.info.update(comment=b"name", icc_profile=b"profile", exif=b"Exif\0\0II*\0", dpi=(300, 300))
    jpeg = encode_jpeg(image)
    opened = Image.open(io.BytesIO(jpeg))
    assert set(opened.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert opened.info["jfif_unit"] == 0
    assert not opened.getexif()
    assert [name for name, _ in opened.applist] == ["APP0"]


@pytest.mark.parametrize(
    ("size", "expected"),
    [((2000, 1000), (512, 256)), ((300, 200), (300, 200)), ((10, 9000), (1, 512)), ((1024, 1023), (512, 512))],
)
def test_an_encoded_jpeg_fits_and_is_never_enlarged(size: tuple[int, int], expected: tuple[int, int]):
    assert Image.open(io.BytesIO(encode_jpeg(Image.new("RGB", size)))).size == expected


def test_encoding_is_deterministic_and_close_to_the_picture():
    jpeg = encode_jpeg(picture(900, 700), max_side=450)
    assert jpeg == encode_jpeg(picture(900, 700), max_side=450)
    assert difference(open_image(jpeg), picture(900, 700).resize((450, 350), Image.Resampling.BOX)) < 12


def test_encoding_brings_other_modes_to_rgb():
    assert Image.open(io.BytesIO(encode_jpeg(Image.new("RGBA", (9, 9), (255, 0, 0, 0))))).getpixel((4, 4)) > (250,) * 3
    assert Image.open(io.BytesIO(encode_jpeg(Image.new("I;16", (9, 9), 65535)))).getpixel((4, 4)) > (250,) * 3


def test_a_data_url_reads_back():
    jpeg = encode_jpeg(picture())
    assert data_url(jpeg).startswith("data:image/jpeg;base64,/9j/")
    assert read_bytes(data_url(jpeg)) == jpeg


def test_many_threads_open_the_same_pictures_alike():
    expected = {kind: np.asarray(open_image(data)).tobytes() for kind, data in VALID.items()}
    barrier = threading.Barrier(8)

    def work(_: int) -> bool:
        barrier.wait()
        return all(np.asarray(open_image(data)).tobytes() == expected[kind] for kind, data in VALID.items())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
