"""Edits of the case base, each undone by going back to the version before; erasing alone is for good."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.app.actions.overview import NoArguments

if TYPE_CHECKING:
    from dermtools.app.session import AppSession
    from dermtools.cases.edits import Edit
    from dermtools.cases.history import History
    from dermtools.retrieval import CaseBase


class CasesChosen(Arguments):
    """Cases by their id."""

    cases: tuple[str, ...]


class RelabelArguments(CasesChosen):
    """The labels of one task that all of the cases are to have; none where they are unknown."""

    task: str
    labels: tuple[str, ...]
    new_labels: bool = False


class RelabelEachArguments(Arguments):
    """Case id to task to labels."""

    changes: dict[str, dict[str, tuple[str, ...]]]


class MoveArguments(CasesChosen):
    """The split that the cases and all others of their groups are to be in."""

    split: Literal["train", "valid", "test"]


class RestoreArguments(Arguments):
    """A version of the history; to undo an edit, also the version that the edit made."""

    version: int
    present: int | None = None


def relabel(session: AppSession, arguments: RelabelArguments, _: Teller) -> Edit:
    """As `CaseBase.relabel`, and with its errors."""
    changes = {case_id: {arguments.task: arguments.labels} for case_id in arguments.cases}
    return session.opened.relabel(changes, new_labels=arguments.new_labels)


def relabel_each(session: AppSession, arguments: RelabelEachArguments, _: Teller) -> Edit:
    """As `CaseBase.relabel`, and with its errors: one edit, however many labels."""
    return session.opened.relabel(arguments.changes)


def move(session: AppSession, arguments: MoveArguments, _: Teller) -> Edit:
    """As `CaseBase.split`, and with its errors."""
    groups = _groups(session.opened, arguments.cases)
    return session.opened.split(dict.fromkeys(groups, arguments.split))


def put_away(session: AppSession, arguments: CasesChosen, _: Teller) -> Edit:
    """As `CaseBase.remove`, and with its errors."""
    return session.opened.remove(arguments.cases)


def erasing(session: AppSession, arguments: CasesChosen, _: Teller) -> dict[str, Any]:
    """What `erase` would take with it; nothing is done."""
    case_base = session.opened
    columns, chosen = case_base.columns, set(arguments.cases)
    others = {
        group for case_id, group in zip(columns.case_ids, columns.group_ids, strict=True) if case_id not in chosen
    }
    groups = set(_groups(case_base, arguments.cases))
    return {
        "cases": len(chosen & columns.row_of.keys()),
        "whole_groups": len(groups - others),
        "versions": len(case_base.history().restorable()),
        "spaces": [one["name"] for one in case_base.spaces()],
    }


def erase(session: AppSession, arguments: CasesChosen, _: Teller) -> dict[str, int]:
    """As `CaseBase.delete`, and with its errors."""
    return {"erased": session.opened.delete(arguments.cases)}


def history(session: AppSession, _: NoArguments, __: Teller) -> History:
    """As `CaseBase.history`."""
    return session.opened.history()


def restore(session: AppSession, arguments: RestoreArguments, _: Teller) -> Edit:
    """As `CaseBase.restore`, and with its errors."""
    return session.opened.restore(arguments.version, present=arguments.present)


def _groups(case_base: CaseBase, case_ids: Iterable[str]) -> list[str]:
    """Groups of cases, each once; a QueryError where there is no such case."""
    snapshot = case_base.snapshot
    return list(dict.fromkeys(snapshot.columns.group_ids[snapshot.row(case_id)] for case_id in case_ids))


ACTIONS = [
    Action("relabel", RelabelArguments, relabel),
    Action("relabel_each", RelabelEachArguments, relabel_each),
    Action("move", MoveArguments, move),
    Action("put_away", CasesChosen, put_away),
    Action("erasing", CasesChosen, erasing),
    Action("erase", CasesChosen, erase),
    Action("history", NoArguments, history),
    Action("restore", RestoreArguments, restore),
]
