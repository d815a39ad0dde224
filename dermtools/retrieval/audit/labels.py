"""Labels that what resembles their case contradicts: ranked by two witnesses who never saw the case's group.

The classifier is cross-validated by group, and its doubts are read as confident learning reads them (Northcutt, Jiang
and Chuang 2021, "Confident learning: estimating uncertainty in dataset labels"), by cleanlab. The neighbours are the
nearest cases of other groups. docs/evidence.md says how many planted errors stand at the head of the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dermtools.cases.columns import CaseColumns
from dermtools.cases.splits import joined_groups
from dermtools.errors import require_extra
from dermtools.progress import Progress, Silent
from dermtools.retrieval.audit.label_report import DoubtfulLabel, TaskLabels, UnlikeLabels
from dermtools.retrieval.audit.leaks import NEAR
from dermtools.retrieval.audit.nearest_cases import NearestCases, nearest_cases
from dermtools.retrieval.audit.out_of_fold import FOLDS, out_of_fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEIGHBOURS = 15
NAMED = 5
"""Nearest cases that a doubt names."""


def check_labels(
    columns: CaseColumns,
    vectors: NDArray[np.float32],
    tasks: Mapping[str, Sequence[str]],
    progress: Progress | None = None,
) -> tuple[TaskLabels, ...]:
    """Doubtful labels of each task, and pairs of like pictures with other labels.

    A label is doubted where it is neither the classifier's most probable nor the neighbours' most frequent. Of several
    labels of a case it is enough that one is: a label too many is not found. Cases without a label, and labels of
    fewer than `FOLDS` groups, are not judged. Groups that share a picture count as one.

    Args:
        columns, vectors: of one version of a case base; vectors float32, shape (n, d). Those not finite are passed by.
        tasks: task name to label set.
        progress: one step a task.

    Raises:
        MissingExtraError: the extra `report` is not installed.
    """
    require_extra("cleanlab", "report")
    progress = progress or Silent()
    progress.start(len(tasks), "checking labels")
    joined = joined_groups(columns.group_ids, columns.content_hashes)
    groups = np.unique(joined, return_inverse=True)[1]
    finite = np.isfinite(vectors).all(axis=1)
    searched: dict[bytes, NearestCases] = {}
    reports = []
    for task, labels in tasks.items():
        labelled = np.array([bool(given) for given in columns.labels[task]], dtype=bool)
        rows = np.flatnonzero(labelled & finite)
        own = np.unique(groups[rows], return_inverse=True)[1]
        if (key := rows.tobytes()) not in searched:  # most tasks label the same cases
            searched[key] = nearest_cases(vectors[rows], own, NEIGHBOURS, NEAR)
        reports.append(_Task(columns, task, labels, rows, own).report(vectors[rows], searched[key]))
        progress.advance()
    return tuple(reports)


class _Task:
    """The labelled cases of one task; row i of every array is the i-th of them."""

    def __init__(
        self,
        columns: CaseColumns,
        task: str,
        labels: Sequence[str],
        rows: NDArray[np.int64],
        groups: NDArray[np.int64],
    ) -> None:
        self.task, self.labels = task, tuple(labels)
        self.ids = [columns.case_ids[row] for row in rows]
        self.given = [columns.labels[task][row] for row in rows]
        self.contents = [columns.content_hashes[row] for row in rows]
        self.groups = groups
        place = {label: number for number, label in enumerate(self.labels)}
        self.truth = np.zeros((len(rows), len(self.labels)), dtype=bool)
        for row, given in enumerate(self.given):
            self.truth[row, [place[label] for label in given]] = True

    def report(self, vectors: NDArray[np.float32], near: NearestCases) -> TaskLabels:
        spread = np.array([len(np.unique(self.groups[column])) for column in self.truth.T], dtype=np.int64)
        closed = np.flatnonzero(spread >= FOLDS)
        rows = np.flatnonzero(self.truth[:, closed].any(axis=1))
        doubtful, right, most, judged = [], 0, 0, 0
        if len(closed) > 1:
            truth = self.truth[np.ix_(rows, closed)]
            probabilities, learned = out_of_fold(vectors[rows], truth, self.groups[rows])
            rows, truth, probabilities = rows[learned], truth[learned], probabilities[learned]
            judged, most = len(rows), int(truth.sum(axis=0).max(initial=0))
            right = int(truth[np.arange(judged), probabilities.argmax(axis=1)].sum())
            doubtful = self._doubts(rows, truth, probabilities, closed, near.foreign[rows])
        return TaskLabels(
            task=self.task,
            judged=judged,
            right=right,
            most_frequent=most,
            unjudged=tuple(self.labels[one] for one in np.flatnonzero((spread > 0) & (spread < FOLDS))),
            doubtful=tuple(doubtful),
            unlike=tuple(self._unlike(near)),
        )

    def _doubts(
        self,
        rows: NDArray[np.int64],
        truth: NDArray[np.bool_],
        probabilities: NDArray[np.float64],
        closed: NDArray[np.int64],
        foreign: NDArray[np.int64],
    ) -> list[DoubtfulLabel]:
        votes = (self.truth[foreign] & (foreign >= 0)[:, :, None]).sum(axis=1)
        own = self.truth[rows]
        asked = (foreign >= 0).sum(axis=1)
        by_neighbours = np.where(own, votes, 0).max(axis=1) < votes.max(axis=1)
        by_classifier = ~truth[np.arange(len(rows)), probabilities.argmax(axis=1)]
        score, confident = _confident(truth, probabilities)
        # Instead of its own labels: what the mean of both witnesses holds to be likeliest.
        likely = np.where(truth, -1, probabilities + votes[:, closed] / np.maximum(asked, 1)[:, None]).argmax(axis=1)
        doubted = np.flatnonzero(by_neighbours & by_classifier).tolist()
        doubted.sort(key=lambda one: (score[one], self.ids[rows[one]]))
        return [
            DoubtfulLabel(
                case_id=self.ids[rows[one]],
                task=self.task,
                labels=self.given[rows[one]],
                suggested=self.labels[closed[likely[one]]],
                score=score[one],
                probability=probabilities[one, likely[one]],
                neighbors=asked[one],
                neighbors_suggested=votes[one, closed[likely[one]]],
                neighbors_labelled=int(self.truth[foreign[one]][foreign[one] >= 0][:, own[one]].any(axis=1).sum()),
                nearest=tuple(self.ids[row] for row in foreign[one, :NAMED] if row >= 0),
                confident=confident[one],
            )
            for one in doubted
        ]

    def _unlike(self, near: NearestCases) -> Iterator[UnlikeLabels]:
        for (one, other), distance in zip(near.pairs.tolist(), near.distances.tolist(), strict=True):
            if set(self.given[one]) != set(self.given[other]):
                yield UnlikeLabels(
                    case_id=self.ids[one],
                    other=self.ids[other],
                    task=self.task,
                    labels=self.given[one],
                    other_labels=self.given[other],
                    distance=distance,
                    same_picture=self.contents[one] == self.contents[other],
                )


def _confident(
    truth: NDArray[np.bool_], probabilities: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Quality of each case's labels, in [0, 1], and whether confident learning counts them as wrong; shape (n,) each.

    A case of several labels counts as having the most probable of them, with the probability of all.
    """
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    every = np.arange(len(truth))
    label = np.where(truth, probabilities, -1).argmax(axis=1)
    folded = np.where(truth, 0, probabilities)
    folded[every, label] = np.where(truth, probabilities, 0).sum(axis=1)
    score = get_label_quality_scores(label, folded, method="self_confidence")
    issues = find_label_issues(label, folded, filter_by="confident_learning", n_jobs=1)
    return np.clip(score, 0, 1), issues
