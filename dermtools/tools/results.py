"""What a tool gives back: short text for a model, plain data for a program, pictures by handle; or why it failed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dermtools.cases.attributes import visible
from dermtools.cases.case import AttributeValue, Case, Task
from dermtools.errors import DermtoolsError
from dermtools.handles import CASE_PREFIX
from dermtools.hidden_paths import client_text, without_paths
from dermtools.prediction import Exemplar, Prediction
from dermtools.text import bounded, fenced, one_line, unfenced

TRY_AGAIN = "The arguments were wrong. Change them and call the tool again."
FINAL = "This error is final: do not call this tool again for this, and tell the user what it says."
SHOWN_ATTRIBUTES = 8
"""Attributes of a case in a text for a model; the data holds all."""

# Characters at most in a text for a model,
SHOWN_REASON = 600  # of an error
SHOWN_LABEL = 80  # of a label or id
SHOWN_VALUE = 100  # of one attribute
SHOWN_CASE = 400  # of a case
SHOWN_LINE = 2000  # of one line
SHOWN_TEXT = 10_000  # of all that is quoted from the case base
SHOWN_ASIDE = 200  # of what an error repeats
SHOWN_PROBLEMS = 10  # arguments that do not fit

# As repr writes them; an apostrophe in a word opens none, and one that was cut off before its end goes to the end.
_QUOTED = re.compile(r"(?<!\w)'(?:[^'\\]|\\.)*(?:'|\\?$)|(?<!\w)\"(?:[^\"\\]|\\.)*(?:\"|\\?$)")


class Data(BaseModel):
    """Part of a result; plain JSON once dumped."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Result(Data):
    """Data of one tool call."""

    case_ids: list[str] = Field(default=[], description="every case that this result shows, in its order")
    pictures: list[str] = Field(default=[], description="handles of the pictures to show")
    notes: list[str] = Field(default=[], description="what a reader should know, one line each")


@dataclass(frozen=True)
class ToolResult:
    """One tool call's result in both forms.

    `text` is for a model, fenced and bounded; `data` for programs.
    """

    text: str
    data: Result

    @property
    def artifact(self) -> dict[str, Any]:
        """The data as plain JSON values."""
        return self.data.model_dump(mode="json")


class FoundCase(Data):
    """A case as a result names it."""

    case_id: str
    handle: str
    group_id: str
    split: str | None = None
    rank: int | None = Field(default=None, description="from 1, the nearest; none where nothing was searched")
    distance: float | None = Field(default=None, description="Euclidean distance to the query")
    labels: dict[str, list[str]]
    attributes: dict[str, AttributeValue]

    @classmethod
    def of(
        cls,
        case: Case,
        tasks: Iterable[Task],
        rank: int | None = None,
        distance: float | None = None,
        *,
        shown: Collection[str] = (),
    ) -> FoundCase:
        """Attributes that are not `shown` are left out, and labels outside a task's closed set."""
        closed = {task.name: task.labels for task in tasks}
        known_tasks = {task: given for task, given in case.labels.items() if task in closed}
        labels = {task: [label for label in given if label in closed[task]] for task, given in known_tasks.items()}
        known = visible(case, shown).model_dump(exclude={"labels"})
        return cls(**known, handle=CASE_PREFIX + case.case_id, labels=labels, rank=rank, distance=distance)

    def line(self) -> str:
        """One line of text for a model, cleaned and bounded; to be fenced."""
        start = "" if self.rank is None else f"{self.rank}. "
        distance = "" if self.distance is None else f" (distance {self.distance:.4g})"
        labels = [f"{one_line(task, 60)}: {shown(values)}" for task, values in self.labels.items() if values]
        told = [f"{one_line(name, 60)}: {one_line(str(value), SHOWN_VALUE)}" for name, value in self.attributes.items()]
        if len(told) > SHOWN_ATTRIBUTES:
            told[SHOWN_ATTRIBUTES:] = [f"{len(told) - SHOWN_ATTRIBUTES} more attributes"]
        known = "; ".join([*labels, *told]) or "nothing known"
        return bounded(f"{start}{one_line(self.handle, SHOWN_LABEL)}{distance} - {known}", SHOWN_CASE)


class Answer(Data):
    """A method's prediction in a result, with its most probable labels."""

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
        answer = cls.model_validate(prediction, from_attributes=True)
        likely = answer.probabilities
        kept = None if likely is None else dict(islice(likely.items(), top_k))
        reason = None if answer.reason is None else without_paths(answer.reason)
        return answer.model_copy(update={"probabilities": kept, "reason": reason})

    def line(self) -> str:
        """One line of text for a model; to be fenced."""
        if self.label is None:
            return f"{self.method}: no label, {self.outcome}: {one_line(self.reason or 'no reason given', 300)}"
        shares = ", ".join(f"{shown([label])} {share:.1%}" for label, share in (self.probabilities or {}).items())
        return f"{self.method}: {shown([self.label])}" + (f"; probabilities: {shares}" if shares else "")


def shown(labels: Iterable[str]) -> str:
    """Labels or ids in a text for a model."""
    return ", ".join(one_line(label, SHOWN_LABEL) for label in labels)


def quoted(lines: Iterable[str], notes: Iterable[str] = ()) -> str:
    """Lines and notes between `<data>` and `</data>`, cleaned and bounded: both may repeat words of the data."""
    told = [*lines, *(f"note: {note}" for note in notes)]
    return fenced("\n".join(one_line(line, SHOWN_LINE) for line in told), SHOWN_TEXT)


def error_message(error: DermtoolsError, known: Mapping[str | Path, str]) -> str:
    """An error as a text for a model: whether to try again, and why; `known` paths as of `client_text`.

    The reason is to be acted upon, so it stands outside `<data>`; what it repeats of others' words does not.
    """
    return _told(TRY_AGAIN if error.fixable else FINAL, [client_text(error, known)])


def validation_message(error: ValidationError) -> str:
    """Arguments that do not fit the schema as a text for a model: each problem on its line."""
    reasons = []
    for problem in error.errors(include_url=False, include_input=False)[:SHOWN_PROBLEMS]:
        place = ".".join(map(str, problem["loc"])) or "arguments"
        known = problem["type"] != "extra_forbidden"  # whose name is the caller's
        reasons.append(f"{place if known else repr(place)}: {problem['msg']}")
    return _told(TRY_AGAIN, reasons)


def _told(head: str, reasons: Iterable[str]) -> str:
    """Each reason in one line, words of ours alone: what it quotes is numbered and fenced."""
    aside: list[str] = []

    def moved(found: re.Match[str]) -> str:
        aside.append(found[0])
        return f"[{len(aside)}]"

    lines = [one_line(_QUOTED.sub(moved, one_line(reason, 10 * SHOWN_REASON)), SHOWN_REASON) for reason in reasons]
    fence = quoted(f"[{number}] {bounded(words, SHOWN_ASIDE)}" for number, words in enumerate(aside, start=1))
    return "\n".join([head, *map(unfenced, lines), *filter(None, [fence])])
