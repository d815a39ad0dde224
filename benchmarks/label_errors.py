"""Planted label errors: how many stand at the head of `check --labels`, against chance and cleanlab alone.

A share of the labels is flipped, each to another label of its task drawn at random (`uniform`), or as often as the task
has it (`frequent`); then the first so many places of each ranking are read. As many places are read as labels were
flipped, so the share of places with a flipped label is also the share of flipped labels found. `rarest label` ranks by
nothing but how rare a label is. Intervals are 95 %, over patients (`share_interval`); differences to cleanlab's ranking
of the same out-of-fold probabilities are judged by the sign-flip test, all of a run being one family.

    python -m benchmarks.label_errors CASEBASE [CASEBASE ...] [--seeds 10] [--share 0.05]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from dermtools.cases import CaseStore
from dermtools.cases.columns import LABEL_PREFIX, CaseColumns
from dermtools.evaluation import share_interval
from dermtools.evaluation.reporting.tables import markdown
from dermtools.evaluation.statistics.comparisons import Comparison, judge, measure
from dermtools.retrieval.audit.labels import check_labels
from dermtools.retrieval.audit.out_of_fold import FOLDS, out_of_fold

RANKINGS = ("check --labels", "cleanlab alone", "rarest label")


def flipped(truth: np.ndarray, share: float, seed: int, *, frequent: bool) -> tuple[np.ndarray, np.ndarray]:
    """Labels with a share of them flipped, and the rows of those; `truth` is the number of each row's label."""
    random = np.random.default_rng(seed)
    rows = np.sort(random.choice(len(truth), round(share * len(truth)), replace=False))
    changed = truth.copy()
    for row in rows:
        chance = np.bincount(truth).astype(float) if frequent else np.ones(truth.max() + 1)
        chance[truth[row]] = 0
        changed[row] = random.choice(len(chance), p=chance / chance.sum())
    return changed, rows


def rankings(columns: CaseColumns, vectors: np.ndarray, task: str, labels: tuple[str, ...]) -> Iterator[list[int]]:
    """Rows, the most doubtful first, by each of `RANKINGS`."""
    from cleanlab.rank import get_label_quality_scores

    (found,) = check_labels(columns, vectors, {task: labels})
    yield [columns.row_of[one.case_id] for one in found.doubtful]
    given = np.array([labels.index(one) for (one,) in columns.labels[task]])
    groups = np.unique(columns.group_ids, return_inverse=True)[1]
    closed = [number for number in range(len(labels)) if len(set(groups[given == number])) >= FOLDS]
    rows = np.flatnonzero(np.isin(given, closed))
    truth = given[rows, None] == np.array(closed)
    probabilities, _ = out_of_fold(vectors[rows], truth, groups[rows])
    scores = get_label_quality_scores(truth.argmax(axis=1), probabilities)
    yield rows[np.argsort(scores, kind="stable")].tolist()
    yield np.argsort(np.bincount(given)[given], kind="stable").tolist()


def measured(path: str, seeds: int, share: float, frequent: bool) -> Iterator[tuple[str, list[str], Comparison]]:
    """Of each task: its name, the share of each ranking with its interval, and the first against the second."""
    store = CaseStore.open(path)
    columns, vectors = store.columns_and_vectors()
    patients = np.unique(columns.group_ids, return_inverse=True)[1]
    ids = {"case_id": columns.case_ids.array, "group_id": columns.group_ids.array}
    ids["content_hash"] = columns.content_hashes.array
    for task in store.manifest.tasks:
        truth = np.array([task.labels.index(one) for (one,) in columns.labels[task.name]])
        hits: dict[str, list[bool]] = defaultdict(list)
        asked: list[int] = []
        for seed in range(seeds):
            changed, rows = flipped(truth, share, seed, frequent=frequent)
            given = pa.table({**ids, LABEL_PREFIX + task.name: [[task.labels[number]] for number in changed]})
            asked += patients[rows].tolist()
            found = rankings(CaseColumns.held(columns.version, [task.name], given), vectors, task.name, task.labels)
            for name, ranking in zip(RANKINGS, found, strict=True):
                head = set(ranking[: len(rows)])
                hits[name] += [row in head for row in rows.tolist()]
        groups = np.unique(asked, return_inverse=True)[1]
        cells = []
        for name in RANKINGS:
            interval = share_interval(hits[name], groups)
            cells.append(f"{np.mean(hits[name]):.3f} [{interval.low:.3f}, {interval.high:.3f}]")
        gain = np.array(hits[RANKINGS[0]], dtype=np.int64) - np.array(hits[RANKINGS[1]])
        yield task.name, cells, measure(*RANKINGS[:2], gain, groups, 0.05, None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("casebases", nargs="+", metavar="CASEBASE")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--share", type=float, default=0.05)
    arguments = parser.parse_args()
    rows, compared = [], []
    for path in arguments.casebases:
        for flips, frequent in (("uniform", False), ("frequent", True)):
            for task, cells, comparison in measured(path, arguments.seeds, arguments.share, frequent):
                rows.append([path, task, flips, *cells])
                compared.append(comparison)
                print(*rows[-1], flush=True)
    print(markdown([["case base", "task", "flips", *RANKINGS], *rows]))
    for row, comparison in zip(rows, judge(compared), strict=True):
        print(*row[:3], comparison.sentence)


if __name__ == "__main__":
    main()
