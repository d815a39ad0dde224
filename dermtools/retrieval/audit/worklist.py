"""The findings of a check as a table to work through; what is filled in, `dermtools relabel` takes back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dermtools.cases.exports.delimited import guarded
from dermtools.retrieval.audit.report import CheckReport, Finding
from dermtools.retrieval.editing.label_list import FINDINGS, SEPARATOR
from dermtools.text import few

if TYPE_CHECKING:
    from dermtools.cases.columns import CaseColumns

Row = tuple[str, str, str, str, str, str, str]
"""The cells of `FINDINGS`."""


def worklist(report: CheckReport, columns: CaseColumns) -> str:
    """A CSV with one row a case of each finding, the most severe first; `new_label` is left empty.

    Several labels of a case stand in one cell. Text that a spreadsheet would take for a formula has an apostrophe
    before it. `columns` are of the version checked.
    """
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(FINDINGS)
    for finding in report.findings:
        for row in _rows(finding, report, columns):
            table.writerow([guarded(cell) if cell else "" for cell in row])
    return out.getvalue()


def _rows(finding: Finding, report: CheckReport, columns: CaseColumns) -> Iterator[Row]:
    judged = [task for task in report.labels or () if task.task == finding.task]
    if finding.kind == "doubtful-label":
        for doubt in (one for task in judged for one in task.doubtful):
            yield _labelled(finding, doubt.case_id, doubt.task, doubt.labels, (doubt.suggested,), doubt.evidence())
    elif finding.kind == "unlike-labels":
        for pair in (one for task in judged for one in task.unlike):
            note = "the same picture as" if pair.same_picture else "nearly the same picture as"
            yield _labelled(finding, pair.case_id, pair.task, pair.labels, pair.other_labels, f"{note} {pair.other}")
            yield _labelled(finding, pair.other, pair.task, pair.other_labels, pair.labels, f"{note} {pair.case_id}")
    elif finding.kind == "conflicting-labels":
        for cases in finding.cases:
            for task, column in columns.labels.items():
                given = {case_id: column[columns.row_of[case_id]] for case_id in cases}
                if len(set(given.values()) - {()}) > 1:
                    for case_id, labels in given.items():
                        yield _labelled(finding, case_id, task, labels, (), _with(case_id, cases))
    elif finding.cases:
        for cases in finding.cases:
            for case_id in cases:
                yield case_id, finding.kind, "", "", "", "", f"{_with(case_id, cases)}{finding.message}"
    else:
        yield "", finding.kind, finding.task or "", "", "", "", finding.message


def _labelled(
    finding: Finding, case_id: str, task: str, labels: tuple[str, ...], suggested: tuple[str, ...], note: str
) -> Row:
    return case_id, finding.kind, task, SEPARATOR.join(labels), SEPARATOR.join(suggested), "", note


def _with(case_id: str, cases: tuple[str, ...]) -> str:
    """Whom a case is found together with."""
    others = [other for other in cases if other != case_id]
    return f"with {few(others)}: " if others else ""
