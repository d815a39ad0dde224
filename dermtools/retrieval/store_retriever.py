"""LangChain's retriever over a vector store, whose traces and errors say nothing of where anything lies here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.documents import Document
from langchain_core.vectorstores import VectorStoreRetriever

from dermtools.retrieval.case_base import CaseBase
from dermtools.retrieval.search_kwargs import private_errors
from dermtools.tracing import private_config

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
    from langchain_core.runnables import RunnableConfig


class CaseStoreRetriever(VectorStoreRetriever):
    """What `CaseVectorStore.as_retriever` returns."""

    case_base: CaseBase

    def invoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """Documents and cases for a text, or for `case:ID`; raises as `CaseVectorStore.similarity_search`."""
        return super().invoke(input, private_config(config), **kwargs)

    async def ainvoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """As `invoke`, off the event loop."""
        return await super().ainvoke(input, private_config(config), **kwargs)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        with private_errors(self.case_base):
            return super()._get_relevant_documents(query, run_manager=run_manager, **kwargs)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        with private_errors(self.case_base):
            return await super()._aget_relevant_documents(query, run_manager=run_manager, **kwargs)
