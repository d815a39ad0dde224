"""Validation cases in three parts, by patient: to learn from, to choose by, and to judge by in the end."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dermtools.errors import QueryError
from dermtools.evaluation.running.sampling import drawn
from dermtools.evaluation.scoring import Rule, Target, targets
from dermtools.text import counted

if TYPE_CHECKING:
    from dermtools.retrieval import CaseBase

FEWEST = 2
"""Groups in each part."""


@dataclass(frozen=True)
class Parts:
    """Validation cases; no group has cases in two parts."""

    learning: tuple[Target, ...]
    """Whose answers, right or wrong, are told to the model that proposes texts."""
    choosing: tuple[Target, ...]
    """By which one of the proposed prompts is chosen."""
    held_out: tuple[Target, ...]
    """Asked about at the end, with the first prompt and the chosen one."""

    @property
    def size(self) -> str:
        """Cases and groups of all parts."""
        return _sized([*self.learning, *self.choosing, *self.held_out])

    @property
    def lines(self) -> dict[str, str]:
        """Cases and groups of each part, as a reader of a report needs them."""
        return {name: _sized(getattr(self, name)) for name in ("learning", "choosing", "held_out")}


def validation_parts(
    case_base: CaseBase, task: str, *, rule: Rule = Rule.ANY, limit: int | None = None, seed: int = 0, held_out: float
) -> Parts:
    """Split the validation cases of a task by group; of what is not held out, half is to learn from.

    A group that has a test case as well is left out altogether.

    Args:
        limit: of so many cases only, as in an evaluation.
        held_out: share of cases, in (0, 1).

    Raises:
        QueryError: no validation cases, too few groups of them, or no such share.
    """
    if not 0 < held_out < 1:
        raise QueryError(f"held out is a share of the validation cases between 0 and 1, e.g. 0.4, not {held_out}")
    columns = case_base.columns
    groups = columns.group_ids.coded.codes
    rows = np.flatnonzero(columns.splits.mask("valid"))
    usable = rows[~np.isin(groups[rows], groups[columns.splits.mask("test")])].tolist()
    if not usable:
        why = (
            "all its validation patients have test cases too" if rows.size else "the case base has no validation cases"
        )
        raise QueryError(f"{why}, and prompts are optimised on no others; make splits with dermtools split")
    return divided(drawn(targets(columns.cases(usable), task, rule), limit, seed), held_out, seed)


def divided(found: Sequence[Target], held_out: float, seed: int) -> Parts:
    """Groups in an order that a hash of seed and group gives, each to the part that lacks most cases.

    Raises:
        QueryError: there are fewer than two groups for each part.
    """
    groups: defaultdict[str, list[Target]] = defaultdict(list)
    for target in found:
        groups[target.group_id].append(target)
    if len(groups) < 3 * FEWEST:
        raise QueryError(
            f"{_sized(found)} of validation are too few to learn from, to choose by and to judge by; "
            f"{3 * FEWEST} patients are the least"
        )
    shares = {"held_out": held_out, "choosing": (1 - held_out) / 2, "learning": (1 - held_out) / 2}
    taken: dict[str, list[Target]] = {name: [] for name in shares}
    order = sorted(groups, key=lambda group: hashlib.sha256(f"{seed}\0part\0{group}".encode()).digest())
    for number, group in enumerate(order):
        lacking = {name: share * len(found) - len(taken[name]) for name, share in shares.items()}
        # The first groups go round, so that every part has some, whatever the sizes.
        part = list(shares)[number % 3] if number < 3 * FEWEST else max(lacking, key=lacking.__getitem__)
        taken[part] += groups[group]
    places = {target.case_id: place for place, target in enumerate(found)}
    ordered = {name: tuple(sorted(some, key=lambda one: places[one.case_id])) for name, some in taken.items()}
    return Parts(**ordered)


def _sized(found: Sequence[Target]) -> str:
    return f"{counted(len(found), 'case')} of {counted(len({one.group_id for one in found}), 'patient')}"
