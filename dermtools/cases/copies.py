"""Copies of pictures among cases, so that no split that is made here puts one picture on both sides."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from PIL import Image

from dermtools.cases.case import SourceCase, SourceData
from dermtools.cases.splits import joined_groups
from dermtools.errors import ImageError
from dermtools.images import content_hash, read_bytes
from dermtools.images.copies import Pictures, edited_copies, small_picture
from dermtools.images.picture_hash import NO_HASH, picture_hash
from dermtools.progress import Progress, Silent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def with_contents(data: SourceData, progress: Progress | None) -> SourceData:
    """The cases with the content hashes and perceptual hashes of their pictures."""
    progress = progress or Silent()
    progress.start(len(data.cases), "looking for copies of pictures")
    cases = []
    with ThreadPoolExecutor(2, thread_name_prefix="hash") as pool:
        for item, (digest, perceptual) in zip(data.cases, pool.map(_hashes, data.cases), strict=True):
            cases.append(replace(item, content_hash=digest, picture_hash=perceptual))
            progress.advance()
    return replace(data, cases=tuple(cases))


def small_pictures(cases: Sequence[SourceCase], rows: Sequence[int]) -> list[Image.Image | None]:
    """Pictures of some of the cases, to be compared; None where one cannot be read."""
    return [_small(cases[row]) for row in rows]


def joined_contents(
    contents: Sequence[str], hashes: NDArray[np.uint8], pictures: Pictures, asked: int | None = None
) -> tuple[list[str], int]:
    """Contents of pictures, those of edited copies under one name; and how many such pairs there are.

    `contents` are content hashes, one a row, "" where unknown; the rest is as for `edited_copies`.
    """
    pairs = [
        (contents[one], contents[other])
        for one, other in edited_copies(hashes, pictures, asked).pairs
        if contents[one] != contents[other]
    ]
    flat = [content for pair in pairs for content in pair]
    joined = dict(zip(flat, joined_groups(flat, [str(number // 2) for number in range(len(flat))]), strict=True))
    return [joined.get(content, content) for content in contents], len(pairs)


def _small(item: SourceCase) -> Image.Image | None:
    try:
        return small_picture(item.picture)
    except ImageError:
        return None


def _hashes(item: SourceCase) -> tuple[str, bytes]:
    """Both hashes of a case's picture; of its vector where it has none, and none where it cannot be read."""
    if item.image is None:
        return "" if item.vector is None else hashlib.sha256(item.vector.tobytes()).hexdigest(), NO_HASH
    try:
        encoded = read_bytes(item.picture)
    except ImageError:
        return "", NO_HASH
    picture = small_picture(encoded)
    return content_hash(encoded), NO_HASH if picture is None else picture_hash(picture)
