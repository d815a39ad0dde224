"""A prompt as it was: built again of the prompt file that a run keeps and the examples that a record names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from dermtools.evaluation.running.differences import prompt_path
from dermtools.evaluation.running.records import RunError
from dermtools.prompting.builder import BuiltPrompt, PromptBuilder
from dermtools.prompting.exemplars.selectors import ExemplarSelector
from dermtools.prompting.exemplars.shots import Shot
from dermtools.prompting.files.library import read_prompt
from dermtools.prompting.method_names import parse_method
from dermtools.prompting.pictures import PictureBudget

if TYPE_CHECKING:
    from dermtools.evaluation.running.records import Record
    from dermtools.evaluation.running.run import Run
    from dermtools.prediction import Query
    from dermtools.retrieval import CaseBase


class _Recorded(ExemplarSelector):
    """The examples of one record, whatever the query."""

    def __init__(self, shots: list[Shot]) -> None:
        self._shots, self.k = shots, len(shots)

    def select(self, query: Query) -> list[Shot]:
        return self._shots

    def select_examples(self, input_variables: dict[str, Any]) -> list[dict[str, str]]:
        raise NotImplementedError


def rebuilt_prompt(run: Run, record: Record, case_base: CaseBase) -> BuiltPrompt:
    """The messages behind an answer: the kept prompt file, the examples and their labels as recorded.

    Pictures and shown attributes are those that the case base has now.

    Raises:
        RunError: the arm asks no prompt of its own, or the run does not keep it.
        QueryError: a case is no longer in the case base.
        PromptError: an attribute of the examples is private now.
    """
    facts = run.spec.arms[record.arm]
    if not facts.get("prompt_hash") or "variables" not in facts:
        raise RunError(f"{record.arm} asks no prompt of its own")
    path = prompt_path(run.path, facts["prompt"], facts["prompt_hash"])
    if not path.is_file():
        raise RunError(f"the run does not keep the prompt {facts['prompt']!r}")
    task, exemplars = run.spec.task, record.prediction.exemplars
    nearest_first = sorted(exemplars, key=lambda one: one.distance or 0.0)
    shots = [
        Shot(
            case_base.case(one.case_id).model_copy(update={"labels": {task.name: one.labels}}),
            nearest_first.index(one) + 1,
            one.distance,
        )
        for one in exemplars
    ]
    builder = PromptBuilder(
        parse_method(str(facts["method"])),
        read_prompt(path),
        task,
        _Recorded(shots),
        case_base=case_base,
        budget=picture_budget(facts),
        layout=facts.get("layout"),
        attributes=facts.get("attributes") or (),
        variables=facts.get("variables"),
    )
    return builder.build({"query": case_base.query(case_id=record.case_id)})


def picture_budget(facts: Mapping[str, Any]) -> PictureBudget:
    """How pictures were sent, by what a run says of an arm; the usual where it says nothing."""
    return PictureBudget(**{field.name: facts[field.name] for field in fields(PictureBudget) if field.name in facts})
