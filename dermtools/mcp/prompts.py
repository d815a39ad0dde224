"""The library's prompts as MCP prompts, so that an assistant's user can pick them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mcp_types as types

from dermtools.errors import PromptError
from dermtools.images import read_bytes
from dermtools.mcp.results import image_content
from dermtools.mcp.served import ServedCaseBase
from dermtools.methods.registry import prompted_words
from dermtools.prompting.files.library import GENERIC, Prompt
from dermtools.prompting.method_names import parse_method
from dermtools.text import one_line
from dermtools.tools import DermContext, Workspace
from dermtools.tools.arguments import MAX_CASES
from dermtools.tools.briefing import PROMPT as AGENT
from dermtools.tools.briefing import system_text
from dermtools.tools.pictures.showing import MAX_BYTES, SHOWN
from dermtools.tools.schemas import picture_words

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage


NAMES = {"compare": "compare_with_similar_cases", "describe": "describe_picture", AGENT: "work_with_the_case_base"}
"""Names of the built-in prompts that are for no single task; others are called after their id."""
CLASSIFY = "classify_"
DEFAULT_METHOD = "rag-5"
METHOD = f"{prompted_words(MAX_CASES)}; {DEFAULT_METHOD} by default"

_FILLED = frozenset({"image", "question", "labels", "note"})


class WrongPromptError(PromptError):
    """A client named a prompt that is not offered, or arguments that it does not take."""

    fixable = True


@dataclass(frozen=True)
class OfferedPrompt:
    """A prompt of the library under the name that clients see."""

    name: str
    prompt: Prompt
    task: str | None
    """The task that it is for; None where the user says, or there is none."""

    @property
    def needs_task(self) -> bool:
        """Whether the user has to say which task is meant."""
        file = self.prompt.file
        wants = file.label_field is not None or bool({"question", "labels"} & set(file.variables))
        return wants and self.task is None

    @property
    def own(self) -> list[str]:
        """The prompt's own variables, which the user fills."""
        return [] if self.prompt.id == AGENT else [name for name in self.prompt.file.variables if name not in _FILLED]


def offered_prompts(served: ServedCaseBase) -> dict[str, OfferedPrompt]:
    """All prompts by the name that clients see: one to classify for every task, and those for no single task."""
    tasks = served.tasks()
    offered = [OfferedPrompt(CLASSIFY + task.name, served.library.for_task(task), task.name) for task in tasks]
    taken = {one.prompt.id for one in offered} | {GENERIC}
    for entry in served.library.entries():
        prompt = entry.prompt
        if prompt is None or prompt.id in taken or prompt.file.task is not None:
            continue
        if prompt.id.startswith(f"{AGENT}-"):  # a policy: a part of the agent's briefing
            continue
        offered.append(OfferedPrompt(NAMES.get(prompt.id, prompt.id.replace("-", "_")), prompt, None))
    return {one.name: one for one in offered}


def list_prompts(served: ServedCaseBase) -> list[types.Prompt]:
    """All prompts with their arguments.

    Raises:
        CaseBaseError: the manifest cannot be read.
    """
    questions = {task.name: one_line(task.question, 300) for task in served.tasks()}
    return [
        types.Prompt(
            name=name,
            title=name.replace("_", " ").capitalize(),
            description=" ".join([offered.prompt.file.description, *filter(None, [questions.get(offered.task or "")])]),
            arguments=_arguments(served, offered),
        )
        for name, offered in offered_prompts(served).items()
    ]


def _arguments(served: ServedCaseBase, offered: OfferedPrompt) -> list[types.PromptArgument]:
    file = offered.prompt.file
    listed = [
        ("image" in file.variables, "image", picture_words(served.grants), True),
        (offered.needs_task, "task", "Name of the task", True),
        (file.takes_exemplars, "method", METHOD, False),
        ("note" in file.variables, "note", "What is known besides the picture", False),
    ]
    for name in offered.own:
        listed.append((True, name, file.variables[name].description, file.variables[name].default is None))
    return [
        types.PromptArgument(name=name, description=description, required=required)
        for takes, name, description, required in listed
        if takes
    ]


