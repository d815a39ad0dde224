"""Cases to begin with, where the person has brought no picture yet."""

from __future__ import annotations

from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.app.actions.searching import case_facts

if TYPE_CHECKING:
    from dermtools.app.session import AppSession

SUGGESTED = 12


class SuggestArguments(Arguments):
    """Whose labels the cases are to show."""

    task: str | None = None


def suggest(session: AppSession, arguments: SuggestArguments, _: Teller) -> dict[str, Any]:
    """A dozen cases, each label of the task in turn, one a group; the same ones as long as nobody writes.

    Raises:
        QueryError: there is no such task.
    """
    snapshot = session.opened.snapshot
    columns, rng = snapshot.columns, np.random.default_rng(0)
    masks = snapshot.by_label(arguments.task).values() if arguments.task else [np.ones(len(snapshot), np.bool_)]
    shuffled = [rng.permutation(np.flatnonzero(mask)).tolist() for mask in masks]
    chosen: dict[str, int] = {}
    for row in chain.from_iterable(zip_longest(*shuffled)):
        if row is not None:
            chosen.setdefault(columns.group_ids[row], row)
        if len(chosen) == SUGGESTED:
            break
    return {"cases": [case_facts(columns.case(row)) for row in chosen.values()], "version": columns.version}


ACTIONS = [Action("suggest", SuggestArguments, suggest)]
