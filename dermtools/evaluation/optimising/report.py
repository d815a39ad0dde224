"""What came of an optimisation, for people and for programs."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dermtools.intervals import share_interval
from dermtools.text import counted, few

if TYPE_CHECKING:
    from dermtools.evaluation.optimising.parts import Parts
    from dermtools.evaluation.running.records import Record
    from dermtools.evaluation.scoring import Rule, Scored
    from dermtools.evaluation.statistics.comparisons import Comparison
    from dermtools.prompting.files.library import Prompt

UNTOUCHED = "No test case was asked about, and no example was one."


@dataclass(frozen=True)
class Spent:
    """What all calls of an optimisation took, earlier starts included."""

    calls: int
    reflections: int
    """Of the calls, those to the model that proposes texts."""
    failed: int
    input_tokens: int
    output_tokens: int
    price_usd: float
    unpriced: int
    """Answers whose price is unknown; they are not in `price_usd`."""

    @classmethod
    def of(cls, records: Sequence[Record], reflection: str) -> Spent:
        """Added up over records; those of the arm `reflection` are proposals."""
        used = [record.prediction.usage for record in records if record.prediction.usage is not None]
        return cls(
            calls=len(records),
            reflections=sum(record.arm == reflection for record in records),
            failed=sum(record.failed for record in records),
            input_tokens=sum(usage.input_tokens for usage in used),
            output_tokens=sum(usage.output_tokens for usage in used),
            price_usd=sum(record.price_usd or 0.0 for record in records),
            unpriced=sum(record.price_usd is None and not record.failed for record in records),
        )

    @property
    def sentence(self) -> str:
        unknown = f", and {counted(self.unpriced, 'answer')} at an unknown price" if self.unpriced else ""
        failed = f", {self.failed:,} failed" if self.failed else ""
        return (
            f"{counted(self.calls, 'call')} ({self.reflections:,} to propose texts{failed}), "
            f"{self.input_tokens:,} tokens in, {self.output_tokens:,} out: ${self.price_usd:.2f}{unknown}"
        )


@dataclass(frozen=True)
class OptimisedPrompt:
    """What came of an optimisation: the new prompt, where one was better to choose by, and what it is worth.

    `before` is the first prompt, `method` and `rule` how it was asked and marked, `parts` which cases taught, chose
    and judged; `proposed` counts new texts, `spent` says what they cost.
    """

    before: Prompt
    prompt: Prompt | None
    """The new prompt file; None where no proposal did better on the cases to choose by."""
    folder: Path
    """Where answers, settings and report are kept."""
    method: str
    parts: Parts
    rule: Rule
    chosen_by: tuple[int, int] | None
    """Right on the cases to choose by, before and after: they chose, and so flatter; None where none were asked."""
    scored: tuple[Scored, ...]
    """Answers about the held-out cases, of the first prompt and of the new one; empty where none was asked."""
    comparison: Comparison | None
    """Of the new prompt against the first one on the held-out cases."""
    judged: int
    """New prompts that the held-out cases have judged, earlier starts of a search that went on included."""
    candidates: int
    """Prompts that were asked about all cases to choose by, the first one included."""
    proposed: int
    refused: tuple[str, ...]
    """Why proposed texts were refused, each as its author was told."""
    ended: str | None
    """Why the search stopped before its end; None where it did not."""
    spent: Spent
    texts: tuple[tuple[str, str, str], ...]
    """Place, first text and new text of what was rewritten."""

    @property
    def lines(self) -> list[str]:
        """For a person, a fact a line."""
        return [*self._result(), *self._search(), f"spent: {self.spent.sentence}", UNTOUCHED]

    @property
    def markdown(self) -> str:
        """The report: result, cases, search, cost and the texts as a diff."""
        name = self.prompt.id if self.prompt else self.before.id
        cases = {
            "to learn from": self.parts.lines["learning"],
            "to choose by": self.parts.lines["choosing"],
            "held out, to judge by": self.parts.lines["held_out"],
        }
        rows = "\n".join(f"| {part} | {size} |" for part, size in cases.items())
        result = "\n".join(f"- {line}" for line in [*self._result(), self.rule.sentence, UNTOUCHED])
        search = "\n".join(f"- {line}" for line in [*self._search(), f"Spent: {self.spent.sentence}."])
        diffs = "".join(f"\n### {place}\n\n```diff\n{_diff(*both)}\n```\n" for place, *both in self.texts)
        return (
            f"# Prompt {name}, optimised for {self.method}\n\n{result}\n\n## Cases\n\n"
            f"All of validation, no patient in two parts.\n\n| part | size |\n| --- | --- |\n{rows}\n\n"
            f"## Search\n\n{search}\n" + (f"\n## What was rewritten\n{diffs}" if diffs else "")
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data, for programs."""
        from dataclasses import asdict

        verdict = self.comparison
        held = {
            name: {"n": len(one), "right": int(one.right.sum()), "interval": asdict(_interval(one))}
            for name, one in zip(("before", "after"), self.scored, strict=False)
        }
        return {
            "prompt": str(self.prompt.path) if self.prompt else None,
            "folder": str(self.folder),
            "report": str(self.folder / "report.md"),
            "held_out": held,
            "comparison": None if verdict is None else {**asdict(verdict), "in_words": verdict.sentence},
            "chosen_by": self.chosen_by
            and {"n": len(self.parts.choosing), "before": self.chosen_by[0], "after": self.chosen_by[1]},
            "parts": self.parts.lines,
            "judged": self.judged,
            "candidates": self.candidates,
            "proposed": self.proposed,
            "refused": list(self.refused),
            "ended": self.ended,
            "spent": asdict(self.spent),
        }

    def _result(self) -> Iterator[str]:
        if self.prompt is None:
            yield "no proposed prompt did better on the cases to choose by: the first one stays, and none was written"
            return
        for name, one in zip(("before", "after"), self.scored, strict=False):
            interval = _interval(one)
            yield (
                f"held out, {name}: {int(one.right.sum())} of {len(one)} right, {one.right.mean():.1%} "
                f"(95 %: {interval.low:.1%} to {interval.high:.1%})"
            )
        yield self.comparison.sentence if self.comparison else "the held-out cases were not asked about: no verdict"
        if self.judged > 1:
            yield f"these cases have judged {self.judged} new prompts of this search: the verdict takes the last alone"

    def _search(self) -> Iterator[str]:
        if self.chosen_by is not None:
            # Counts, not shares: the best of several on the very cases that chose it deserves no interval.
            before, after = self.chosen_by
            yield f"to choose by: {before} of {len(self.parts.choosing)} right before, {after} after"
        proposed = f"{counted(self.proposed, 'text')} proposed"
        yield f"{counted(self.candidates, 'prompt')} asked about all cases to choose by; {proposed}"
        if self.refused:
            yield f"{counted(len(self.refused), 'proposal')} refused: {few(list(dict.fromkeys(self.refused)), 3, '; ')}"
        if self.ended:
            yield f"the search ended early: {self.ended}"


def _interval(one: Scored) -> Any:
    return share_interval(one.right, one.groups)


def _diff(before: str, after: str) -> str:
    return "\n".join(difflib.unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm=""))
