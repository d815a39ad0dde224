"""The adapter between GEPA's search and our prompts: it asks, scores, says what was wrong, and guards the template.

GEPA (Agrawal et al. 2025, "GEPA: Reflective Prompt Evolution Can Outperform Reinforcement Learning") keeps a pool of
candidates, lets a model rewrite one text of a candidate after reading what went wrong on a few cases, and keeps the
rewriting where it does better on those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dermtools.errors import DermtoolsError, require_extra
from dermtools.evaluation.optimising.answers import Answers, StoppedError
from dermtools.evaluation.optimising.texts import refusal
from dermtools.evaluation.scoring import is_right
from dermtools.prediction import Outcome
from dermtools.progress import Progress, Silent
from dermtools.text import few, one_line

if TYPE_CHECKING:
    from dermtools.cases.case import Task
    from dermtools.evaluation.running.arm import Arm
    from dermtools.evaluation.running.records import Record
    from dermtools.evaluation.scoring import Target

    Texts = dict[str, str]

TRIES = 3
"""Proposals for one text before the search goes on without one."""
LONGEST_REPLY = 600
"""Characters of a model's reply that are quoted."""
SHOWN_LABELS = 200

TEMPLATE = """\
A vision model labels clinical photographs for a research data set. This is one text of its prompt:
```
<curr_param>
```

It is a template. {placeholders}Literal braces are written twice: {{{{ }}}}.

The question: {question}
The only labels it may answer: {labels}

What it answered about photographs, which you do not see, and whether that was right:
```
<side_info>
```

Write a better text for the same place. Work out from the answers which labels it confuses and why, and tell it in
general words how to decide between them: features to look for, how the labels are used in this data set, what to do in
doubt. Do not describe single photographs, and do not change the form of the answer. Keep every placeholder exactly as
it is.

Give the whole new text within ``` blocks, and nothing else in them."""


