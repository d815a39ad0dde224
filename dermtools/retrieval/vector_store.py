"""A case base as a LangChain vector store: documents go in as cases, and cases come out as documents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from langchain_core.documents import Document
from langchain_core.vectorstores import VectorStore

from dermtools.embedding import Embedder
from dermtools.errors import QueryError
from dermtools.handles import CASE_PREFIX
from dermtools.numbers import plain, whole_number
from dermtools.retrieval.case_base import CaseBase
from dermtools.retrieval.documents import add_documents, found_document, stored_document
from dermtools.retrieval.search_kwargs import OPTIONS, Filter, search_options
from dermtools.retrieval.store_retriever import CaseStoreRetriever
from dermtools.retrieval.text_embeddings import CaseEmbeddings

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from dermtools.images import ImageSource
    from dermtools.prediction import Query
    from dermtools.retrieval.search.neighbors import Neighbors

_OPTIONS = (*OPTIONS, "leak_guard")


class CaseVectorStore(VectorStore):
    """The documents and cases of a case base.

        CaseVectorStore(CaseBase.open("my-cases")).similarity_search("red scaly plaque", k=3)

    A document that is added becomes a case without a picture, at the place of its text; with a picture (`image` in its
    metadata: a path, a `data:` URL, encoded bytes, a Pillow picture), at the place of that. Texts, numbers and truth
    values of its metadata become attributes, and those are shown, since whoever adds documents wants them back; a
    `group_id` says whose it is. It comes back as it came, without its picture, which `CaseBase.jpeg` gives. Other cases
    come as `SimilarCaseRetriever` gives them: private attributes never.

    Every search takes `filter`, a condition or `{column: value}` over what is shown; `where`, a condition over all
    columns, for programs alone; and further options of `CaseBase.search`. The leak guard leaves out a picture's or a
    vector's own group and copies, unless `leak_guard=False`; words have none. Errors are DermtoolsErrors of one line.

    `case_base` is what it stands on.
    """

    def __init__(self, case_base: CaseBase) -> None:
        self.case_base = case_base

    @property
    def embeddings(self) -> Embeddings | None:
        """The case base's embedder for texts; None where it reads none."""
        return CaseEmbeddings(self.case_base) if self.case_base.reads_text else None

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Any,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        path: str | Path | None = None,
        **kwargs: Any,
    ) -> Self:
        """Open or create the case base at `path` and add texts to it.

        Args:
            texts, metadatas, ids, kwargs: as for `add_texts`.
            embedding: an embedder's spec, such as `hf:FOLDER`, an `Embedder`, or another store's `embeddings`.
            path: folder of the case base.

        Raises:
            QueryError: no path, or an embedding that reads no pictures, as LangChain's own do not.
            CaseBaseError, EmbeddingError: as `CaseBase.open_or_create`; and as `add_documents`.
        """
        if isinstance(embedding, CaseEmbeddings):
            embedding = embedding.case_base.embedder
        if path is None or not isinstance(embedding, str | Embedder):
            raise QueryError(
                "a case base needs a folder and an embedder of pictures and texts: "
                "CaseVectorStore.from_texts(texts, 'hf:MODEL_OR_FOLDER', path='FOLDER')"
            )
        store = cls(CaseBase.open_or_create(path, embedder=embedding))
        store.add_texts(texts, metadatas, ids=ids, **kwargs)
        return store

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """As `add_documents`, of texts and their metadata."""
        texts = list(texts)
        metadatas = [{}] * len(texts) if metadatas is None else metadatas
        if len(metadatas) != len(texts):
            raise QueryError(f"{len(texts)} texts and {len(metadatas)} metadatas; give as many")
        documents = [Document(text, metadata=told) for text, told in zip(texts, metadatas, strict=True)]
        return self.add_documents(documents, ids=ids, **kwargs)

    def add_documents(
        self,
        documents: list[Document],
        ids: Sequence[str | None] | None = None,
        *,
        batch_size: int = 64,
        **kwargs: Any,
    ) -> list[str]:
        """Add documents, or put them in place of those of the same ids; the same again changes nothing.

        Args:
            documents: each with text or a picture, and metadata of texts, numbers and truth values.
            ids: before the documents' own; what has none gets a random one.
            batch_size: texts or pictures embedded at once.

        Returns:
            The ids, in the order of `documents`.

        Raises:
            QueryError: a document that would not come back as it is, an id that is a case's which is no document, or
                text for an embedder that reads none. Nothing is stored then.
            ImageError, SourceError, CaseBaseError, EmbeddingError: as `retrieval.documents.add_documents`.
        """
        if kwargs:
            raise QueryError(f"add_documents has no option {next(iter(kwargs))!r}; it takes ids and batch_size")
        ids = [None] * len(documents) if ids is None else ids
        if len(ids) != len(documents):
            raise QueryError(f"{len(documents)} documents and {len(ids)} ids; give as many")
        batch_size = whole_number(batch_size, "batch_size")
        return add_documents(self.case_base, documents, ids, batch_size) if documents else []

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool:
        """Erase documents or cases from the disk, earlier versions included: nothing brings them back.

        Unknown ids are passed over. True, always. For a removal that can be undone: `CaseBase.remove`.

        Raises:
            QueryError: no ids; to erase all is asked for by naming all.
            CaseBaseError: another process is writing.
        """
        if ids is None or kwargs:
            raise QueryError("delete erases what is named by its id: delete(ids=[...])")
        self.case_base.delete(ids)
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The documents or cases of these ids, in their order; unknown ids are passed over."""
        columns, shown = self.case_base.columns, self.case_base.attributes.shown
        rows = [columns.row_of[one] for one in dict.fromkeys(ids) if one in columns.row_of]
        return [stored_document(columns.case(row), shown) for row in rows]

    def similarity_search(
        self, query: str, k: int = 4, filter: Filter | None = None, score_threshold: float | None = None, **options: Any
    ) -> list[Document]:
        """The k documents and cases nearest to a text, or to a case of this case base (`case:ID`), nearest first.

        Args:
            query: words, where the embedder reads text; or `case:ID`.
            k: how many.
            filter, options: see the class.
            score_threshold: least relevance score, 0 to 1; see `similarity_search_with_relevance_scores`.

        Raises:
            QueryError: the embedder reads no text, or an option cannot be met.
        """
        found = self._search(self._query(query), k, filter, options)
        if score_threshold is not None:
            score = self._select_relevance_score_fn()
            return [found_document(one) for one in found if score(one.distance) >= score_threshold]
        return list(map(found_document, found))

    def similarity_search_with_score(
        self, query: str, k: int = 4, filter: Filter | None = None, **options: Any
    ) -> list[tuple[Document, float]]:
        """As `similarity_search`, each with its Euclidean distance: 0 is the same place, and less is nearer."""
        found = self._search(self._query(query), k, filter, options)
        return [(found_document(one), one.distance) for one in found]

    def similarity_search_by_vector(
        self, embedding: list[float], k: int = 4, filter: Filter | None = None, **options: Any
    ) -> list[Document]:
        """The nearest to an embedding of this case base's embedder, shape (d,).

        The leak guard takes it for that of a picture: what lies at its place is its own.
        """
        query = self.case_base.query(vector=embedding)  # type: ignore[arg-type]  # it takes lists of numbers, too
        return list(map(found_document, self._search(query, k, filter, options)))

    def similarity_search_by_image(
        self, image: ImageSource, k: int = 4, filter: Filter | None = None, **options: Any
    ) -> list[Document]:
        """The nearest to a picture: a path, a `data:` URL, encoded bytes or an open Pillow picture.

        Raises:
            ImageError: it cannot be read.
            QueryError: an option cannot be met.
        """
        return list(map(found_document, self._search(self.case_base.query(image), k, filter, options)))

    async def asimilarity_search_by_image(
        self, image: ImageSource, k: int = 4, filter: Filter | None = None, **options: Any
    ) -> list[Document]:
        """As `similarity_search_by_image`, off the event loop."""
        return await asyncio.to_thread(self.similarity_search_by_image, image, k, filter, **options)

    def max_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Filter | None = None,
        **options: Any,
    ) -> list[Document]:
        """Of the `fetch_k` nearest, k that are near the query and unlike each other, nearest first.

        `lambda_mult` goes from 0 (unlike each other) to 1 (near the query); see
        `search.diversity.maximal_marginal_relevance`, which works with distances.
        """
        found = self._search(self._query(query), k, filter, options | _mmr(fetch_k, lambda_mult))
        return list(map(found_document, found))

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Filter | None = None,
        **options: Any,
    ) -> list[Document]:
        """As `max_marginal_relevance_search`, of an embedding as `similarity_search_by_vector` takes it."""
        return self.similarity_search_by_vector(embedding, k, filter, **options | _mmr(fetch_k, lambda_mult))

    def as_retriever(self, **kwargs: Any) -> CaseStoreRetriever:
        """The store as a retriever, with `search_type` and `search_kwargs` as LangChain has them.

        `search_kwargs` are those of the search: `k`, `filter`, `score_threshold`, ... Its traces and its errors say
        nothing of where anything lies on this machine.
        """
        tags = kwargs.pop("tags", None) or self._get_retriever_tags()
        return CaseStoreRetriever(vectorstore=self, case_base=self.case_base, tags=tags, **kwargs)

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        """Distance d to relevance, 0 to 1: of unit vectors (1 + cosine) / 2, which is 1 - d² / 4; else 1 / (1 + d)."""
        if self.case_base.identity.normalized:
            return lambda distance: max(0.0, 1 - distance**2 / 4)
        return lambda distance: 1 / (1 + distance)

    def _query(self, text: str) -> Query:
        case_id = text.removeprefix(CASE_PREFIX)
        if case_id != text and case_id in self.case_base.columns.row_of:
            return self.case_base.query(case_id=case_id)
        return self.case_base.query(text=text)

    def _search(self, query: Query, k: int, filter: Filter | None, options: dict[str, Any]) -> Neighbors:
        chosen = search_options({"k": k, "filter": filter}, options, allowed=_OPTIONS)
        if (group_id := chosen.pop("group_id", None)) is not None:
            query = replace(query, group_id=group_id)
        return self.case_base.search(query=query, **chosen)


def _mmr(fetch_k: int, lambda_mult: float) -> dict[str, Any]:
    return {"diversity": "mmr", "mmr_pool": fetch_k, "mmr_relevance": plain(lambda_mult)}
