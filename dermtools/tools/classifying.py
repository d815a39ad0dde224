"""`classify_with_adapter` and `run_prompt`: a label from a trained classifier and the vote, or from a vision model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field

from dermtools.errors import ModelError, QueryError
from dermtools.prediction import TokenUsage
from dermtools.stops import invoke
from dermtools.text import one_line
from dermtools.tools.glosses import in_words
from dermtools.tools.results import Answer, Result, ToolResult, quoted, shown

if TYPE_CHECKING:
    from dermtools.prediction import Prediction, Query
    from dermtools.tools.arguments import ClassifyArguments, PromptArguments
    from dermtools.tools.context import DermContext
    from dermtools.tools.workspace import Workspace


NOT_STREAMED = "nostream"
"""LangGraph's tag for model calls whose text is not part of the conversation."""


class ClassifyResult(Result):
    """Data of `classify_with_adapter`."""

    query: str = Field(description="handle of the picture")
    task: str
    classifier: Answer
    coverage: float | None = Field(description="probability that the label set is fitted to hold a true label with")
    vote: Answer
    agree: bool | None = Field(description="whether both name the same label first; none where one names none")


class PromptResult(Result):
    """Data of `run_prompt`."""

    query: str = Field(description="handle of the picture")
    task: str
    answer: Answer
    raw: str | None = Field(description="the model's reply as it came")
    usage: TokenUsage | None


def classify_with_adapter(workspace: Workspace, arguments: ClassifyArguments, context: DermContext) -> ToolResult:
    """Calibrated probabilities, conformal label set and abstention, and whether the nearest cases agree.

    Raises:
        QueryError: no such task or case.
        ImageError: the picture cannot be read, or may not be.
        TrainingError: no such classifier was trained, or it cannot abstain.
    """
    from dermtools.retrieval import KNNVote

    case_base = workspace.case_base
    task = case_base.task(arguments.task).name
    query = workspace.query(arguments.image, context)
    prediction, coverage, notes = classified(workspace, arguments.kind, task, query, context, abstain=arguments.abstain)
    vote = KNNVote(case_base, task, arguments.voters, where=context.condition).predict(query)
    first = next(iter(prediction.probabilities or {}), None)
    agree = None if first is None or vote.label is None else first == vote.label
    if agree is False:
        notes.insert(0, f"the {arguments.kind} and the vote of the nearest cases disagree: be careful")
    result = ClassifyResult(
        query=query.name,
        task=task,
        classifier=Answer.of(prediction, arguments.top_k),
        coverage=coverage,
        vote=Answer.of(vote, arguments.top_k),
        agree=agree,
        case_ids=[exemplar.case_id for exemplar in vote.exemplars],
        notes=notes,
    )
    lines = [f"picture: {one_line(result.query, 80)}", result.classifier.line()]
    labels = result.classifier.label_set
    if labels is not None and coverage is not None:
        lines.append(f"label set at {coverage:.0%} coverage: {shown(labels[:20]) or 'empty'}")
    lines.append(result.vote.line())
    if result.case_ids:
        lines.append(f"the vote rests on {shown(f'case:{case_id}' for case_id in result.case_ids[:10])}")
    told = {**(result.classifier.probabilities or {}), **(result.vote.probabilities or {})}
    lines += in_words(workspace.library, [case_base.task(task)], [*told, *(labels or [])[:20]])
    head = f"{one_line(task, 60)} of the picture:"
    return ToolResult(f"{head}\n{quoted(lines, result.notes)}", result)


class Classified(NamedTuple):
    """A prediction, and what to know of it."""

    prediction: Prediction
    coverage: float | None
    """Probability that the label set is fitted to hold a true label with; None where there is none."""
    notes: list[str]


def classified(
    workspace: Workspace, kind: str, task: str, query: Query, context: DermContext, *, abstain: bool = False
) -> Classified:
    """The answer of any method that asks no model, with every case that it rests on open to this run.

    Raises:
        QueryError: no such task or method, one that asks a model, or it rests on a case that is not open.
        TrainingError: no such classifier was trained, or it cannot abstain.
    """
    from dermtools.adapter import VectorClassifierMethod, changes_since
    from dermtools.adapter.kinds import KINDS
    from dermtools.methods import family_of, method

    if kind in KINDS:
        trained = workspace.classifier(task, kind)
        record, answering = trained.record, trained.record.answering
        prediction = VectorClassifierMethod(trained, abstain=abstain).predict(query)
        notes = [*changes_since(record, workspace.case_base.store), *record.remarks(), *_learned(workspace, query)]
        return Classified(prediction, answering.conformal.coverage if answering is not None else None, notes)
    family = family_of(kind)
    if family.needs_model:
        raise QueryError(f"{kind} asks a chat model; use run_prompt, where the operator gave one")
    options: dict[str, Any] = {"abstain": True} if abstain else {}
    if context.condition is not None and "where" in family.options:
        options["where"] = context.condition
    fused = kind == "fusion"
    made = workspace.fusion(task, abstain=abstain) if fused else method(kind, workspace.case_base, task, **options)
    prediction = made.predict(query)
    for exemplar in prediction.exemplars:
        workspace.case(exemplar.case_id, context)  # refuses one that is not open to this run
    answering = getattr(made, "answering", None)
    coverage = answering.conformal.coverage if answering is not None else None
    learned = _learned(workspace, query) if fused else []
    return Classified(prediction, coverage, [*getattr(made, "notes", ()), *learned])


def _learned(workspace: Workspace, query: Query) -> list[str]:
    snapshot = workspace.case_base.snapshot
    if any(snapshot.columns.splits[row] == "train" for row in snapshot.guard.own_rows(query)):
        return ["the picture or its patient is among the training cases: the classifier's probabilities are too high"]
    return []


def run_prompt(workspace: Workspace, arguments: PromptArguments, context: DermContext) -> ToolResult:
    """Ask the workspace's vision model; a failed call is a result without a label, which says why.

    Raises:
        QueryError: no such task or case.
        ImageError: the picture cannot be read, or may not be.
        ModelError: the operator gave no vision model.
        PromptError: the task's prompt does not fit the method.
    """
    from dermtools.prompting.factory import chain_for

    if workspace.vision_model is None:
        raise ModelError("no vision model was given to the tools; use the other tools")
    task = workspace.case_base.task(arguments.task)
    query = workspace.query(arguments.image, context)
    chain = chain_for(
        arguments.method,
        model=workspace.vision_model,
        task=task,
        case_base=workspace.case_base,
        library=workspace.library,
        where=context.condition,
    )
    asked = {"query": query, "note": arguments.note}
    prediction = invoke(chain.invoke, chain.ainvoke, asked, {"tags": [NOT_STREAMED]})
    result = PromptResult(
        query=query.name,
        task=task.name,
        answer=Answer.of(prediction, 1),
        raw=prediction.raw,
        usage=prediction.usage,
        case_ids=[exemplar.case_id for exemplar in prediction.exemplars],
    )
    lines = [f"picture: {one_line(query.name, 80)}", result.answer.line()]
    if result.case_ids:
        lines.append(f"examples in the prompt: {shown(f'case:{case_id}' for case_id in result.case_ids)}")
    lines += in_words(workspace.library, [task], [] if result.answer.label is None else [result.answer.label])
    head = f"{one_line(task.name, 60)} of the picture, according to a vision model:"
    return ToolResult(f"{head}\n{quoted(lines, result.notes)}", result)
