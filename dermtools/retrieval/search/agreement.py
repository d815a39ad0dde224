"""What the labels of neighbours are held against: the query's own where they are known, else the neighbours' vote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dermtools.retrieval.search.votes import shares, voters

if TYPE_CHECKING:
    from dermtools.retrieval.search.votes import Shown


@dataclass(frozen=True)
class Standard:
    """Of one task: a neighbour's label agrees where it is one of these."""

    labels: tuple[str, ...]
    known: bool
    """Whether they are the query's own; else the label that the neighbours vote for."""


def standards(neighbors: Sequence[Shown], known: Mapping[str, Sequence[str]] | None = None) -> dict[str, Standard]:
    """The standard of each task that any neighbour is labelled for.

    Args:
        neighbors: those that are shown; each votes with the inverse of its distance, see `votes`.
        known: the query's own labels by task, where it is a labelled case.
    """
    found: dict[str, Standard] = {}
    for task in dict.fromkeys(task for one in neighbors for task, labels in one.case.labels.items() if labels):
        if known and known.get(task):
            found[task] = Standard(tuple(known[task]), known=True)
            continue
        found[task] = Standard((next(iter(shares(voters(neighbors, task)))),), known=False)
    return found
