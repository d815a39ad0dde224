"""What a method does with its exemplars: does it vote, does it copy, does it think?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dermtools.evaluation.scoring import Scored, Target, is_right, shows
from dermtools.intervals import Interval, share_interval
from dermtools.retrieval.search.votes import votes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.prediction import Exemplar, Prediction


@dataclass(frozen=True)
class Share:
    """A count out of a number of cases."""

    count: int
    n: int
    interval: Interval | None = None
    """95 %, over groups; None of no case."""

    @property
    def share(self) -> float | None:
        """In [0, 1]; None of no case."""
        return self.count / self.n if self.n else None

    @classmethod
    def over(cls, values: NDArray[np.bool_], groups: NDArray[np.intp]) -> Share:
        """How many of these cases; `groups` has the number of each one's group."""
        return cls(int(values.sum()), len(values), share_interval(values, groups) if len(values) else None)


@dataclass(frozen=True)
class ExemplarUse:
    """One method over the cases that it saw exemplars for."""

    arm: str
    n: int
    vote_right: Share
    """The exemplars' plain vote names a true label."""
    agrees_with_vote: Share
    copies_last: Share
    """The answer is a label of the exemplar that stood last, right before the question."""
    copies_last_wrong: Share
    """The same, of the cases in which that label is wrong."""
    right_where_vote_wrong: Share
    wrong_where_vote_right: Share
    label_shown: Share
    """A true label stands among the exemplars."""
    right_where_not_shown: Share
    """Right though no exemplar shows a true label."""


def vote(exemplars: Sequence[Exemplar]) -> str | None:
    """The exemplars' own answer; ties go to the label that came first. None without labels."""
    given = votes(exemplars)
    return max(given, key=given.__getitem__, default=None)


def exemplar_use(scored: Scored) -> ExemplarUse | None:
    """How one method used its exemplars; None where it had none."""
    with_exemplars = [row for row, prediction in enumerate(scored.predictions) if prediction.exemplars]
    if not with_exemplars:
        return None
    part = scored.only(with_exemplars)
    rows = [_looked_at(prediction, target) for prediction, target in zip(part.predictions, part.targets, strict=True)]
    right, vote_right, agrees, copies, last_wrong, shown = np.array(rows).T

    def share(of: NDArray[np.bool_], among: NDArray[np.bool_]) -> Share:
        return Share.over(of[among], part.groups[among])

    every = np.ones(len(rows), dtype=np.bool_)
    return ExemplarUse(
        arm=scored.name,
        n=len(rows),
        vote_right=share(vote_right, every),
        agrees_with_vote=share(agrees, every),
        copies_last=share(copies, every),
        copies_last_wrong=share(copies, among=last_wrong),
        right_where_vote_wrong=share(right, among=~vote_right),
        wrong_where_vote_right=share(~right, among=vote_right),
        label_shown=share(shown, every),
        right_where_not_shown=share(right, among=~shown),
    )


def _looked_at(prediction: Prediction, target: Target) -> tuple[bool, ...]:
    """One answer beside its exemplars."""
    label, voted, last = prediction.label, vote(prediction.exemplars), prediction.exemplars[-1]
    return (
        is_right(label, target.truth),
        is_right(voted, target.truth),
        label is not None and label == voted,
        label in last.labels,
        not shows(target, last),
        any(shows(target, exemplar) for exemplar in prediction.exemplars),
    )
