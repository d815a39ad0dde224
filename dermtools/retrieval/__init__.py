"""Vector to neighbours: index, leak guard, diversity, vote, LangChain's doors; and `CaseBase`, which holds it all."""

from typing import TYPE_CHECKING

from dermtools.lazy import exports

if TYPE_CHECKING:
    from dermtools.cases.exports.arrays import Arrays as Arrays
    from dermtools.cases.exports.writing import ExportReport as ExportReport
    from dermtools.retrieval.audit.report import CheckReport as CheckReport
    from dermtools.retrieval.case_base import CaseBase as CaseBase
    from dermtools.retrieval.ingest.report import IngestReport as IngestReport
    from dermtools.retrieval.reembedding import ReembedReport as ReembedReport
    from dermtools.retrieval.retriever import SimilarCaseRetriever as SimilarCaseRetriever
    from dermtools.retrieval.search.neighbors import Neighbor as Neighbor
    from dermtools.retrieval.search.neighbors import Neighbors as Neighbors
    from dermtools.retrieval.vector_store import CaseVectorStore as CaseVectorStore
    from dermtools.retrieval.vote import KNNVote as KNNVote

__getattr__, __dir__, __all__ = exports(__name__)
