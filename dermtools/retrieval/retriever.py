"""A case base as a LangChain retriever: similar cases as documents."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field, PrivateAttr

from dermtools.errors import DermtoolsError, QueryError
from dermtools.folders import FolderGrant, NotGrantedError, read_granted
from dermtools.handles import CASE_PREFIX
from dermtools.hidden_paths import client_text, places
from dermtools.images import ImageLimits
from dermtools.prediction import Query
from dermtools.retrieval.case_base import CaseBase
from dermtools.text import one_line
from dermtools.tracing import private_config

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
    from langchain_core.runnables import RunnableConfig

    from dermtools.retrieval.search.neighbors import Neighbor


class SimilarCaseRetriever(BaseRetriever):
    """Finds the cases most similar to a case (`case:ID`), a picture's path, or a text.

    A path, absolute or relative to one of the folders in `allow`, is read only below them; by default none, since
    a query may come from a language model. A text needs an embedder that reads text. The leak guard is always on.

        SimilarCaseRetriever(case_base=CaseBase.open("casebase"), k=3).invoke("case:PAT_9_17_80")
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    case_base: CaseBase
    k: int = Field(default=5, description="how many cases; may be given in a call too")
    where: str | None = Field(default=None, description="condition that found cases satisfy")
    max_per_group: int | None = Field(default=None, description="at most so many cases of one group")
    diversity: str | None = Field(default=None, description="`mmr`, or `balanced` over the labels of `task`")
    task: str | None = None
    allow: tuple[Path, ...] = Field(default=(), description="folders below which pictures may be read")

    _grants: tuple[FolderGrant, ...] = PrivateAttr(())

    def model_post_init(self, _: object, /) -> None:
        """Resolve the granted folders; DermtoolsError where one does not exist, or for a bad `where`."""
        self._grants = tuple(map(FolderGrant, self.allow))
        if self.where is not None:  # now, when the operator reads what is wrong, with all columns, and not a model
            self.case_base.snapshot.matching(self.where)

    def invoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """Similar cases, nearest first; QueryError or ImageError where the query is none."""
        return super().invoke(input, private_config(config), **kwargs)

    async def ainvoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """As `invoke`, off the event loop."""
        return await super().ainvoke(input, private_config(config), **kwargs)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        return self._documents(query, k)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        return await asyncio.to_thread(self._documents, query, k)

    def _documents(self, query: str, k: int | None) -> list[Document]:
        try:
            return self._found(query, k)
        except DermtoolsError as error:  # an agent's retriever: its errors are read by a model, and traced
            known = places(self.case_base.path, self.case_base.store.manifest.embedder, granted=self.allow)
            error.args = (client_text(error, known),)
            raise error from None

    def _found(self, query: str, k: int | None) -> list[Document]:
        neighbors = self.case_base.search(
            query=self._resolved(query),
            k=self.k if k is None else k,
            where=self.where,
            max_per_group=self.max_per_group,
            diversity=self.diversity,
            task=self.task,
        )
        return [_document(neighbor) for neighbor in neighbors]

    def _resolved(self, query: str) -> Query:
        if query.startswith(CASE_PREFIX):
            return self.case_base.query(case_id=query.removeprefix(CASE_PREFIX))
        try:
            return self.case_base.query(read_granted(self._grants, query, ImageLimits().max_bytes))
        except NotGrantedError:
            pass  # a text, or a path that it may not read
        if self.case_base.reads_text:
            return self.case_base.query(text=query)
        # The same words whether or not a file is there: nobody learns what lies outside the folders.
        raise QueryError(
            f"{self.case_base.identity.name} reads no text; ask with {CASE_PREFIX}ID"
            + (", or with a picture's path below an allowed folder" if self.allow else "")
        )


def _document(neighbor: Neighbor) -> Document:
    """Short lines without control characters, since they come from data and go to a model; metadata in full.

    Both have the shown attributes alone.
    """
    case = neighbor.case
    lines = [f"Case {one_line(case.case_id)}, similar case number {neighbor.rank}, distance {neighbor.distance:.4g}."]
    lines += [f"{task}: {one_line(', '.join(labels))}" for task, labels in case.labels.items()]
    told = neighbor.to_json()
    lines += [f"{one_line(name)}: {one_line(str(value))}" for name, value in told["attributes"].items()]
    return Document(id=case.case_id, page_content="\n".join(lines), metadata=told)
