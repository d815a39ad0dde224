"""Build a case base from the drawn sample, find similar cases, and let them vote.

    python examples/similar_cases.py [CASEBASE]

Replace `load_source("sample")` by `load_source("records.csv")` for photographs of your own.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from dermtools import CaseBase, load_source, method
from dermtools.retrieval import SimilarCaseRetriever


def main(folder: Path) -> None:
    case_base = CaseBase.open_or_create(folder)
    print(case_base.add(load_source("sample")).added, "cases added")

    # A query may be a path, bytes, a vector or a case; its own patient is never among the neighbours.
    query_id = next(case_id for case_id in case_base.columns.case_ids if case_base.case(case_id).split == "test")
    query = case_base.query(case_id=query_id)
    for neighbor in case_base.search(query=query, k=5, where="fitzpatrick <= 4", max_per_group=1):
        print(neighbor.rank, f"{neighbor.distance:.3f}", neighbor.case.case_id, neighbor.case.labels)

    vote = method("knn-vote-15", case_base, "location").predict(query)
    print("vote:", vote.label, "truth:", *case_base.case(query_id).labels["location"])

    # The same search as a LangChain retriever.
    documents = SimilarCaseRetriever(case_base=case_base, k=3).invoke(f"case:{query_id}")
    print([document.metadata["case_id"] for document in documents])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            main(Path(scratch) / "casebase")
