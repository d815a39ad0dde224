"""Pictures that clients have shown: kept by handle, the oldest forgotten first."""

from __future__ import annotations

import pytest

from dermtools.cases.sources.sample import load_sample
from dermtools.errors import ImageError
from dermtools.tools.pictures.recent_images import RecentImages

PICTURES = [case.image for case in load_sample(seed=3, patients=2).cases if isinstance(case.image, bytes)][:4]


def test_the_oldest_picture_makes_room() -> None:
    images = RecentImages(max_pictures=2)
    handles = [images.add(picture).handle for picture in PICTURES[:3]]
    assert handles[0] not in images
    assert all(handle in images for handle in handles[1:])


def test_a_picture_shown_again_counts_as_new() -> None:
    images = RecentImages(max_pictures=2)
    first, second = (images.add(picture).handle for picture in PICTURES[:2])
    images.add(PICTURES[0])
    images.add(PICTURES[2])
    assert first in images
    assert second not in images


def test_bytes_are_bounded_but_one_picture_always_fits() -> None:
    images = RecentImages(max_bytes=1)
    for picture in PICTURES:
        handle = images.add(picture).handle
        assert len(images) == 1
        assert images.get(handle).source == picture


def test_an_unknown_handle_names_no_other() -> None:
    images = RecentImages()
    known = images.add(PICTURES[0]).handle
    with pytest.raises(ImageError, match="is available") as caught:
        images.get("img_0000000000000000")
    assert known not in str(caught.value)
