"""Picture to vector: the protocol that every embedder follows, and its identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from dermtools.errors import EmbeddingError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image


class EmbedderIdentity(BaseModel):
    """What makes two embeddings comparable. Vectors of different identities never meet in a search."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="the model, e.g. `descriptor`, `onnx:mobilenet_v1_1024`")
    revision: str = Field(description="weights: a version or a content hash, never a path")
    preprocessing: str = Field(description="id of everything done to the pixels before the model")
    dimension: int = Field(gt=0)
    normalized: bool = Field(description="whether every vector has Euclidean norm 1")

    def __str__(self) -> str:
        return f"{self.name} ({self.dimension}-d, revision {self.revision}, preprocessing {self.preprocessing})"


@runtime_checkable
class Embedder(Protocol):
    """Turns RGB pictures into vectors. Tests itself on loading; see `selftest.py`."""

    @property
    def spec(self) -> str:
        """The string that makes this embedder again, e.g. `onnx:/models/m.onnx`; stored in the manifest."""
        ...

    @property
    def identity(self) -> EmbedderIdentity: ...

    @property
    def dimension(self) -> int: ...

    @property
    def image_side(self) -> int:
        """Pixels that the shorter side of a picture should have at least; larger ones may come reduced."""
        ...

    def embed_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Embed RGB pictures.

        Returns:
            float32, shape (n, d), finite, in the order of `images`.

        Raises:
            PartialEmbeddingError: some pictures failed, the others' vectors are inside.
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