@dataclass
class PromptAdapter:
    """GEPA's `GEPAAdapter` over prompt files. Its candidates are texts by place; its data are validation targets.

    A candidate that loses a placeholder is refused: whoever proposed it is told why and may try again.
    """

    answers: Answers
    arm_of: Callable[[Texts], Arm]
    task: Task
    first: Texts
    """The texts to start with: what each must keep."""
    meanings: Mapping[str, str]
    """Placeholder to what stands in its place."""
    choosing: frozenset[str]
    """Ids of the cases by which a prompt is chosen."""
    most: int
    """Answers about cases, at most; those that were held already count too."""
    found: Callable[[Texts], None] = lambda texts: None
    """Is told of every candidate that is the best so far."""
    progress: Progress = field(default_factory=Silent)
    best: Texts = field(init=False)
    scores: list[float] = field(default_factory=list, init=False)
    """Share right on the cases to choose by, of each candidate that was asked about all of them."""
    proposed: int = field(default=0, init=False)
    refused: list[str] = field(default_factory=list, init=False)
    """Why proposals were refused."""
    ended: str | None = field(default=None, init=False)
    """Why nothing more is asked."""
    broken: DermtoolsError | None = field(default=None, init=False)
    _used: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.best = dict(self.first)

    def evaluate(self, batch: list[Target], candidate: Texts, capture_traces: bool = False) -> Any:
        """Ask the candidate's prompt about the batch: 1 for a right answer, else 0.

        Raises:
            StoppedError: the ceiling of calls or dollars.
            RunError: the model does not answer.
        """
        made = require_extra("gepa", "optimise").EvaluationBatch
        if fault := self._fault(candidate):
            spoilt = [(target, None, fault) for target in batch]
            return made(outputs=[None] * len(batch), scores=[0.0] * len(batch), trajectories=spoilt)
        arm = self.arm_of(candidate)
        try:
            if self._used + len(batch) > self.most:
                raise StoppedError(f"{self.most:,} answers are the most that may be asked for")
            records = self.answers.of([arm], batch)[arm.name]
        except DermtoolsError as error:
            self._end(error)
            raise
        self._used += len(batch)
        self.progress.advance(len(batch))
        answered = [records[target.case_id] for target in batch]
        scores = [float(is_right(record.prediction.label, record.truth)) for record in answered]
        if {target.case_id for target in batch} == self.choosing:
            self._chosen_by(candidate, sum(scores) / len(scores))
        traces = [(target, record, None) for target, record in zip(batch, answered, strict=True)]
        return made(outputs=answered, scores=scores, trajectories=traces if capture_traces else None)

    def make_reflective_dataset(
        self, candidate: Texts, eval_batch: Any, components_to_update: list[str]
    ) -> dict[str, list[dict[str, str]]]:
        """What the reflecting model reads of each answer: no picture, no id, no attribute."""
        told = [_told(*trace) for trace in eval_batch.trajectories or ()]
        return dict.fromkeys(components_to_update, told)

    def propose_new_texts(
        self, candidate: Texts, reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]], places: list[str]
    ) -> Texts:
        """New texts for these places; that of the candidate where no proposal was fit."""
        try:
            return {place: self._propose(place, candidate[place], reflective_dataset[place]) for place in places}
        except DermtoolsError as error:
            # GEPA takes an exception here for one bad proposal, and would go on.
            self._end(error)
            return {place: candidate[place] for place in places}

    def over(self, _state: Any) -> bool:
        """GEPA's question whether to stop: where nothing may be asked, or nothing is left to gain."""
        return self.ended is not None or max(self.scores, default=0.0) == 1.0

    def _propose(self, place: str, text: str, told: Sequence[Mapping[str, Any]]) -> str:
        signature = require_extra("gepa.strategies.instruction_proposal", "optimise").InstructionProposalSignature
        inputs = {
            "current_instruction_doc": text,
            "dataset_with_feedback": told,
            "prompt_template": self._template(place),
        }
        asked: str = signature.prompt_renderer(inputs)
        for _ in range(TRIES):
            reply = self.answers.reflect(place, asked, self.task.name)
            self.proposed += 1
            if reply.outcome is Outcome.OK:
                new: str = signature.output_extractor(reply.raw or "")["new_instruction"]
                fault = refusal(self.first[place], new)
                if fault is None:
                    return f"{new.strip()}\n"
                asked += (
                    f"\n\nYou proposed this, and it was refused: {fault}.\n```\n{new[:LONGEST_REPLY]}\n```\nTry again."
                )
            else:
                fault = reply.reason or reply.outcome.value
            self.refused.append(f"{place}: {fault}")
        return text

    def _template(self, place: str) -> str:
        from dermtools.prompting.files.schema import template_variables

        names = dict.fromkeys(template_variables(self.first[place]))
        listed = "".join(f"\n- {{{name}}}: {one_line(self.meanings.get(name, ''), 200)}" for name in names)
        return TEMPLATE.format(
            placeholders=f"Before it is sent, these placeholders are replaced:{listed}\n" if names else "",
            question=one_line(self.task.question, 500),
            labels=few(self.task.labels, SHOWN_LABELS),
        )

    def _fault(self, candidate: Texts) -> str | None:
        faults = ((place, refusal(before, candidate.get(place, ""))) for place, before in self.first.items())
        return next((f"{place}: {fault}" for place, fault in faults if fault), None)

    def _chosen_by(self, candidate: Texts, score: float) -> None:
        if self.scores and score > max(self.scores):
            self.best = dict(candidate)
            self.found(self.best)
        self.scores.append(score)

    def _end(self, error: DermtoolsError) -> None:
        self.ended = self.ended or str(error)
        if not isinstance(error, StoppedError):
            self.broken = self.broken or error


def _told(target: Target, record: Record | None, fault: str | None) -> dict[str, str]:
    if record is None:
        return {"Feedback": f"The prompt was not sent: {fault}"}
    said = record.prediction
    right = is_right(said.label, target.truth)
    shown = [" | ".join(exemplar.labels) for exemplar in said.exemplars]
    truth = " | ".join(target.truth)
    feedback = f"Right: the label is {truth}." if right else f"Wrong: the label is {truth}."
    if said.label is None:
        feedback += f" The answer did not count ({one_line(said.reason or said.outcome.value, 200)})."
    examples = {"Labels of the examples shown before the photograph, in their order": few(shown, 50)} if shown else {}
    return {**examples, "Answer": one_line(said.raw or said.label or "none", LONGEST_REPLY), "Feedback": feedback}
