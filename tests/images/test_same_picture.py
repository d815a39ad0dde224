"""One photograph, edited, told from two photographs."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from dermtools.images import encode_jpeg, open_image
from dermtools.images.same_picture import SAME, likeness
from tests.support.edits import EDITS, with_caption
from tests.support.naevi import naevus


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_copy_is_the_same_photograph(name: str) -> None:
    edited = EDITS[name](naevus(0))
    assert likeness(open_image(encode_jpeg(edited)), [encode_jpeg(naevus(0))]).item() >= SAME


def test_spots_of_the_same_shape_and_captions_of_the_same_words_are_not_the_same_photograph() -> None:
    others = [encode_jpeg(with_caption(naevus(seed))) for seed in range(1, 12)]
    assert likeness(with_caption(naevus(0)), others).max() < SAME


@pytest.mark.parametrize("kind", [
    lambda rng: Image.new("RGB", (300, 300), (190, 150, 130)),
    lambda rng: ImageOps.colorize(Image.radial_gradient("L").point(lambda level: 200 - level // 4), "black", "pink"),
    lambda rng: Image.fromarray(rng.integers(150, 156, (300, 300, 3), dtype=np.uint8)),
    lambda rng: Image.new("RGB", (1, 1)),
])  # fmt: skip
def test_pictures_without_details_are_like_no_other(kind: Callable[[np.random.Generator], Image.Image]) -> None:
    pictures = [kind(np.random.default_rng(seed)) for seed in range(4)]
    assert likeness(pictures[0], [*pictures[1:], naevus(0)]).max() < SAME
    assert likeness(naevus(0), pictures).max() < SAME


def test_small_and_grey_pictures_are_compared_too() -> None:
    small = naevus(3, 48)
    alike = likeness(small, [encode_jpeg(small), small.convert("L"), ImageOps.mirror(small), naevus(4, 48)])
    assert alike[:3].min() >= SAME
    assert alike[3] < SAME


def test_none_are_compared_with_none() -> None:
    assert likeness(naevus(0), []).shape == (0,)


def test_photographs_of_other_patients_are_others(photographs: Path) -> None:
    with photographs.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::13]
    pictures = [open_image(photographs.parent / row["file"]) for row in rows]
    edits = list(EDITS.values())
    for number, (row, picture) in enumerate(zip(rows, pictures, strict=True)):
        edited = edits[number % len(edits)](picture)
        alike = likeness(open_image(encode_jpeg(edited)), pictures)
        others = [value for value, other in zip(alike, rows, strict=True) if other["group_id"] != row["group_id"]]
        assert max(others) < SAME
        assert alike[number] >= SAME, list(EDITS)[number % len(edits)]


def test_two_naevi_that_fit_one_way_but_not_the_other_are_two_photographs(photographs: Path) -> None:
    """Two patients of PAD-UFES-20 whose naevi lie over each other as well as copies do, tried one way alone."""
    one, other = (photographs.parent / "images" / f"{name}.jpg" for name in ("PAT_1288_1003_969", "PAT_1109_436_141"))
    pair = [open_image(one), open_image(other)]
    assert likeness(pair[0], pair[1:]).item() < SAME
    assert likeness(pair[1], pair[:1]).item() < SAME
