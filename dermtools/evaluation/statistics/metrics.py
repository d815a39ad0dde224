"""How good a list of answers is: accuracy and its relatives, per class, top-k, near misses and calibration.

Definitions are scikit-learn's (tests hold them against it); an answer without a label is wrong everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from dermtools.adapter.calibration import calibration_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.evaluation.scoring import Scored

BINS = 10


@dataclass(frozen=True)
class ClassMetrics:
    """One label. Shares are in [0, 1]; None of no case."""

    label: str
    n: int
    """Cases with this true label."""
    predicted: int
    right: int
    precision: float | None
    recall: float | None
    f1: float


@dataclass(frozen=True, eq=False)
class Confusion:
    """Counts of true label (row) against answered label (column); the last column is "no label"."""

    labels: tuple[str, ...]
    counts: NDArray[np.int64]
    """Shape (labels, labels + 1)."""

    @classmethod
    def of(cls, truth: Sequence[str], answers: Sequence[str | None], labels: Sequence[str] = ()) -> Confusion:
        """Count pairs. `labels` gives an order; labels that occur beyond it follow, sorted."""
        seen = {*truth, *(answer for answer in answers if answer is not None)}
        order = (*labels, *sorted(seen.difference(labels)))
        place = {label: number for number, label in enumerate(order)}
        counts = np.zeros((len(order), len(order) + 1), dtype=np.int64)
        for true, answer in zip(truth, answers, strict=True):
            counts[place[true], len(order) if answer is None else place[answer]] += 1
        return cls(order, counts)

    def per_class(self) -> list[ClassMetrics]:
        """Precision, recall and F1 of every label that occurs as truth or answer."""
        found = []
        for number, label in enumerate(self.labels):
            n, predicted = int(self.counts[number].sum()), int(self.counts[:, number].sum())
            if n or predicted:
                right = int(self.counts[number, number])
                precision, recall = right / predicted if predicted else None, right / n if n else None
                found.append(ClassMetrics(label, n, predicted, right, precision, recall, 2 * right / (n + predicted)))
        return found

    def balanced_accuracy(self) -> float:
        """Mean recall over the labels that occur as truth; of at least one case."""
        return float(np.mean([entry.recall for entry in self.per_class() if entry.recall is not None]))

    def macro_f1(self) -> float:
        """Mean F1 over the labels that occur as truth or answer; of at least one case."""
        return float(np.mean([entry.f1 for entry in self.per_class()]))


@dataclass(frozen=True)
class ReliabilityBin:
    """Answers whose confidence lies in (low, high]; the first bin takes 0 too."""

    low: float
    high: float
    n: int
    confidence: float | None
    """Mean confidence."""
    accuracy: float | None


@dataclass(frozen=True)
class Calibration:
    """Whether stated confidence is true confidence, over the answers that come with probabilities."""

    n: int
    ece: float
    """Expected calibration error: mean gap of confidence and accuracy, weighted by bin size."""
    bins: tuple[ReliabilityBin, ...]


def confusion(scored: Scored, labels: Sequence[str] = ()) -> Confusion:
    """Confusion counts of one method; of several true labels the one that was hit, else the first, counts."""
    return Confusion.of(scored.truth, scored.labels, labels)


def top_k_hits(scored: Scored, k: int) -> NDArray[np.bool_] | None:
    """Whether a true label is among the k most probable, a case; None where no answer has probabilities."""
    if not any(prediction.probabilities for prediction in scored.predictions):
        return None
    pairs = zip(scored.predictions, scored.targets, strict=True)
    hits = [not set(list(one.probabilities or {})[:k]).isdisjoint(target.truth) for one, target in pairs]
    return np.array(hits, np.bool_)


def calibration(scored: Scored, bins: int = BINS) -> Calibration | None:
    """Reliability of the most probable label, abstained answers included; None without probabilities.

    Equal-width bins as in Guo et al. 2017, "On Calibration of Modern Neural Networks".
    """
    rows, confidence, right = confidences(scored)
    if not len(rows):
        return None
    error, bars = calibration_error(confidence, right, bins=bins)
    found = (ReliabilityBin(bar.lower, bar.upper, bar.cases, bar.confidence, bar.accuracy) for bar in bars)
    return Calibration(len(rows), error, tuple(found))


def confidences(scored: Scored) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.bool_]]:
    """Rows of the answers with probabilities, that of their most probable label, and whether it is a true one."""
    found = [
        (row, prediction.confidence or 0.0, next(iter(prediction.probabilities)) in target.truth)
        for row, (prediction, target) in enumerate(zip(scored.predictions, scored.targets, strict=True))
        if prediction.probabilities
    ]
    rows, confidence, right = zip(*found, strict=True) if found else ((), (), ())
    return np.array(rows, np.intp), np.array(confidence, np.float64), np.array(right, np.bool_)


@cache
def neighboring_sites() -> dict[str, frozenset[str]]:
    """Site label to the labels of the sites that touch it."""
    text = resources.files(__package__).joinpath("data/neighboring_sites.json").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for site, others in json.loads(text)["neighbors"].items():
        for other in others:
            found.setdefault(site, set()).add(other)
            found.setdefault(other, set()).add(site)
    return {site: frozenset(others) for site, others in sorted(found.items())}


def adjacent_hits(scored: Scored) -> NDArray[np.bool_] | None:
    """Whether an answer is right or names a site next to a true one, a case; None where no label is a known site."""
    sites = neighboring_sites()
    if not any(label in sites for target in scored.targets for label in target.truth):
        return None
    near = [
        bool(right) or any(prediction.label in sites.get(label, ()) for label in target.truth)
        for right, prediction, target in zip(scored.right, scored.predictions, scored.targets, strict=True)
    ]
    return np.array(near, np.bool_)
