"""The protocol that every embedder follows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from dermtools.cases.identity import EmbedderIdentity as EmbedderIdentity
from dermtools.errors import EmbeddingError
from dermtools.images import STORED_SIDE, ImageLimits, ImageSource, open_image

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image


@runtime_checkable
class Embedder(Protocol):
    """Turns RGB pictures into vectors. Tested on loading; see `self_test.py`."""

    @property
    def spec(self) -> str:
        """The string that makes this embedder again, e.g. `onnx:/models/m.onnx`; stored in the manifest."""
        ...

    @property
    def identity(self) -> EmbedderIdentity:
        """What its vectors may be compared with; the same for the same weights and preprocessing."""
        ...

    @property
    def dimension(self) -> int:
        """Numbers in a vector, d."""
        ...

    @property
    def image_side(self) -> int:
        """Pixels that the shorter side of a picture should have at least; larger ones may come reduced."""
        ...

    def embed_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Embed RGB pictures: float32, shape (n, d), finite, in the order of `images`.

        Raises:
            PartialEmbeddingError: some pictures failed, the others' vectors are inside.
            UnavailableError: its service is at fault, whatever the pictures.
            EmbeddingError: nothing could be embedded.
        """
        ...


@runtime_checkable
class TextEmbedder(Embedder, Protocol):
    """An embedder whose texts and pictures share one space."""

    @property
    def logit_scale(self) -> float:
        """Factor on the cosine of text and image before a softmax: the model's own inverse temperature."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts: float32, shape (n, d). Raises as `embed_images`."""
        ...


@runtime_checkable
class RemoteEmbedder(Embedder, Protocol):
    """An embedder that sends pictures elsewhere."""

    @property
    def receiver(self) -> str:
        """Host, and port where it is not the usual one, for a person to read before a picture is sent."""
        ...


class UnavailableError(EmbeddingError):
    """The service behind an embedder refuses or does not answer: no picture is at fault, and another would not help."""


class PartialEmbeddingError(EmbeddingError):
    """Some rows of a batch failed; the others are not lost.

    Attributes:
        vectors: float32, shape (n, d); the failed rows are NaN.
        reasons: row number to one line saying why.
    """

    def __init__(self, vectors: NDArray[np.float32], reasons: Mapping[int, str]) -> None:
        self.vectors = vectors
        self.reasons = dict(reasons)
        first = min(self.reasons)
        super().__init__(f"{len(self.reasons)} of {len(vectors)} rows failed; row {first}: {self.reasons[first]}")


def open_for_embedding(
    source: ImageSource, embedder: Embedder, *, name: str | None = None, limits: ImageLimits | None = None
) -> Image.Image:
    """Open a picture as large as `embedder` needs it, RGB and upright. Raises as `images.open_image`.

    Both ingest and queries open pictures here, so that one file always gives one vector: how far a large
    JPEG is reduced while decoding depends on the side that is asked for.
    """
    return open_image(source, min_side=max(STORED_SIDE, embedder.image_side), limits=limits, name=name)


def weights_revision(files: Iterable[Path]) -> str:
    """First 16 hexadecimal digits of a SHA-256 over the contents of a model's files, in their order."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:16]
