"""How near the case base comes to each test case, and what that does to accuracy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from dermtools.evaluation.running.sampling import drawn
from dermtools.evaluation.scoring import Scored, Target, numbered_groups, shows
from dermtools.intervals import Interval, share_interval
from dermtools.retrieval.audit import leaks
from dermtools.retrieval.vote import KNNVote

if TYPE_CHECKING:
    from dermtools.prediction import Exemplar
    from dermtools.retrieval import CaseBase

DEPTH = 10
"""Nearest cases looked at, one a group."""
QUARTERS = 4
AT_ONCE = 1024
"""Queries that are searched for together."""
SAMPLED = 3_000
"""Of more cases asked about, so many: each is compared with all training cases, which would grow as the square."""


@dataclass(frozen=True)
class DistanceBin:
    """Cases whose nearest case lies at a distance from `low` to `high`."""

    low: float
    high: float
    n: int
    right: int
    interval: Interval
    """95 % interval of the accuracy, over groups."""


@dataclass(frozen=True)
class Nearness:
    """Test cases against the training cases, by the case base's own embedding."""

    looked_at: int
    """Test cases that were looked at: all, or a sample of many, spread over their groups."""
    recall: Mapping[int, float]
    """k to share of test cases with a true label among the k nearest, one case a group."""
    recall_intervals: Mapping[int, Interval]
    """95 % interval of each, over groups."""
    by_distance: Mapping[str, tuple[DistanceBin, ...]]
    """Arm to its accuracy in each quarter of the cases, nearest first."""
    near_duplicates: tuple[tuple[str, str], ...]
    """Test case and training case that show the same or nearly the same picture."""


def nearness(case_base: CaseBase, task: str, targets: Sequence[Target], methods: Iterable[Scored]) -> Nearness:
    """Look at how near the training cases come to the targets, and what that did to each method's accuracy."""
    sample = drawn(targets, SAMPLED, seed=0)
    nearest = nearest_cases(case_base, task, (target.case_id for target in sample))
    recall = recall_at(sample, nearest)
    return Nearness(
        looked_at=len(sample),
        recall={k: share for k, (share, _) in recall.items()},
        recall_intervals={k: interval for k, (_, interval) in recall.items()},
        by_distance={one.name: accuracy_by_distance(one, nearest) for one in methods},
        near_duplicates=near_duplicates(case_base, targets),
    )


def nearest_cases(case_base: CaseBase, task: str, case_ids: Iterable[str]) -> dict[str, tuple[Exemplar, ...]]:
    """The nearest training cases of each case, nearest first, one a group, the leak guard on."""
    neighbors = KNNVote(case_base, task, k=DEPTH, max_per_group=1)
    found: dict[str, tuple[Exemplar, ...]] = {}
    asked = iter(case_ids)
    while part := list(islice(asked, AT_ONCE)):  # many at once read the vectors once
        answers = neighbors.predict_many([case_base.query(case_id=case_id) for case_id in part])
        found |= {case_id: answer.exemplars for case_id, answer in zip(part, answers, strict=True)}
    return found


def recall_at(
    targets: Sequence[Target], nearest: Mapping[str, Sequence[Exemplar]], ks: Sequence[int] = (1, 3, 5, DEPTH)
) -> dict[int, tuple[float, Interval]]:
    """Share of targets with a true label among their k nearest, by k: the ceiling of copying labels from exemplars.

    With its 95 % interval, over groups.
    """
    shown = [[shows(target, exemplar) for exemplar in nearest[target.case_id]] for target in targets]
    groups = numbered_groups(targets)
    found = {k: np.array([any(one[:k]) for one in shown]) for k in ks}
    return {k: (float(hits.mean()), share_interval(hits, groups)) for k, hits in found.items()}


def accuracy_by_distance(
    scored: Scored, nearest: Mapping[str, Sequence[Exemplar]], bins: int = QUARTERS
) -> tuple[DistanceBin, ...]:
    """Accuracy in `bins` equal parts of the cases looked at, ordered by the distance of their nearest case."""
    known = [
        (float(first.distance), row)
        for row, target in enumerate(scored.targets)
        if (first := next(iter(nearest.get(target.case_id, ())), None)) is not None and first.distance is not None
    ]
    ordered = sorted(known, key=lambda pair: pair[0])
    found = []
    for part in np.array_split(np.arange(len(ordered)), min(bins, len(ordered)) or 1):
        inside = [ordered[place] for place in part]
        if inside:
            of = scored.only([row for _, row in inside])
            interval = share_interval(of.right, of.groups)
            found.append(DistanceBin(inside[0][0], inside[-1][0], len(inside), int(of.right.sum()), interval))
    return tuple(found)


def near_duplicates(case_base: CaseBase, targets: Iterable[Target]) -> tuple[tuple[str, str], ...]:
    """Pairs of an evaluated case and one of another split whose picture is the same, or nearly so for `check`."""
    columns, asked = case_base.columns, {target.case_id for target in targets}
    edited = leaks.copies(columns, case_base.jpegs)
    findings = [*leaks.duplicates(columns), *edited, *leaks.near_duplicates(columns, case_base.vectors)]
    pairs = [ids for finding in findings if finding.kind.endswith("across-splits") for ids in finding.cases]
    return tuple((one, other) for ids in pairs for one in ids if one in asked for other in ids if other not in asked)
