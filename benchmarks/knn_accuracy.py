"""Accuracy of the neighbours' vote on a labelled table with splits, against the majority class.

python -m benchmarks.knn_accuracy TABLE [--embedder SPEC] [--k 15]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from dermtools.cases import load_source
from dermtools.retrieval import CaseBase, KNNVote


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
        for task in case_base.tasks:
            rows = [i for i, split in enumerate(columns.splits) if split == "test" and columns.labels[task.name][i]]
            queries = [case_base.query(case_id=columns.case_ids[i]) for i in rows]
            truth = [columns.labels[task.name][i] for i in rows]
            trained = [
                label
                for labels, split in zip(columns.labels[task.name], columns.splits, strict=True)
                if split == "train"
                for label in labels
            ]
            majority = max(sorted(set(trained)), key=trained.count)
            floor = sum(majority in labels for labels in truth) / len(truth)
            for k in arguments.k:
                predictions = KNNVote(case_base, task.name, k=k).predict_many(queries)
                right = sum(p.label in labels for p, labels in zip(predictions, truth, strict=True))
                print(
                    f"{task.name}: knn-vote-{k} {right / len(truth):.3f} ({right} of {len(truth)}), "
                    f"majority class {floor:.3f}"
                )


if __name__ == "__main__":
    main()
