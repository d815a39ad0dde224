"""`run_prompt`: a vision model's label by a named prompting method, the chains as a tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from dermtools.errors import ModelError
from dermtools.prediction import TokenUsage
from dermtools.text import one_line
from dermtools.tools.results import Answer, Result, ToolResult, quoted, shown

if TYPE_CHECKING:
    from dermtools.tools.arguments import PromptArguments
    from dermtools.tools.context import DermContext
    from dermtools.tools.workspace import Workspace

NOT_STREAMED = "nostream"
"""LangGraph's tag for model calls whose text is not part of the conversation."""


class PromptResult(Result):
    """Data of `run_prompt`."""

    query: str = Field(description="handle of the picture")
    task: str
    answer: Answer
    raw: str | None = Field(description="the model's reply as it came")
    usage: TokenUsage | None


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
    asked = {"query": query, "note": arguments.note or ""}
    prediction = chain.invoke(asked, {"tags": [NOT_STREAMED]})
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
    head = f"{one_line(task.name, 60)} of the picture, said by a vision model:"
    return ToolResult(f"{head}\n{quoted(lines, result.notes)}", result)
