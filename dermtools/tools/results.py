"""What a tool gives back: short text for a model, plain data for a program, and pictures by handle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from dermtools.cases.case import AttributeValue, Case, Task
from dermtools.handles import CASE_PREFIX
from dermtools.prediction import Exemplar, Prediction
from dermtools.text import bounded, fenced, one_line

SHOWN_LABEL = 80
"""Characters of a label or id in a text for a model."""
SHOWN_ATTRIBUTES = 8
"""Attributes of a case in a text for a model; the data holds all."""
SHOWN_VALUE = 100
"""Characters of one attribute in a text for a model."""
SHOWN_CASE = 400
"""Characters of a case in a text for a model."""
SHOWN_LINE = 2000
"""Characters of one line of a text for a model."""
SHOWN_TEXT = 10_000
"""Characters that a tool quotes from the case base at most."""


class Result(BaseModel):
    """Data of one tool call; plain JSON once dumped."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    case_ids: list[str] = Field(default=[], description="every case that this result shows, in its order")
    pictures: list[str] = Field(default=[], description="handles of the pictures to show")
    notes: list[str] = Field(default=[], description="what a reader should know, one line each")


@dataclass(frozen=True)
class ToolResult:
    """One tool call's result in both forms."""

    text: str
    data: Result

    @property
    def artifact(self) -> dict[str, Any]:
        """The data as plain JSON values."""
        return self.data.model_dump(mode="json")


class FoundCase(BaseModel):
    """A case as a result names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    case_id: str
    handle: str
    group_id: str
    split: str | None = None
    rank: int | None = Field(default=None, description="from 1, the nearest; none where nothing was searched")
    distance: float | None = Field(default=None, description="Euclidean distance to the query")
    labels: dict[str, list[str]]
    attributes: dict[str, AttributeValue]

    @classmethod
    def of(cls, case: Case, tasks: Iterable[Task], rank: int | None = None, distance: float | None = None) -> FoundCase:
        """Labels outside a task's closed set are left out."""
        closed = {task.name: set(task.labels) for task in tasks}
        return cls(
            case_id=case.case_id,
            handle=CASE_PREFIX + case.case_id,
            group_id=case.group_id,
            split=case.split,
            rank=rank,
            distance=distance,
            labels={
                task: [label for label in labels if label in closed[task]]
                for task, labels in case.labels.items()
                if task in closed
            },
            attributes=dict(case.attributes),
        )

    def line(self) -> str:
        """One line of text for a model, cleaned and bounded; to be fenced."""
        start = "" if self.rank is None else f"{self.rank}. "
        distance = "" if self.distance is None else f" (distance {self.distance:.4g})"
        labels = [f"{one_line(task, 60)}: {shown(values)}" for task, values in self.labels.items() if values]
        attributes = list(self.attributes.items())
        told = [
            f"{one_line(name, 60)}: {one_line(str(value), SHOWN_VALUE)}"
            for name, value in attributes[:SHOWN_ATTRIBUTES]
        ]
        left_out = len(attributes) - SHOWN_ATTRIBUTES
        more = [f"{left_out} more attributes"] if left_out > 0 else []
        known = "; ".join([*labels, *told, *more]) or "nothing known"
        return bounded(f"{start}{one_line(self.handle, SHOWN_LABEL)}{distance} - {known}", SHOWN_CASE)


class Answer(BaseModel):
    """A method's prediction in a result, with its most probable labels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str
    outcome: str
    label: str | None
    confidence: float | None
    probabilities: dict[str, float] | None = Field(description="of the most probable labels asked for")
    label_set: list[str] | None = Field(description="conformal label set")
    exemplars: list[Exemplar]
    reason: str | None

    @classmethod
    def of(cls, prediction: Prediction, top_k: int) -> Answer:
        """The `top_k` most probable labels are kept."""
        likely = None if prediction.probabilities is None else dict(list(prediction.probabilities.items())[:top_k])
        return cls(
            method=prediction.method,
            outcome=str(prediction.outcome),
            label=prediction.label,
            confidence=prediction.confidence,
            probabilities=likely,
            label_set=None if prediction.label_set is None else list(prediction.label_set),
            exemplars=list(prediction.exemplars),
            reason=prediction.reason,
        )

    def line(self) -> str:
        """One line of text for a model; to be fenced."""
        if self.label is None:
            return f"{self.method}: no label, {self.outcome}: {one_line(self.reason or 'no reason given', 300)}"
        return f"{self.method}: {one_line(self.label, SHOWN_LABEL)}" + (
            f"; probabilities: {percentages(self.probabilities)}" if self.probabilities else ""
        )


def shown(labels: Iterable[str]) -> str:
    """Labels or ids in a text for a model."""
    return ", ".join(one_line(label, SHOWN_LABEL) for label in labels)


def percentages(probabilities: Mapping[str, float]) -> str:
    """Probabilities in a text for a model."""
    return ", ".join(f"{one_line(label, SHOWN_LABEL)} {share:.1%}" for label, share in probabilities.items())


def quoted(lines: Iterable[str], notes: Iterable[str] = ()) -> str:
    """Lines and notes between `<data>` and `</data>`, cleaned and bounded: both may repeat words of the data."""
    told = [*lines, *(f"note: {note}" for note in notes)]
    return fenced("\n".join(one_line(line, SHOWN_LINE) for line in told), SHOWN_TEXT)
