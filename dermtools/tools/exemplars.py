"""`format_exemplars`: labelled cases as the messages that a prompt shows as examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from dermtools.errors import QueryError
from dermtools.handles import CASE_PREFIX
from dermtools.images import data_url
from dermtools.prompting.exemplars.shots import Shot, ShotWriter
from dermtools.prompting.files.compile import compile_exemplar
from dermtools.prompting.pictures import DEFAULT_BUDGET
from dermtools.text import few
from dermtools.tools.glosses import in_words
from dermtools.tools.results import FoundCase, Result, ToolResult, quoted, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

    from dermtools.cases import Task
    from dermtools.retrieval import CaseBase
    from dermtools.tools.arguments import ExemplarArguments
    from dermtools.tools.context import DermContext
    from dermtools.tools.workspace import Workspace


class ExemplarResult(Result):
    """Data of `format_exemplars`."""

    task: str
    prompt: str = Field(description="id of the prompt file whose layout was used")
    layout: str
    exemplars: list[FoundCase] = Field(description="in the order of the messages")
    messages: list[dict[str, Any]] = Field(
        description="role and content; a picture is an image_url block whose URL is a handle, see `exemplar_messages`"
    )


def format_exemplars(workspace: Workspace, arguments: ExemplarArguments, context: DermContext) -> ToolResult:
    """Cases as ready message blocks, in the layout of the task's prompt.

    Raises:
        QueryError: not exactly one of case ids and picture, no such case, task or layout, or a case without a label.
        ImageError: the picture cannot be read, or may not be.
        PromptError: the task's prompt takes no examples.
    """
    if bool(arguments.case_ids) == bool(arguments.image):
        raise QueryError("give either case_ids or image, one of them")
    case_base = workspace.case_base
    task = case_base.task(arguments.task)
    file = workspace.library.for_task(task).file
    layout = arguments.layout or next(iter(file.exemplar), None)
    if layout is not None and layout not in file.exemplar:
        raise QueryError(f"no layout {layout!r} in prompt {file.id!r}; there are: {', '.join(file.exemplar)}")
    template = compile_exemplar(file, layout)
    shots = _shots(workspace, arguments, task, context)
    messages: list[BaseMessage] = []
    for variables in ShotWriter(case_base, task, DEFAULT_BUDGET).variables(shots):
        messages += template.format_messages(**{**variables, "image": CASE_PREFIX + variables["case_id"]})
    seen = case_base.attributes.shown
    cases = [FoundCase.of(shot.case, [task], shot.rank, shot.distance, shown=seen) for shot in shots]
    result = ExemplarResult(
        task=task.name,
        prompt=file.id,
        layout=layout or "",
        exemplars=cases,
        messages=[_plain(message) for message in messages],
        case_ids=[case.case_id for case in cases],
        pictures=[case.handle for case in cases] if arguments.show_pictures else [],
        notes=[] if arguments.case_ids or len(shots) == arguments.shots else [f"no more than {len(shots)} were found"],
    )
    lines = [f"{case.handle}: {shown(case.labels[task.name])}" for case in cases]
    lines += in_words(workspace.library, [task], (label for case in cases for label in case.labels[task.name]))
    head = f"{len(cases)} exemplars of {task.name}, in the order of their messages:"
    return ToolResult(f"{head}\n{quoted(lines, result.notes)}", result)


def exemplar_messages(messages: Sequence[dict[str, Any]], case_base: CaseBase) -> list[BaseMessage]:
    """The `messages` of an `ExemplarResult` with the pictures in them, ready for a chat model.

    Raises:
        QueryError: a case no longer exists.
    """
    from langchain_core.messages import convert_to_messages

    def filled(block: Any) -> Any:
        if not isinstance(block, dict) or block.get("type") != "image_url":
            return block
        case_id = block["image_url"]["url"].removeprefix(CASE_PREFIX)
        return {**block, "image_url": {**block["image_url"], "url": data_url(case_base.jpeg(case_id))}}

    return convert_to_messages(
        [
            {**message, "content": list(map(filled, content)) if isinstance(content, list) else content}
            for message in messages
            for content in [message["content"]]
        ]
    )


def _shots(workspace: Workspace, arguments: ExemplarArguments, task: Task, context: DermContext) -> list[Shot]:
    from dermtools.prompting import RagSelector

    if arguments.image:
        query = workspace.query(arguments.image, context)
        return RagSelector(workspace.case_base, task, arguments.shots, where=context.condition).select(query)
    cases = [workspace.case(case_id, context) for case_id in arguments.case_ids]
    unlabelled = [case.case_id for case in cases if not case.labels.get(task.name)]
    if unlabelled:
        raise QueryError(f"no label of {task.name} on {few(list(map(repr, unlabelled)), 5)}; leave these cases out")
    return [Shot(case, rank) for rank, case in enumerate(cases, start=1)]


def _plain(message: BaseMessage) -> dict[str, Any]:
    role = {"human": "user", "ai": "assistant"}.get(message.type, message.type)
    if isinstance(message.content, str):
        return {"role": role, "content": message.content}
    blank = {"type": "text", "text": ""}
    return {"role": role, "content": [block for block in message.content if block != blank]}
