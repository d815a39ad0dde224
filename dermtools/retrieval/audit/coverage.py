"""Findings about what a case base covers: labels in every split, and who and what is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from dermtools.cases.case import SPLITS
from dermtools.cases.columns import CaseColumns
from dermtools.cases.labels import doubts
from dermtools.retrieval.audit.report import Counts, Finding, Severity
from dermtools.text import few
from dermtools.vocabularies import records

RARE = 5
"""A label with fewer cases than this can hardly be learned or judged."""


def label_gaps(columns: CaseColumns, tasks: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Rare labels, labels that a split lacks, and cases without a label; `tasks` is task name to label set."""
    present = [split for split in SPLITS if split in set(columns.splits)]
    for task, labels in tasks.items():
        column = columns.labels[task]
        total = _tally(column)
        rare = [f"{label} {total[label]}" for label in labels if total[label] < RARE]
        if rare:
            message = f"task {task}, labels with fewer than {RARE} cases: {few(rare)}"
            yield Finding(severity="note", kind="rare-label", task=task, message=message)
        for split in present:
            shown = _tally(found for found, of_split in zip(column, columns.splits, strict=True) if of_split == split)
            missing = [label for label in labels if total[label] and not shown[label]]
            if missing:
                severity: Severity = "warning" if split == "train" else "note"
                effect = "; nothing can learn them" if split == "train" else ""
                message = f"task {task}, labels without a case in {split}: {few(missing)}{effect}"
                yield Finding(severity=severity, kind="label-missing-from-split", task=task, message=message)
        if unlabelled := column.count(()):
            message = f"task {task}, cases without a label: {unlabelled}"
            yield Finding(severity="note", kind="unlabelled", task=task, message=message)


def doubtful_labels(columns: CaseColumns, tasks: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Labels that look like another spelling of one, or like a missing value; `tasks` as for `label_gaps`."""
    for task, labels in tasks.items():
        for kind, message in doubts({**dict.fromkeys(labels, 0), **_tally(columns.labels[task])}):
            severity: Severity = "note" if kind == "similar-labels" else "warning"
            yield Finding(severity=severity, kind=kind, task=task, message=f"task {task}, {message}")


def recorded(columns: CaseColumns, kind: str, attributes: Collection[str]) -> tuple[Counts, ...]:
    """Counts of every task, and of each of these attributes, that records `kind`, one of `vocabularies.COLUMNS`.

    Known by its name.
    """
    kept = {name: values for name, values in columns.attributes.items() if name in attributes}
    values: dict[str, Sequence[Any]] = {**kept, **columns.labels}
    return tuple(_counts(name, column) for name, column in values.items() if records(kind, name))


def _counts(name: str, values: Sequence[Any]) -> Counts:
    tally = _tally(value if isinstance(value, tuple) else () if value is None else (str(value),) for value in values)
    unknown = sum(value is None or value == () for value in values)
    return Counts(name=name, counts=dict(tally.most_common()), unknown=unknown)


def _tally(rows: Iterable[tuple[str, ...]]) -> Counter[str]:
    return Counter(value for row in rows for value in row)
