"""One row of the table: all that is measured of one arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dermtools.evaluation.statistics.metrics import (
    Calibration,
    ClassMetrics,
    adjacent_hits,
    calibration,
    confusion,
    top_k_hits,
)
from dermtools.intervals import Interval, share_interval
from dermtools.prediction import Outcome

if TYPE_CHECKING:
    from dermtools.evaluation.running.records import Record
    from dermtools.evaluation.running.run import Run
    from dermtools.evaluation.scoring import Scored

TOP = (3, 5)


@dataclass(frozen=True)
class Usage:
    """What the answers of one arm took."""

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    price_usd: float
    """Dollars, failed calls that were repeated included."""
    unpriced: int
    """Answers whose price is unknown; they are not in `price_usd`."""
    latency_median_s: float
    latency_p95_s: float


@dataclass(frozen=True)
class Summary:
    """One arm. Shares are in [0, 1]; every answer without a label counts as wrong.

    `arm` is its name; `right` counts cases, `accuracy` is their share of `n`. `balanced_accuracy` and
    `macro_f1` are means over labels, each label counting the same; `classes` has the figures of each, `outcomes` how
    many answers ended how, `calibration` how far probabilities can be trusted (None without any), `usage` time, tokens
    and price.
    """

    arm: str
    cases: int
    """Cases that the run asks about."""
    n: int
    """Cases answered so far, errors included: the denominator."""
    right: int
    accuracy: float
    groups: int
    """Patients, or other groups, of those cases."""
    interval: Interval
    """95 % interval of the accuracy, over groups."""
    balanced_accuracy: float
    macro_f1: float
    top_k: dict[int, float]
    """k to share of cases with a true label among the k most probable; empty without probabilities."""
    top_k_intervals: dict[int, Interval]
    """95 % interval of each, over groups."""
    adjacent_accuracy: float | None
    """Neighbouring body sites count as right; None where the labels are no body sites."""
    adjacent_interval: Interval | None
    """95 %, over groups."""
    calibration: Calibration | None
    outcomes: dict[str, int]
    classes: tuple[ClassMetrics, ...]
    usage: Usage

    @property
    def unlabelled(self) -> dict[str, int]:
        """Answers without a label: outcome to count, those that occur."""
        return {outcome: count for outcome, count in self.outcomes.items() if count and outcome != Outcome.OK}

    @property
    def complete(self) -> bool:
        """Whether every case has been asked about."""
        return self.n == self.cases


def summarize(run: Run) -> list[Summary]:
    """Summaries of every arm with answers, in the order of the arms."""
    spec = run.spec
    asked = {target.case_id for target in spec.targets}
    records = [record for record in run.records() if record.case_id in asked]
    return [_summary(scored, records, len(asked), spec.task.labels) for scored in run.scored()]


def _summary(scored: Scored, records: Sequence[Record], cases: int, labels: Sequence[str]) -> Summary:
    """One arm, from its answers and from all its records, repeated ones included, for what they cost."""
    records = [record for record in records if record.arm == scored.name]
    counts, right, n = confusion(scored, labels), int(scored.right.sum()), len(scored)
    tops = {k: hits for k in TOP if (hits := top_k_hits(scored, k)) is not None}
    near = adjacent_hits(scored)
    used = [record.prediction.usage for record in records if record.prediction.usage is not None]
    latency = np.array([record.latency_s for record in records])
    return Summary(
        arm=scored.name,
        cases=cases,
        n=n,
        right=right,
        accuracy=right / n,
        groups=int(scored.groups.max()) + 1,
        interval=share_interval(scored.right, scored.groups),
        balanced_accuracy=counts.balanced_accuracy(),
        macro_f1=counts.macro_f1(),
        top_k={k: float(hits.mean()) for k, hits in tops.items()},
        top_k_intervals={k: share_interval(hits, scored.groups) for k, hits in tops.items()},
        adjacent_accuracy=None if near is None else float(near.mean()),
        adjacent_interval=None if near is None else share_interval(near, scored.groups),
        calibration=calibration(scored),
        outcomes=scored.outcomes(),
        classes=tuple(counts.per_class()),
        usage=Usage(
            input_tokens=sum(usage.input_tokens for usage in used),
            output_tokens=sum(usage.output_tokens for usage in used),
            cached_input_tokens=sum(usage.cached_input_tokens for usage in used),
            price_usd=sum(record.price_usd or 0.0 for record in records),
            unpriced=sum(record.price_usd is None and not record.failed for record in records),
            latency_median_s=float(np.median(latency)),
            latency_p95_s=float(np.quantile(latency, 0.95)),
        ),
    )
