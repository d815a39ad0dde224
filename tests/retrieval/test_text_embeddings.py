"""The embedder of a case base as LangChain's embeddings."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.errors import QueryError
from dermtools.retrieval import CaseBase, CaseVectorStore
from dermtools.retrieval.text_embeddings import CaseEmbeddings
from tests.support.mean_colour import MeanColour


def test_texts_lie_where_the_embedder_puts_them(tmp_path: Path) -> None:
    embeddings = CaseVectorStore(CaseBase.create(tmp_path / "base", embedder=MeanColour())).embeddings
    assert embeddings is not None
    assert embeddings.embed_documents(["red", "green blue"]) == [[255, 0, 0], [0, 255, 255]]
    assert embeddings.embed_query("blue") == [0, 0, 255]
    assert embeddings.embed_documents([]) == []


def test_an_embedder_of_pictures_alone_has_none(shared_base: CaseBase) -> None:
    assert CaseVectorStore(shared_base).embeddings is None
    with pytest.raises(QueryError, match="descriptor reads no text"):
        CaseEmbeddings(shared_base).embed_query("red")
