"""Vector to neighbours: index, leak guard, diversity, vote, LangChain retriever; and `CaseBase`, which holds it all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dermtools.retrieval.case_base import CaseBase
from dermtools.retrieval.check_report import CheckReport
from dermtools.retrieval.ingest_report import IngestReport
from dermtools.retrieval.neighbors import Neighbor, Neighbors
from dermtools.retrieval.vote import KNNVote

if TYPE_CHECKING:
    from dermtools.retrieval.retriever import SimilarCaseRetriever

__all__ = [
    "CaseBase",
    "CheckReport",
    "IngestReport",
    "KNNVote",
    "Neighbor",
    "Neighbors",
    "SimilarCaseRetriever",
]


def __getattr__(name: str) -> object:
    # Imports langchain-core, which takes longer than all the rest of this room.
    if name == "SimilarCaseRetriever":
        from dermtools.retrieval.retriever import SimilarCaseRetriever

        return SimilarCaseRetriever
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
