"""Accuracy of the neighbours' vote on a labelled table with splits, against the majority class.

python -m benchmarks.knn_accuracy TABLE [--embedder SPEC] [--k 15]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from dermtools import CaseBase, load_source, method
from dermtools.evaluation import score, targets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table")
    parser.add_argument("--embedder", default="descriptor")
    parser.add_argument("--k", type=int, nargs="+", default=[15])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        case_base = CaseBase.create(Path(folder) / "casebase", embedder=arguments.embedder)
        case_base.add(load_source(arguments.table))
        columns = case_base.columns
        tested = [columns.case(row) for row, split in enumerate(columns.splits) if split == "test"]
        for task in case_base.tasks:
            asked = targets(tested, task.name)
            queries = [case_base.query(case_id=target.case_id) for target in asked]
            for name in ("majority", *(f"knn-vote-{k}" for k in arguments.k)):
                answers = method(name, case_base, task.name).predict_many(queries)
                ids = (target.case_id for target in asked)
                scored = score(name, asked, dict(zip(ids, answers, strict=True)))
                right, n = int(scored.right.sum()), len(scored)
                print(f"{task.name}: {name} {right / n:.3f} ({right} of {n})")


if __name__ == "__main__":
    main()
