from __future__ import annotations

import numpy as np
import pytest

from dermtools.embedding import EmbedderIdentity, PartialEmbeddingError, selftest
from dermtools.embedding.self_test import drawn_pictures
from dermtools.embedding.vectors import finished_rows
from dermtools.errors import EmbeddingError


class Honest:
    """Means over an 8 x 8 grid, of norm 1; tests break one promise each in a subclass."""

    spec = "honest"
    image_side = 8
    dimension = 64
    identity = EmbedderIdentity(name="honest", revision="1", preprocessing="8x8", dimension=64, normalized=True)

    def embed_images(self, images):
        rows = [np.asarray(image.convert("L").resize((8, 8)), np.float64).ravel() for image in images]
        return finished_rows(np.array(rows), normalize=True)


class Talking(Honest):
    logit_scale = 10.0

    def embed_texts(self, texts):
        rows = [np.resize([float(ord(sign)) for sign in text], 64) for text in texts]
        return finished_rows(np.array(rows), normalize=True)


class Dropout(Honest):
    def embed_images(self, images):
        noise = np.random.default_rng().normal(scale=1e-3, size=(len(images), 64))
        return finished_rows(super().embed_images(images) + noise, normalize=True)


class SameForAll(Honest):
    def embed_images(self, images):
        return np.repeat(super().embed_images(images[:1]), len(images), axis=0)


class Shuffled(Honest):
    def embed_images(self, images):
        return super().embed_images(images)[::-1]


class BatchStatistics(Honest):
    def embed_images(self, images):
        vectors = super().embed_images(images)
        return finished_rows(vectors + vectors.mean(axis=0) * [[1.0, -1.0] * 32], normalize=True)


class Double(Honest):
    def embed_images(self, images):
        return super().embed_images(images).astype(np.float64)


class NotFinite(Honest):
    def embed_images(self, images):
        vectors = super().embed_images(images)
        vectors[:, 3] = np.inf
        return vectors


class WrongNorm(Honest):
    def embed_images(self, images):
        return super().embed_images(images) * np.float32(1.01)


class WrongSize(Honest):
    def embed_images(self, images):
        return super().embed_images(images)[:, :60]


class RowMissing(Honest):
    def embed_images(self, images):
        return super().embed_images(images)[:1]


class DimensionDiffers(Honest):
    dimension = 65


class HalfFails(Honest):
    def embed_images(self, images):
        raise PartialEmbeddingError(super().embed_images(images), {0: "no reason"})


class DeafToTexts(Talking):
    def embed_texts(self, texts):
        return super().embed_texts(["same"] * len(texts))


class TextsOfAnotherSize(Talking):
    def embed_texts(self, texts):
        return super().embed_texts(texts)[:, :32]


class NoScale(Talking):
    logit_scale = 0.0


@pytest.mark.parametrize("embedder", [Honest, Talking])
def test_embedder_that_keeps_its_promises_passes(embedder):
    selftest(embedder())


@pytest.mark.parametrize(
    ("embedder", "message"),
    [
        (Dropout, "two calls on one picture disagree"),
        (SameForAll, "two different pictures have the same vector"),
        (Shuffled, "another vector than alone"),
        (BatchStatistics, "another vector than alone"),
        (Double, "float64, not float32"),
        (NotFinite, "NaN or infinity"),
        (WrongNorm, "norm 1.01, promised was 1"),
        (WrongSize, r"shape \(2, 60\), promised was \(2, 64\)"),
        (RowMissing, r"shape \(1, 64\), promised was \(2, 64\)"),
        (DimensionDiffers, "dimension is 65, its identity says 64"),
        (HalfFails, "row 0: no reason"),
        (DeafToTexts, "two different texts have the same vector"),
        (TextsOfAnotherSize, r"shape \(2, 32\)"),
        (NoScale, "logit scale is 0.0"),
    ],
)
def test_broken_promise_is_named(embedder, message):
    with pytest.raises(EmbeddingError, match=f"honest failed its self-test: .*{message}"):
        selftest(embedder())


def test_drawn_pictures_are_small_rgb_and_the_same_each_time():
    first, second = drawn_pictures()
    assert (first.mode, first.size) == (second.mode, second.size) == ("RGB", (128, 96))
    assert first.tobytes() != second.tobytes()
    assert [picture.tobytes() for picture in drawn_pictures()] == [first.tobytes(), second.tobytes()]
