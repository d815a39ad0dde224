from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from dermtools.embedding import load_embedder, open_for_embedding
from dermtools.errors import ImageError
from dermtools.images import open_image


@pytest.fixture
def large_jpeg() -> bytes:
    """A photograph-like JPEG of 2400 x 1800 pixels, which decoders can read reduced."""
    small = np.random.default_rng(3).integers(0, 255, (18, 24, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(small).resize((2400, 1800), Image.Resampling.BICUBIC).save(out, "JPEG")
    return out.getvalue()


def test_picture_is_opened_at_least_as_large_as_the_embedder_needs(large_jpeg):
    embedder = load_embedder("descriptor")
    picture = open_for_embedding(large_jpeg, embedder)
    assert picture.mode == "RGB"
    assert min(picture.size) >= 512


def test_one_file_gives_one_vector_from_path_and_from_bytes(large_jpeg, tmp_path):
    embedder = load_embedder("descriptor")
    (tmp_path / "a.jpg").write_bytes(large_jpeg)
    from_path = embedder.embed_images([open_for_embedding(tmp_path / "a.jpg", embedder)])
    from_bytes = embedder.embed_images([open_for_embedding(large_jpeg, embedder)])
    np.testing.assert_array_equal(from_path, from_bytes)


def test_reduced_opening_hardly_moves_the_vector(large_jpeg):
    embedder = load_embedder("descriptor")
    reduced = embedder.embed_images([open_for_embedding(large_jpeg, embedder)])
    full = embedder.embed_images([open_image(large_jpeg)])
    assert float((reduced * full).sum()) > 0.98


def test_unreadable_picture_is_named_as_asked():
    with pytest.raises(ImageError, match="row 7"):
        open_for_embedding(b"no picture", load_embedder("descriptor"), name="row 7")
