"""Edited copies among many pictures."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

from dermtools.images import encode_jpeg
from dermtools.images.copies import edited_copies, small_picture
from dermtools.images.picture_hash import hash_rows, picture_hash
from tests.support.edits import EDITS, with_caption
from tests.support.naevi import naevus


def found(pictures: list[Image.Image], asked: int | None = None) -> list[tuple[int, int]]:
    hashes = hash_rows(picture_hash(picture) for picture in pictures)
    return edited_copies(hashes, lambda rows: [pictures[row] for row in rows], asked).pairs


def test_mirrored_turned_captioned_and_cut_copies_are_found_in_either_order() -> None:
    pictures = [naevus(seed) for seed in range(6)]
    edits = ("mirrored", "quarter turn", "caption bar", "cropped 3 % a side", "grey")
    pictures += [EDITS[name](pictures[number]).convert("RGB") for number, name in enumerate(edits)]
    pairs = [(number, 6 + number) for number in range(len(edits))]
    assert found(pictures) == pairs
    assert found(pictures[::-1]) == sorted((10 - other, 10 - one) for one, other in pairs)
    assert found(pictures, asked=2) == pairs[:2]


def test_plain_skin_and_captions_alone_make_no_copies() -> None:
    rng = np.random.default_rng(0)
    skin = [Image.fromarray(rng.integers(150, 156, (200, 200, 3), dtype=np.uint8)) for _ in range(20)]
    light = [
        Image.radial_gradient("L").point(lambda level, n=n: 210 - level // (3 + n)).convert("RGB") for n in range(8)
    ]
    assert found([*skin, *light]) == []
    assert found([with_caption(picture) for picture in (*skin, *light)]) == []
    assert found([with_caption(naevus(seed)) for seed in range(12)]) == []


def test_none_are_found_where_there_is_no_hash_or_no_picture() -> None:
    assert edited_copies(np.zeros((3, 32), np.uint8), lambda rows: [None for _ in rows]).pairs == []
    twice = hash_rows([picture_hash(naevus(0)), picture_hash(ImageOps.mirror(naevus(0)))])
    assert edited_copies(twice, lambda rows: [None for _ in rows]).pairs == []
    assert edited_copies(twice[:0], lambda rows: []).pairs == []


def test_what_cannot_be_read_is_no_picture() -> None:
    assert small_picture(b"no picture") is None
    small = small_picture(encode_jpeg(naevus(0, 900)))
    assert small is not None
    assert max(small.size) <= 256
