"""When an answer is right: exact match against the case's labels, and what happens to every other outcome.

Nothing is dropped: an invalid, refused, failed or abstained answer stays in the denominator as not right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dermtools.errors import QueryError
from dermtools.prediction import Exemplar, Outcome, Prediction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.cases.case import Case


class Rule(StrEnum):
    """How a truth of several labels is scored. Every table states its rule."""

    ANY = "any"
    """Right when the prediction is one of the case's labels."""
    SINGLE = "single"
    """Only cases with exactly one label are evaluated."""

    @property
    def sentence(self) -> str:
        """The rule as a reader of a table needs it."""
        if self is Rule.ANY:
            return "An answer is right when it is one of the case's labels, spelt exactly so."
        return "Only cases with exactly one label count; an answer is right when it is that label, spelt exactly so."


@dataclass(frozen=True)
class Target:
    """What one answer is held against.

    `case_id` and `group_id` are the case's, `truth` its labels of the task, one or several.
    """

    case_id: str
    group_id: str
    truth: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Scored:
    """The answers of one method beside their targets, in the order of the targets.

    `name` is the method's; `predictions` and `targets` are as long as each other.
    """

    name: str
    targets: tuple[Target, ...]
    predictions: tuple[Prediction, ...]

    def __len__(self) -> int:
        return len(self.targets)

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """Whether each answer is right, shape (n,)."""
        pairs = zip(self.labels, self.targets, strict=True)
        return np.array([is_right(label, target.truth) for label, target in pairs], dtype=np.bool_)

    @cached_property
    def groups(self) -> NDArray[np.intp]:
        """Number of each case's group, counted from 0, shape (n,)."""
        return numbered_groups(self.targets)

    @property
    def truth(self) -> list[str]:
        """One true label a case, as confusion matrices need it: the one that was hit, else the case's first."""
        pairs = zip(self.labels, self.targets, strict=True)
        return [label if label and label in target.truth else target.truth[0] for label, target in pairs]

    @property
    def labels(self) -> list[str | None]:
        """The label of each answer; None where there is none."""
        return [prediction.label for prediction in self.predictions]

    def outcomes(self) -> dict[str, int]:
        """How many answers ended in each way, every way listed."""
        counts = Counter(prediction.outcome for prediction in self.predictions)
        return {outcome.value: counts[outcome] for outcome in Outcome}

    def only(self, rows: Sequence[int]) -> Scored:
        """The answers of some rows."""
        return Scored(self.name, tuple(self.targets[row] for row in rows), tuple(self.predictions[row] for row in rows))


def numbered_groups(targets: Iterable[Target]) -> NDArray[np.intp]:
    """Number of each target's group, counted from 0, shape (n,)."""
    return np.asarray(np.unique([target.group_id for target in targets], return_inverse=True)[1], dtype=np.intp)


def shows(target: Target, exemplar: Exemplar) -> bool:
    """Whether an exemplar carries a true label of the target."""
    return not set(exemplar.labels).isdisjoint(target.truth)


def is_right(label: str | None, truth: Sequence[str]) -> bool:
    """Whether a label is one of the true ones: the same string, never a part of one, never empty."""
    return bool(label) and label in tuple(truth)


def targets(cases: Iterable[Case], task: str, rule: Rule = Rule.ANY) -> list[Target]:
    """The cases that can be scored for `task` under `rule`, in their order.

    Raises:
        QueryError: not a single case can.
    """
    found = [
        Target(case.case_id, case.group_id, truth)
        for case in cases
        if (truth := tuple(label for label in case.labels.get(task, ()) if label))
        and (rule is Rule.ANY or len(truth) == 1)
    ]
    if not found:
        raise QueryError(f"no case can be scored for {task!r} by the rule {rule.value!r}; choose another task or split")
    return found


def score(name: str, targets: Iterable[Target], predictions: Mapping[str, Prediction]) -> Scored:
    """Put the answers of one method (case id to prediction) beside their targets; targets not asked are left out."""
    asked = tuple(target for target in targets if target.case_id in predictions)
    return Scored(name, asked, tuple(predictions[target.case_id] for target in asked))
