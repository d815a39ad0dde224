"""One photograph in two encodings, told from two photographs."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np
from PIL import Image

from dermtools.images import encode_jpeg, open_image
from dermtools.retrieval.search.leak_guard import same_picture, thumbnail


def test_copies_of_real_photographs_are_the_same_and_those_of_other_patients_are_not(photographs: Path) -> None:
    with photographs.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::6]
    pictures = [open_image(photographs.parent / row["file"]) for row in rows]
    stored = [thumbnail(encode_jpeg(picture)) for picture in pictures]
    for picture, original in zip(pictures, stored, strict=True):
        small = picture.resize((picture.width // 2, picture.height // 2))
        assert same_picture(thumbnail(open_image(encode_jpeg(small, quality=60))), original)
    for (row, a), (other, b) in itertools.combinations(zip(rows, stored, strict=True), 2):
        assert row["group_id"] == other["group_id"] or not same_picture(a, b)


def test_contrast_counts_where_there_is_any_and_levels_where_there_is_none() -> None:
    plain = thumbnail(Image.new("RGB", (40, 40), (120, 90, 80)))
    assert same_picture(plain, plain + 0.9)
    assert not same_picture(plain, plain + 1.1)
    striped = plain + np.where(np.arange(16) % 2, 20, -20).astype(np.float32)[:, None]
    assert same_picture(striped, striped + 6)
    assert not same_picture(striped, striped + 8)
    assert not same_picture(striped, plain)
