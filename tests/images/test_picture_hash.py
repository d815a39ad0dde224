"""The perceptual hash: eight turns from one transform, little moved by encoding, none for a plain picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from scipy.fft import dct

from dermtools.images import encode_jpeg
from dermtools.images.picture_hash import NO_HASH, hash_rows, picture_hash, turn_distances, turned

TURNS = tuple(Image.Transpose)


def soft(seed: int, side: int = 256) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 255, (24, 24, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def apart(a: bytes, b: bytes) -> int:
    return bin(int.from_bytes(a) ^ int.from_bytes(b)).count("1")


def turns(picture: Image.Image) -> np.ndarray:
    return turned(hash_rows([picture_hash(picture)]))[0]


def test_bits_are_the_signs_of_the_low_frequencies() -> None:
    grey = np.asarray(soft(0, 64).convert("L"), dtype=float)
    low = dct(dct(grey, axis=0), axis=1)[1:17, 1:17].ravel()
    assert f"{int.from_bytes(picture_hash(soft(0, 64))):0256b}" == "".join("1" if one > 0 else "0" for one in low)


def test_the_turned_hashes_are_those_of_the_turned_pictures() -> None:
    picture = soft(1, 64)
    assert len({row.tobytes() for row in turns(picture)}) == 8
    assert turns(picture)[0].tobytes() == picture_hash(picture)
    found = [turn_distances(hash_rows([picture_hash(picture.transpose(turn))]), turns(picture))[0] for turn in TURNS]
    assert sorted(int(np.argmin(row)) for row in found) == list(range(1, 8))
    assert max(row.min() for row in found) <= 6
    assert np.argmin(found[Image.Transpose.FLIP_LEFT_RIGHT]) == 1
    assert np.argmin(found[Image.Transpose.TRANSPOSE]) == 4


@pytest.mark.parametrize("side", [40, 64, 700])
def test_a_copy_in_other_encoding_brightness_or_grey_is_near_and_another_picture_far(side: int) -> None:
    picture = soft(2, side)
    jpeg = encode_jpeg(picture)
    for copy in (
        encode_jpeg(picture, quality=40),
        ImageEnhance.Brightness(picture).enhance(0.85),
        picture.convert("L"),
    ):
        assert apart(picture_hash(jpeg), picture_hash(copy)) <= 20
    assert turn_distances(hash_rows([picture_hash(jpeg)]), turns(soft(3, side))).min() > 70


@pytest.mark.parametrize("picture", [
    Image.new("RGB", (300, 200), (190, 150, 130)),
    Image.linear_gradient("L").point(lambda level: 120 + level // 8).convert("RGB"),
    Image.fromarray(np.random.default_rng(0).integers(150, 154, (400, 400), dtype=np.uint8)).convert("RGB"),
    Image.new("RGB", (1, 1)),
])  # fmt: skip
def test_a_picture_without_features_has_no_hash_and_is_far_from_others(picture: Image.Image) -> None:
    assert picture_hash(picture) == NO_HASH
    assert not turns(picture).any()
    assert apart(NO_HASH, picture_hash(soft(4))) > 100
