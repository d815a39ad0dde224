from __future__ import annotations

import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from dermtools.images.content import content_hash

NOISE = Image.fromarray(np.random.default_rng(3).integers(0, 256, (60, 80, 3)).astype(np.uint8))
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def encoded(kind: str, **options) -> bytes:
    out = io.BytesIO()
    NOISE.save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010E] = "left forearm of a patient"
    return tags.tobytes()


def segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"quality": 30}])
def test_a_jpeg_without_exif_profile_comment_and_resolution_is_the_same_content(options):
    rich = encoded("JPEG", exif=exif(6), icc_profile=PROFILE, comment="a name", dpi=(300, 300), **options)
    plain = encoded("JPEG", **options)
    assert len(rich) > len(plain)
    assert content_hash(rich) == content_hash(plain)


def test_what_follows_the_end_of_a_jpeg_is_not_content():
    assert content_hash(encoded("JPEG") + b"trailer of a phone\xff\xd8\xff") == content_hash(encoded("JPEG"))


def test_the_adobe_marker_is_content_since_it_changes_the_colours():
    jpeg = encoded("JPEG")
    after_jfif = 2 + len(segment(0xE0, bytes(14)))  # a decoder that sees JFIF does not look for Adobe
    adobe = jpeg[:2] + segment(0xEE, b"Adobe\0d\0\0\0\0\0") + jpeg[after_jfif:]
    other = jpeg[:2] + segment(0xEE, b"something else") + jpeg[2:]
    assert content_hash(adobe) != content_hash(jpeg)
    assert content_hash(other) == content_hash(jpeg)
    assert np.any(np.asarray(Image.open(io.BytesIO(adobe))) != np.asarray(Image.open(io.BytesIO(jpeg))))


def test_a_png_without_text_time_exif_profile_and_resolution_is_the_same_content():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Description", "a name")
    notes.add_itxt("Comment", "more", zip=True)
    notes.add(b"tIME", bytes(7))
    rich = encoded("PNG", pnginfo=notes, exif=exif(3), icc_profile=PROFILE, dpi=(72, 72))
    assert content_hash(rich) == content_hash(encoded("PNG"))


def test_transparency_of_a_png_is_content():
    png = encoded("PNG")
    transparent = png[:33] + chunk(b"tRNS", struct.pack(">HHH", 1, 2, 3)) + png[33:]
    assert content_hash(transparent) != content_hash(png)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_other_pixels_are_other_content(kind: str):
    out = io.BytesIO()
    pixels = np.array(NOISE)
    pixels[30, 30] = 255 - pixels[30, 30]
    Image.fromarray(pixels).save(out, kind)
    assert content_hash(out.getvalue()) != content_hash(encoded(kind))


@pytest.mark.parametrize("data", [b"", b"GIF89a...", b"\xff\xd8\xff", encoded("JPEG")[:-2], encoded("PNG")[:-5]])
def test_other_and_malformed_files_are_hashed_whole(data: bytes):
    assert content_hash(data) == hashlib.sha256(data).hexdigest()


@given(st.lists(st.tuples(st.sampled_from([*range(0xE0, 0xEE), 0xEF, 0xFE]), st.binary(max_size=60)), max_size=5))
@settings(max_examples=60, deadline=None)
def test_any_metadata_segments_in_a_jpeg_leave_its_hash_alone(segments):
    jpeg = encoded("JPEG")
    added = b"".join(segment(marker, body) for marker, body in segments)
    assert content_hash(jpeg[:2] + added + jpeg[2:]) == content_hash(jpeg)


@given(st.binary(max_size=80), st.integers(0), st.sampled_from([encoded("JPEG"), encoded("PNG"), b"\xff\xd8\xff"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_have_a_hash(noise: bytes, position: int, base: bytes):
    at = position % len(base)
    assert len(content_hash(base[:at] + noise + base[at:])) == 64
