"""`classify_with_adapter`: a trained classifier's label, with the neighbours' vote beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from dermtools.text import one_line
from dermtools.tools.results import Answer, Result, ToolResult, quoted, shown

if TYPE_CHECKING:
    from dermtools.prediction import Query
    from dermtools.tools.arguments import ClassifyArguments
    from dermtools.tools.context import DermContext
    from dermtools.tools.workspace import Workspace


class ClassifyResult(Result):
    """Data of `classify_with_adapter`."""

    query: str = Field(description="handle of the picture")
    task: str
    classifier: Answer
    coverage: float | None = Field(description="probability that the label set is fitted to hold a true label with")
    vote: Answer
    agree: bool | None = Field(description="whether both name the same label first; none where one names none")


def classify_with_adapter(workspace: Workspace, arguments: ClassifyArguments, context: DermContext) -> ToolResult:
    """Calibrated probabilities, conformal label set and abstention, and whether the nearest cases agree.

    Raises:
        QueryError: no such task or case.
        ImageError: the picture cannot be read, or may not be.
        TrainingError: no such classifier was trained, or it cannot abstain.
    """
    from dermtools.adapter import VectorClassifierMethod, changes_since
    from dermtools.retrieval import KNNVote

    case_base = workspace.case_base
    task = case_base.task(arguments.task).name
    query = workspace.query(arguments.image, context)
    trained = workspace.classifier(task, arguments.kind)
    prediction = VectorClassifierMethod(trained, abstain=arguments.abstain).predict(query)
    vote = KNNVote(case_base, task, arguments.voters, where=context.condition).predict(query)
    first = next(iter(prediction.probabilities or {}), None)
    answering = trained.record.answering
    agree = None if first is None or vote.label is None else first == vote.label
    notes = [*changes_since(trained.record, case_base.store), *trained.record.remarks(), *_learned(workspace, query)]
    if agree is False:
        notes.insert(0, f"the {arguments.kind} and the vote of the nearest cases disagree: be careful")
    result = ClassifyResult(
        query=query.name,
        task=task,
        classifier=Answer.of(prediction, arguments.top_k),
        coverage=answering.conformal.coverage if answering is not None else None,
        vote=Answer.of(vote, arguments.top_k),
        agree=agree,
        case_ids=[exemplar.case_id for exemplar in vote.exemplars],
        notes=notes,
    )
    return ToolResult(_text(result), result)


def _learned(workspace: Workspace, query: Query) -> list[str]:
    snapshot = workspace.case_base.snapshot
    if any(snapshot.columns.splits[row] == "train" for row in snapshot.guard.own_rows(query)):
        return ["the picture or its patient is among the training cases: the classifier's probabilities are too high"]
    return []


def _text(result: ClassifyResult) -> str:
    lines = [f"picture: {one_line(result.query, 80)}", result.classifier.line()]
    labels = result.classifier.label_set
    if labels is not None and result.coverage is not None:
        lines.append(f"label set at {result.coverage:.0%} coverage: {shown(labels[:20]) or 'empty'}")
    lines.append(result.vote.line())
    if result.case_ids:
        lines.append(f"the vote rests on {shown(f'case:{case_id}' for case_id in result.case_ids[:10])}")
    head = f"{one_line(result.task, 60)} of the picture:"
    return f"{head}\n{quoted(lines, result.notes)}"
