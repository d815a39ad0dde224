"""Embeddings of LangChain as an embedder of texts; it refuses pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray
from PIL import Image

from dermtools.cases.identity import EmbedderIdentity
from dermtools.errors import EmbeddingError


class LangChainEmbedder:
    """Reads texts by LangChain's `Embeddings`."""

    spec = "langchain"
    image_side = 1
    logit_scale = 1.0

    def __init__(self, embeddings: Embeddings) -> None:
        self.embeddings = embeddings
        self.dimension = len(embeddings.embed_query("a"))
        self.identity = EmbedderIdentity(
            name="langchain", revision="1", preprocessing="none", dimension=self.dimension, normalized=False
        )

    def embed_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        raise EmbeddingError("LangChain embeds texts alone")

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array(self.embeddings.embed_documents(list(texts)), np.float32)
