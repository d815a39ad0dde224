"""Votes of cases for their labels, the nearer the more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from dermtools.prediction import Exemplar, ranked

if TYPE_CHECKING:
    from dermtools.cases.case import Case

_NEVER_ZERO = 1e-9


class Shown(Protocol):
    """A case with its distance to the query, where there is one."""

    @property
    def case(self) -> Case: ...
    @property
    def distance(self) -> float | None: ...


def votes(exemplars: Sequence[Exemplar]) -> dict[str, float]:
    """Each label's votes, in the order in which the labels come first.

    An exemplar at distance d has weight 1 / d, shared equally among its labels (Dudani 1976, IEEE Trans. SMC 6(4));
    where not every distance is known, all have weight 1.
    """
    distances = [exemplar.distance for exemplar in exemplars if exemplar.distance is not None]
    weights = [1.0] * len(exemplars)
    if len(distances) == len(exemplars):
        # Relative to the farthest, so that the smallest distance that counts has no unit.
        scale = max(distances, default=0.0) or 1.0
        weights = [1 / (distance / scale + _NEVER_ZERO) for distance in distances]
    given: dict[str, float] = {}
    for exemplar, weight in zip(exemplars, weights, strict=True):
        for label in exemplar.labels:
            given[label] = given.get(label, 0.0) + weight / len(exemplar.labels)
    return given


def voters(neighbors: Iterable[Shown], task: str) -> tuple[Exemplar, ...]:
    """Those neighbours that carry a label of the task, in their order."""
    return tuple(
        Exemplar(
            case_id=neighbor.case.case_id,
            group_id=neighbor.case.group_id,
            labels=labels,
            distance=neighbor.distance,
        )
        for neighbor in neighbors
        if (labels := neighbor.case.labels.get(task))
    )


def shares(exemplars: Sequence[Exemplar]) -> dict[str, float]:
    """Each label's share of all `votes`, the largest first; empty where nobody votes."""
    given = votes(exemplars)
    total = sum(given.values())
    return ranked({label: count / total for label, count in given.items()})
