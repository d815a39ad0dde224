"""What a method does with its exemplars: does it vote, does it copy, does it think?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dermtools.evaluation.scoring import is_right, shows
from dermtools.retrieval.vote import votes

if TYPE_CHECKING:
    from dermtools.evaluation.scoring import Scored, Target
    from dermtools.prediction import Exemplar, Prediction


@dataclass(frozen=True)
class Share:
    """A count out of a number of cases."""

    count: int
    n: int

    @property
    def share(self) -> float | None:
        """In [0, 1]; None of no case."""
        return self.count / self.n if self.n else None


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
    cases = [
        _Used(prediction, target, bool(right))
        for prediction, target, right in zip(scored.predictions, scored.targets, scored.right, strict=True)
        if prediction.exemplars
    ]
    if not cases:
        return None

    def share(of: Callable[[_Used], bool], among: Callable[[_Used], bool] = lambda case: True) -> Share:
        chosen = [case for case in cases if among(case)]
        return Share(sum(map(of, chosen)), len(chosen))

    return ExemplarUse(
        arm=scored.name,
        n=len(cases),
        vote_right=share(lambda case: case.vote_right),
        agrees_with_vote=share(lambda case: case.agrees),
        copies_last=share(lambda case: case.copies),
        copies_last_wrong=share(lambda case: case.copies, among=lambda case: case.last_wrong),
        right_where_vote_wrong=share(lambda case: case.right, among=lambda case: not case.vote_right),
        wrong_where_vote_right=share(lambda case: not case.right, among=lambda case: case.vote_right),
        label_shown=share(lambda case: case.shown),
        right_where_not_shown=share(lambda case: case.right, among=lambda case: not case.shown),
    )


class _Used:
    """One answer beside its exemplars."""

    def __init__(self, prediction: Prediction, target: Target, right: bool) -> None:
        voted, last = vote(prediction.exemplars), prediction.exemplars[-1]
        self.right = right
        self.vote_right = is_right(voted, target.truth)
        self.agrees = prediction.label is not None and prediction.label == voted
        self.copies = prediction.label in last.labels
        self.last_wrong = not shows(target, last)
        self.shown = any(shows(target, exemplar) for exemplar in prediction.exemplars)
