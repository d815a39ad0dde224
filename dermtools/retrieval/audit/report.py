"""What a check of a case base found, as programs and people read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from pydantic import BaseModel, Field

from dermtools.retrieval.audit.label_report import TaskLabels
from dermtools.retrieval.writing import NO_WRITING, Writing
from dermtools.text import few

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
Kind = Literal[
    "group-across-splits",
    "duplicate-across-splits",
    "near-duplicate-across-splits",
    "edited-copy-across-splits",
    "duplicate",
    "near-duplicate",
    "edited-copy",
    "no-picture-hash",
    "conflicting-labels",
    "doubtful-label",
    "unlike-labels",
    "unreadable-picture",
    "tiny-picture",
    "writing",
    "bad-vector",
    "alike-labels",
    "missing-value-label",
    "similar-labels",
    "rare-label",
    "label-missing-from-split",
    "unlabelled",
    "no-split",
    "identifying-attribute",
    "identifying-id",
    "not-recorded",
    "open-to-others",
]
EXAMPLES = 3
LISTED = 20
"""Doubtful labels, and pairs of other labels, that a person is shown of a task."""


class Finding(BaseModel, frozen=True, extra="forbid"):
    """One kind of thing that is wrong or doubtful, with every case concerned."""

    severity: Severity = Field(description="error: results would be wrong; warning: look at it; note: know it")
    kind: Kind
    message: str
    task: str | None = Field(default=None, description="whose labels it is about; null where it is about no task's")
    cases: tuple[tuple[str, ...], ...] = Field(
        default=(), description="case ids; those that belong together (a pair, a group) in one entry"
    )

    def line(self) -> str:
        """One line for people, with a few examples."""
        shown = few([few(ids, EXAMPLES, " = ") for ids in self.cases], EXAMPLES)
        return f"{self.severity}: {self.message}" + (f" ({shown})" if shown else "")


def about(
    severity: Severity, kind: Kind, message: str, cases: Iterable[Sequence[str]], task: str | None = None
) -> Iterator[Finding]:
    """The finding about these cases, where there are any; `{}` in the message stands for how many entries."""
    if entries := tuple(map(tuple, cases)):
        yield Finding(severity=severity, kind=kind, message=message.format(len(entries)), task=task, cases=entries)


class Counts(BaseModel, frozen=True, extra="forbid"):
    """How many cases have each value of an attribute or task."""

    name: str
    counts: dict[str, int] = Field(description="value to cases, most frequent first")
    unknown: int

    def line(self) -> str:
        """One line for people."""
        total = max(1, sum(self.counts.values()) + self.unknown)
        values = ", ".join(f"{value} {count}" for value, count in self.counts.items())
        return f"{self.name}: {values or 'none'}; unknown {self.unknown} ({self.unknown / total:.0%})"


class CheckReport(BaseModel, frozen=True, extra="forbid"):
    """All findings, most severe first, and who is shown in the pictures.

    `cases` and `groups` are counts, `findings` what is wrong, each with what to do.
    """

    cases: int
    groups: int
    findings: tuple[Finding, ...]
    skin_tones: tuple[Counts, ...] = Field(description="one entry for every attribute that records skin tone")
    sites: tuple[Counts, ...] = Field(description="one entry for every task or attribute that records body site")
    writing: tuple[Writing, ...] | None = Field(
        default=None, description="what was read in stored pictures; null where it was not looked for"
    )
    labels: tuple[TaskLabels, ...] | None = Field(
        default=None, description="of each task, labels that seem wrong; null where they were not looked for"
    )

    def of(self, kind: Kind) -> tuple[Finding, ...]:
        """Findings of one kind."""
        return tuple(finding for finding in self.findings if finding.kind == kind)

    def lines(self) -> list[str]:
        """The report for people, one line a finding."""
        lines = [finding.line() for finding in self.findings] or ["nothing wrong or doubtful was found"]
        if self.writing is not None:
            lines += [f"writing in {one.line()}" for one in self.writing] or [NO_WRITING]
        for task in self.labels or ():
            lines += task.lines(LISTED)
        lines += [f"skin tone, {counts.line()}" for counts in self.skin_tones]
        return lines + [f"body site, {counts.line()}" for counts in self.sites]
