"""What is wrong or doubtful in the case base, with what may be done about each finding, and doing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.errors import QueryError
from dermtools.retrieval.audit.changes import Change, Present
from dermtools.retrieval.audit.remedies import UNSEEN, remedies
from dermtools.retrieval.audit.report import CheckReport, Finding, Kind

if TYPE_CHECKING:
    from dermtools.app.session import AppSession

LISTED = 300
"""Entries of a finding that the page is told; the count is of all."""

_REPORTS: WeakKeyDictionary[AppSession, _Kept] = WeakKeyDictionary()
"""Of each session: reloading the page does not check again, nor does an edit."""


class _Kept(NamedTuple):
    """A report, of which version, and what was asked of it."""

    asked: tuple[Any, ...]
    version: int
    report: CheckReport


class CheckArguments(Arguments):
    """As of `CaseBase.check`; a report of an earlier version than `version` is made anew."""

    labels: bool = False
    text: bool = False
    tasks: tuple[str, ...] = ()
    version: int = 0


class MendArguments(Arguments):
    """A kind of finding, and the entries of it that are to be remedied; all where none is named."""

    kind: Kind
    entries: tuple[tuple[str, ...], ...] = ()


def check(session: AppSession, arguments: CheckArguments, teller: Teller) -> dict[str, Any]:
    """The findings, most severe first, each with the first of its entries and what may be done about each of those.

    Raises:
        MissingExtraError: an extra is needed that is not installed.
        QueryError: no such task.
    """
    case_base = session.opened
    asked = (case_base.path, arguments.labels, arguments.text, arguments.tasks)
    kept = _REPORTS.get(session)
    if kept is None or kept.asked != asked or kept.version < arguments.version:
        version = case_base.version
        report = case_base.check(text=arguments.text, labels=arguments.labels, tasks=arguments.tasks, progress=teller)
        kept = _REPORTS[session] = _Kept(asked, version, report)
    report, now = kept.report, Present(case_base.store)
    return {
        "version": kept.version,
        "cases": report.cases,
        "findings": [_told(one, report, now) for one in report.findings],
        "labels": [
            one.model_copy(update={"doubtful": one.doubtful[:LISTED], "unlike": one.unlike[:LISTED]}).model_dump(
                mode="json"
            )
            for one in report.labels or ()
        ],
        "writing": {one.case_id: one.lines for one in report.writing or ()},
        "counts": [one.model_dump(mode="json") for one in (*report.skin_tones, *report.sites)],
    }


def mend(session: AppSession, arguments: MendArguments, _: Teller) -> dict[str, Any]:
    """Do the remedy of these entries in one go; the edit where a version of the cases comes of it.

    Raises:
        QueryError: there was no check, or nothing is left to do.
        CaseBaseError: another process is writing.
    """
    kept = _REPORTS.get(session)
    if kept is None:
        raise QueryError("nothing was checked yet; check the case base first")
    wanted = set(arguments.entries)
    now = Present(session.opened.store)
    changes = [
        change
        for one in kept.report.of(arguments.kind)
        for change in _changes(one, [ids for ids in one.cases if not wanted or ids in wanted], kept.report, now)
        if change.offer(now)
    ]
    if not changes:
        raise QueryError("nothing is left to do about this; check again")
    change = reduce(add, changes)
    done = change.offer(now)
    edit = change.make(now)
    return {"edit": edit and edit.model_dump(mode="json"), "done": done}


def _told(finding: Finding, report: CheckReport, now: Present) -> dict[str, Any]:
    listed = finding.cases[:LISTED]
    offers = [_offer(finding, [entry], report, now) for entry in listed] or [_offer(finding, [], report, now)]
    return {**finding.model_dump(mode="json"), "cases": listed, "count": len(finding.cases), "offers": offers}


def _offer(finding: Finding, entries: Sequence[tuple[str, ...]], report: CheckReport, now: Present) -> str | None:
    offers = (change.offer(now) for change in _changes(finding, entries, report, now))
    return next((offer for offer in offers if offer), None)


def _changes(
    finding: Finding, entries: Sequence[tuple[str, ...]], report: CheckReport, now: Present
) -> Iterator[Change]:
    """What may be done about some entries of a finding, where nobody has to say which label is right."""
    there = tuple(entry for entry in entries if len(now.there(entry)) == len(entry))
    if finding.kind in UNSEEN and (there or not finding.cases):
        about = finding.model_copy(update={"cases": there})
        # Of copies whose labels contradict each other none is put away before it was said which is right.
        part = report.model_copy(update={"findings": (about, *report.of("conflicting-labels"))})
        yield from (one.change for one in remedies(part, now.store) if one.kind == finding.kind)


ACTIONS = [Action("check", CheckArguments, check), Action("mend", MendArguments, mend)]
