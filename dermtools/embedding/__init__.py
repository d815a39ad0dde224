"""Picture to vector: one protocol, several embedders, chosen by a spec string."""

from dermtools.embedding.base import (
    Embedder,
    EmbedderIdentity,
    PartialEmbeddingError,
    TextEmbedder,
    open_for_embedding,
)
from dermtools.embedding.registry import load_embedder, registered
from dermtools.embedding.selftest import selftest

__all__ = [
    "Embedder",
    "EmbedderIdentity",
    "PartialEmbeddingError",
    "TextEmbedder",
    "load_embedder",
    "open_for_embedding",
    "registered",
    "selftest",
]
