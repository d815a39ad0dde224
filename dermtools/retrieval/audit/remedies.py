"""The remedy of each finding of a check, one to accept or to pass over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dermtools.retrieval.attributes import Attributes
from dermtools.retrieval.audit.changes import Change, Close, Divide, Hash, Hide, Move, Relabel, Remove
from dermtools.retrieval.audit.report import CheckReport, Finding, Kind

if TYPE_CHECKING:
    from dermtools.cases.columns import CaseColumns
    from dermtools.cases.store import CaseStore

TORN: tuple[Kind, ...] = (
    "group-across-splits",
    "duplicate-across-splits",
    "near-duplicate-across-splits",
    "edited-copy-across-splits",
)
BROKEN: tuple[Kind, ...] = ("unreadable-picture", "bad-vector")
UNSEEN: tuple[Kind, ...] = (
    *TORN,
    "duplicate",
    *BROKEN,
    "identifying-attribute",
    "no-split",
    "open-to-others",
    "no-picture-hash",
)
"""Findings whose remedy nobody has to look at each time; which of two labels is right is not among them."""


@dataclass(frozen=True)
class Remedy:
    """What may be done about a finding."""

    kind: Kind
    change: Change


def remedies(report: CheckReport, store: CaseStore) -> Iterator[Remedy]:
    """What may be done about each finding, in the order of the report; nothing is done yet.

    Where labels contradict each other, each of them is offered in turn, and the rest is moot once one is taken.
    """
    columns, seen = store.columns(), set[Change]()
    for finding in report.findings:
        for change in _changes(finding, report, store, columns):
            if change not in seen:
                seen.add(change)
                yield Remedy(finding.kind, change)


def _changes(finding: Finding, report: CheckReport, store: CaseStore, columns: CaseColumns) -> Iterator[Change]:
    kind = finding.kind
    if kind in TORN:
        yield from (Move((cases,)) for cases in finding.cases)
    elif kind == "duplicate":
        contradicting = {frozenset(cases) for one in report.of("conflicting-labels") for cases in one.cases}
        for cases in finding.cases:
            if frozenset(cases) not in contradicting:  # which of them is right is asked first
                kept = max(cases, key=lambda case_id: len(columns.case(columns.row_of[case_id]).labels))
                yield Remove(tuple((case_id, kept) for case_id in cases if case_id != kept))
    elif kind in BROKEN:
        yield from (Remove(tuple((case_id, None) for case_id in cases)) for cases in finding.cases)
    elif kind == "conflicting-labels":
        yield from (change for cases in finding.cases for change in _either(cases, columns))
    elif kind == "doubtful-label":
        yield from _suggested(finding, report)
    elif kind == "unlike-labels":
        yield from _unlike(finding, report, columns)
    elif kind == "identifying-attribute":
        held = Attributes(store)
        yield from (Hide((name,)) for name in sorted(held.identifying.keys() & held.shown))
    elif kind == "no-split":
        yield Divide()
    elif kind == "open-to-others":
        yield Close(store.path)
    elif kind == "no-picture-hash":
        yield Hash()


def _either(cases: tuple[str, ...], columns: CaseColumns, *tasks: str) -> Iterator[Change]:
    """Give all of these cases the labels that one of them has, for each choice of labels and each task."""
    for task in tasks or columns.labels:
        given = {case_id: columns.labels[task][columns.row_of[case_id]] for case_id in cases}
        choices = dict.fromkeys(labels for labels in given.values() if labels)
        for labels in choices if len(choices) > 1 else ():
            yield Relabel(task, labels, tuple(given.items()))


def _suggested(finding: Finding, report: CheckReport) -> Iterator[Change]:
    for doubt in (doubt for task in report.labels or () if task.task == finding.task for doubt in task.doubtful):
        yield Relabel(doubt.task, (doubt.suggested,), ((doubt.case_id, doubt.labels),), doubt.evidence())


def _unlike(finding: Finding, report: CheckReport, columns: CaseColumns) -> Iterator[Change]:
    for pair in (pair for task in report.labels or () if task.task == finding.task for pair in task.unlike):
        yield from _either((pair.case_id, pair.other), columns, pair.task)
