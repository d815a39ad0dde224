from __future__ import annotations

import csv
import time

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from dermtools.embedding import load_embedder, open_for_embedding
from dermtools.embedding.descriptor import DIMENSION, REVISION
from dermtools.embedding.self_test import drawn_pictures
from dermtools.errors import EmbeddingError

PINNED = (-0.616763, -0.249908, 0.683104)
"""Of the drawn disc and stripes: their products with a probe vector, and with each other."""


@pytest.fixture(scope="module")
def embedder():
    return load_embedder("descriptor")


def test_identity_says_what_made_the_vectors(embedder):
    assert embedder.spec == "descriptor"
    assert str(embedder.identity) == "descriptor (337-d, revision 1, preprocessing 128x128-stretch-bicubic-lab)"


def test_features_change_only_together_with_the_revision(embedder):
    """Pinned: whoever changes a feature bumps REVISION, or stored vectors silently stop to compare."""
    disc, stripes = (vector.astype(np.float64) for vector in embedder.embed_images(drawn_pictures()))
    probe = np.cos(np.arange(DIMENSION))
    assert REVISION == "1"
    assert disc @ probe == pytest.approx(PINNED[0], abs=2e-4)
    assert stripes @ probe == pytest.approx(PINNED[1], abs=2e-4)
    assert disc @ stripes == pytest.approx(PINNED[2], abs=2e-4)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (3, 2), (2000, 10)])
@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 120, 90)])
def test_flat_and_tiny_pictures_have_finite_vectors_of_norm_one(embedder, size, colour):
    vector = embedder.embed_images([Image.new("RGB", size, colour)])[0]
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_flat_pictures_of_different_colour_differ(embedder):
    red, blue = embedder.embed_images([Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")])
    assert np.linalg.norm(red - blue) > 0.1


def test_no_pictures_give_no_rows(embedder):
    assert embedder.embed_images([]).shape == (0, 337)


def test_dimmer_light_moves_a_picture_less_than_another_motif_does(embedder):
    disc, stripes = drawn_pictures()
    bright, dim, other = embedder.embed_images([disc, ImageEnhance.Brightness(disc).enhance(0.8), stripes])
    assert np.linalg.norm(bright - dim) < 0.5 * np.linalg.norm(bright - other)


def test_name_or_option_is_refused():
    with pytest.raises(EmbeddingError, match="takes no name"):
        load_embedder("descriptor:v2")
    with pytest.raises(EmbeddingError, match="unknown option 'size'"):
        load_embedder("descriptor?size=3")


def test_real_photographs_are_told_apart_far_better_than_by_the_majority_class(embedder, photographs):
    """Vote of the 15 nearest training photographs, weighted by 1 / distance, for every second photograph."""
    with photographs.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] != "valid"][::2]
    pictures = [open_for_embedding(photographs.parent / row["file"], embedder) for row in rows]
    start = time.process_time()
    vectors = embedder.embed_images(pictures).astype(np.float64)
    assert (time.process_time() - start) / len(rows) < 0.05
    test = np.array([row["split"] == "test" for row in rows])
    distances = np.linalg.norm(vectors[test][:, None] - vectors[~test][None], axis=2)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :15]
    weights = 1 / np.maximum(np.take_along_axis(distances, nearest, axis=1), 1e-9)
    truth = np.array([row["diagnosis"] for row in rows])
    names, counts = np.unique(truth[~test], return_counts=True)
    votes = np.stack([(weights * (truth[~test][nearest] == name)).sum(axis=1) for name in names], axis=1)
    accuracy = (names[votes.argmax(axis=1)] == truth[test]).mean()
    majority = (names[counts.argmax()] == truth[test]).mean()
    assert accuracy > majority + 0.15
