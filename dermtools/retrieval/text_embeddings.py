"""The embedder of a case base, as LangChain embeds texts."""

from __future__ import annotations

from langchain_core.embeddings import Embeddings

from dermtools.embedding import TextEmbedder
from dermtools.errors import QueryError
from dermtools.retrieval.case_base import CaseBase


class CaseEmbeddings(Embeddings):
    """Texts to vectors of the space in which the pictures of a case base lie."""

    def __init__(self, case_base: CaseBase) -> None:
        self.case_base = case_base

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed n texts: n lists of d numbers.

        Raises:
            QueryError: the embedder reads no text.
            EmbeddingError: it fails.
        """
        embedder = self.case_base.embedder
        if not isinstance(embedder, TextEmbedder):
            raise QueryError(
                f"{self.case_base.identity.name} reads no text; use a case base of an embedder that does, such as hf: "
                "with CLIP or SigLIP"
            )
        vectors: list[list[float]] = embedder.embed_texts(texts).tolist() if texts else []
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """As `embed_documents`, of one text."""
        return self.embed_documents([text])[0]
