"""Whether a method says the same again: agreement of repeated answers, and how far accuracy moves between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from dermtools.errors import require_extra
from dermtools.evaluation.running.repeats import REPEAT
from dermtools.intervals import CONFIDENCE, Interval, share_interval
from dermtools.prediction import Outcome

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.evaluation.running.run import Run
    from dermtools.evaluation.scoring import Scored

BLOCKS = 200
"""Groups, or blocks of them, that the interval of kappa leaves out one by one."""


@dataclass(frozen=True)
class Stability:
    """One arm and its repetitions over one thing, on the cases that all of them answered.

    `arm` is its name; `n` counts the cases, `groups` their patients.
    """

    arm: str
    over: str
    """`calls`, `draws` of examples, or `order` of examples."""
    answers: int
    """To each question, the first included."""
    n: int
    groups: int
    accuracies: tuple[float, ...]
    """Of each round, the first one first."""
    accuracy: float
    """Their mean."""
    interval: Interval
    """Of the mean, 95 %, over groups."""
    between_sd: float
    """Standard deviation of the accuracy between rounds: what a single run's figure owes to this round."""
    agreement: float
    """Share of pairs of answers to one question that are the same; no label counts as a label of its own."""
    agreement_interval: Interval
    """95 %, over groups."""
    kappa: float | None
    """Agreement beyond chance (Fleiss 1971); None where all answers are one label."""
    kappa_interval: Interval | None
    """95 %, by the jackknife over groups; None as well with a single group."""
    changed: int
    """Cases whose answers are not all the same."""
    price_usd: float
    """Dollars for the repetitions alone."""


def stability(run: Run) -> list[Stability]:
    """How stable each repeated arm of a run is; nothing where none was repeated, or no case has all answers.

    Raises:
        MissingExtraError: statsmodels is not installed.
    """
    found = []
    for (arm, over), rounds in _rounds(run).items():
        names = [one.name for one in rounds[1:]]
        paid = sum(record.price_usd or 0.0 for record in run.records() if record.arm in names)
        shared = set.intersection(*map(_answered, rounds))
        if shared:
            same = [one.only([row for row, t in enumerate(one.targets) if t.case_id in shared]) for one in rounds]
            found.append(_stability(arm, over, same, paid))
    return found


def _stability(arm: str, over: str, rounds: Sequence[Scored], paid: float) -> Stability:
    groups, right = rounds[0].groups, np.array([one.right for one in rounds], dtype=np.float64)
    counts = _counts([one.labels for one in rounds])
    m = len(rounds)
    agreeing = (counts * (counts - 1)).sum(axis=1) / (m * (m - 1))
    accuracies = right.mean(axis=1)
    kappa = _kappa(counts)
    return Stability(
        arm=arm,
        over=over,
        answers=m,
        n=len(groups),
        groups=int(groups.max()) + 1,
        accuracies=tuple(map(float, accuracies)),
        accuracy=float(accuracies.mean()),
        interval=share_interval(right.mean(axis=0), groups),
        between_sd=float(accuracies.std(ddof=1)),
        agreement=float(agreeing.mean()),
        agreement_interval=share_interval(agreeing, groups),
        kappa=kappa,
        kappa_interval=None if kappa is None else _jackknife(counts, groups, kappa),
        changed=int((counts.max(axis=1) < m).sum()),
        price_usd=paid,
    )


def _answered(one: Scored) -> set[str]:
    """Cases with an answer, if only a refusal, and no failed call."""
    pairs = zip(one.targets, one.predictions, strict=True)
    return {target.case_id for target, prediction in pairs if prediction.outcome is not Outcome.ERROR}


def _counts(rounds: Sequence[Sequence[str | None]]) -> NDArray[np.int64]:
    """How many answers to each question were which label, shape (cases, labels that occur); none is one of them."""
    occurring = {label: place for place, label in enumerate(dict.fromkeys(label for one in rounds for label in one))}
    counts = np.zeros((len(rounds[0]), len(occurring)), dtype=np.int64)
    for one in rounds:
        counts[np.arange(len(one)), [occurring[label] for label in one]] += 1
    return counts


def _kappa(counts: NDArray[np.int64]) -> float | None:
    """Fleiss' kappa of counts of labels, shape (cases, labels)."""
    if (counts.sum(axis=0) > 0).sum() < 2:
        return None
    require_extra("statsmodels", "report")
    from statsmodels.stats.inter_rater import fleiss_kappa

    return float(fleiss_kappa(counts))


def _jackknife(counts: NDArray[np.int64], groups: NDArray[np.intp], kappa: float) -> Interval | None:
    """Student's t over pseudo-values, groups left out block by block (Quenouille 1956; Tukey 1958)."""
    from scipy.special import stdtrit

    blocks = groups % BLOCKS
    present = np.unique(blocks)
    without = [_kappa(counts[blocks != block]) for block in present] if len(present) > 1 else []
    known = [one for one in without if one is not None]
    if len(known) < 2:
        return None
    pseudo = len(known) * kappa - (len(known) - 1) * np.array(known)
    half = float(stdtrit(len(known) - 1, (1 + CONFIDENCE) / 2)) * float(pseudo.std(ddof=1)) / sqrt(len(known))
    return Interval(max(-1.0, kappa - half), min(1.0, kappa + half))


def _rounds(run: Run) -> dict[tuple[str, str], list[Scored]]:
    """Repetitions that have answers, by what they repeat and over what, behind the arm itself."""
    answered = {one.name: one for one in run.scored(repetitions=True)}
    found: dict[tuple[str, str], list[Scored]] = {}
    for name, facts in run.spec.arms.items():
        told = facts.get(REPEAT)
        if told is not None and name in answered and told["of"] in answered:
            found.setdefault((told["of"], told["over"]), [answered[told["of"]]]).append(answered[name])
    return found