def get_prompt(
    served: ServedCaseBase, name: str, given: Mapping[str, str], context: DermContext | None = None
) -> types.GetPromptResult:
    """A prompt with its arguments filled in: the messages that dermtools would send to a model.

    `context` is that of the client's session; the server's only one by default.

    Raises:
        WrongPromptError: no such prompt or argument, one is missing, or asks for what a prompt cannot hold.
        QueryError, ImageError: the picture or task that an argument names cannot be had.
        CaseBaseError: the case base cannot be read.
    """
    prompts = offered_prompts(served)
    if name not in prompts:
        raise WrongPromptError(f"no prompt {one_line(name, 80)!r}; there are: {', '.join(prompts)}")
    offered = prompts[name]
    arguments = _arguments(served, offered)
    known = [argument.name for argument in arguments]
    unknown = [one_line(key, 80) for key in given if key not in known]
    if unknown:
        raise WrongPromptError(
            f"prompt {name} has no argument {', '.join(unknown)}; it has: {', '.join(known) or 'none'}"
        )
    missing = [argument.name for argument in arguments if argument.required and not given.get(argument.name)]
    if missing:
        raise WrongPromptError(f"prompt {name} needs {', '.join(missing)}; give it")
    messages = served.call(lambda workspace: _messages(workspace, context or served.context, offered, given))
    return types.GetPromptResult(description=offered.prompt.file.description, messages=messages)


def _messages(
    workspace: Workspace, context: DermContext, offered: OfferedPrompt, given: Mapping[str, str]
) -> list[types.PromptMessage]:
    if offered.prompt.id == AGENT:
        return [types.PromptMessage(role="user", content=types.TextContent(text=system_text(workspace)))]
    from dermtools.prompting.factory import prompt_for

    file = offered.prompt.file
    method = (given.get("method") or DEFAULT_METHOD) if file.takes_exemplars else "zero-shot"
    try:
        examples = parse_method(method).k
    except PromptError as error:
        raise WrongPromptError(str(error)) from error
    if examples > MAX_CASES:
        raise WrongPromptError(f"a prompt shows at most {MAX_CASES} examples; ask for fewer than {method}")
    builder = prompt_for(
        method,
        case_base=workspace.case_base,
        task=offered.task or given.get("task"),
        prompt=offered.prompt,
        library=workspace.library,
        budget=SHOWN,
        where=context.condition,
        variables={name: given[name] for name in offered.own if name in given},
    )
    if "image" not in file.variables:
        raise PromptError(f"prompt {file.id!r} shows no picture; it cannot be filled in here")
    # The query is resolved here and not by the builder, which would open any path that it is given.
    query = workspace.query(given["image"], context)
    return _converted(builder.build({"query": query, "note": given.get("note", "")}).messages)


def _converted(messages: list[BaseMessage]) -> list[types.PromptMessage]:
    """Messages of LangChain as those of a prompt, which know no role `system`: its text comes first, as the user's."""
    converted: list[types.PromptMessage] = []
    for message in messages:
        role: types.Role = "assistant" if message.type == "ai" else "user"
        blocks = [message.content] if isinstance(message.content, str) else message.content
        converted += [types.PromptMessage(role=role, content=_content(block)) for block in blocks]
    pictures = [one.content.data for one in converted if isinstance(one.content, types.ImageContent)]
    if (taken := sum(map(len, pictures)) * 3 // 4) > MAX_BYTES:
        raise WrongPromptError(
            f"{taken:,} bytes of pictures are more than the {MAX_BYTES:,} allowed; ask for fewer examples"
        )
    return converted


def _content(block: str | dict[str, Any]) -> types.ContentBlock:
    if isinstance(block, dict) and block["type"] == "image_url":
        return image_content(read_bytes(block["image_url"]["url"]))
    return types.TextContent(text=block if isinstance(block, str) else str(block["text"]))
