"""The test that an embedder has to pass before its vectors are used.

Models fail silently in known ways: weights never loaded, dropout left on (vectors differ from call to call), rows
that depend on their neighbours in a batch, a norm that is not the promised one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from PIL import Image

from dermtools.embedding.base import Embedder, PartialEmbeddingError, TextEmbedder
from dermtools.errors import EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

REPEAT_TOLERANCE = 1e-5
"""Largest relative difference between two calls on the same picture."""
BATCH_TOLERANCE = 1e-3
"""Largest relative difference between a picture alone and in a batch: other kernels, other rounding."""
NORM_TOLERANCE = 1e-4

_TEXTS = ("a photograph of a mole", "an ulcer of the foot")


@runtime_checkable
class SelfTesting(Protocol):
    """An embedder that tests itself at first use, because opening it must not cost a paid request."""

    def test_once(self) -> None: ...


def drawn_pictures() -> tuple[Image.Image, Image.Image]:
    """Two small, different RGB pictures drawn by program: a dark disc, and slanted stripes."""
    down, right = np.mgrid[:96, :128]
    radius = np.hypot(down - 46, right - 68)
    disc = np.select(
        [(radius < 10)[..., None], (radius < 24)[..., None]], [(48, 28, 30), (96, 52, 44)], (224, 172, 146)
    )
    stripes = np.where(((down + right) % 16 < 5)[..., None], (30, 90, 60), (120, 150, 190))
    return Image.fromarray(disc.astype(np.uint8)), Image.fromarray(stripes.astype(np.uint8))


def selftest(embedder: Embedder) -> None:
    """Check that `embedder` keeps what its protocol promises; a `SelfTesting` one is left to itself.

    Costs four embedded pictures, and three texts where it is a `TextEmbedder`.

    Raises:
        EmbeddingError: a promise is broken; the message names it.
    """
    if isinstance(embedder, SelfTesting):
        return
    name = embedder.identity.name
    disc, stripes = drawn_pictures()
    try:
        both = embedder.embed_images([disc, stripes])
        alone, again = embedder.embed_images([disc]), embedder.embed_images([disc])
    except PartialEmbeddingError as error:
        raise EmbeddingError(f"{name} failed its self-test: {error}") from error
    check_vectors(both, embedder, rows=2)
    check_vectors(alone, embedder, rows=1)
    if _difference(alone, again) > REPEAT_TOLERANCE:
        raise _failure(name, "two calls on one picture disagree; is the model in evaluation mode?")
    if _difference(both[0], both[1]) <= BATCH_TOLERANCE:
        raise _failure(name, "two different pictures have the same vector; are its weights loaded?")
    if _difference(both[0], alone[0]) > BATCH_TOLERANCE:
        raise _failure(name, "a picture in a batch has another vector than alone")
    if not isinstance(embedder, TextEmbedder):
        return
    texts, first = embedder.embed_texts(_TEXTS), embedder.embed_texts(_TEXTS[:1])
    check_vectors(texts, embedder, rows=2)
    if _difference(texts[0], first[0]) > BATCH_TOLERANCE:
        raise _failure(name, "a text in a batch has another vector than alone")
    if _difference(texts[0], texts[1]) <= BATCH_TOLERANCE:
        raise _failure(name, "two different texts have the same vector")
    if not (math.isfinite(embedder.logit_scale) and embedder.logit_scale > 0):
        raise _failure(name, f"its logit scale is {embedder.logit_scale}, not a positive number")


def check_vectors(vectors: NDArray[np.float32], embedder: Embedder, *, rows: int) -> None:
    """Hold type, shape, finiteness and norm of `vectors` against the embedder's identity. Raises EmbeddingError."""
    identity, shape = embedder.identity, (rows, embedder.identity.dimension)
    norms = np.linalg.norm(vectors.astype(np.float64), axis=-1)
    if vectors.dtype != np.float32:
        raise _failure(identity.name, f"vectors are {vectors.dtype}, not float32")
    if vectors.shape != shape:
        raise _failure(identity.name, f"vectors have shape {vectors.shape}, promised was {shape}")
    if embedder.dimension != identity.dimension:
        raise _failure(identity.name, f"dimension is {embedder.dimension}, its identity says {identity.dimension}")
    if not np.isfinite(vectors).all():
        raise _failure(identity.name, "vectors hold NaN or infinity")
    if identity.normalized and np.abs(norms - 1).max() > NORM_TOLERANCE:
        raise _failure(identity.name, f"vectors have norm {norms[0]:.6g}, promised was 1")


def _difference(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    if a.shape != b.shape:
        return math.inf
    return float(np.linalg.norm(a - b) / max(float(np.linalg.norm(a)), 1e-12))


def _failure(name: str, reason: str) -> EmbeddingError:
    return EmbeddingError(f"{name} failed its self-test: {reason}")
