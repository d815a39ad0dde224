"""The system prompt of an agent over a case base, and its policies: when it is to look cases up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dermtools.errors import PromptError
from dermtools.text import bounded, fenced, instead, one_line
from dermtools.tools.glosses import glosses, with_gloss

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from langchain_core.messages import BaseMessage

    from dermtools.cases import Task
    from dermtools.prompting.files.library import Prompt, PromptLibrary
    from dermtools.tools.workspace import Workspace

PROMPT = "agent"
"""Id of the system prompt in the library; a policy's is `agent-NAME`."""
_POLICY = "policy"
"""Variable of the system prompt that a policy fills."""
SHOWN_CLASSES = 3000
"""Characters of a task's classes in the system prompt; `describe_case_base` gives all."""


def policy_names(library: PromptLibrary) -> list[str]:
    """Names of the policies that a library has."""
    ids = (entry.id for entry in library.entries())
    return [one.removeprefix(f"{PROMPT}-") for one in ids if one.startswith(f"{PROMPT}-")]


def policy_prompt(library: PromptLibrary, name: str, known_tools: Collection[str]) -> Prompt:
    """The prompt file of a policy.

    Raises:
        PromptError: there is no such policy, it is invalid, it names an unknown tool, or the system prompt has no
            place for it.
    """
    if (prompt_id := f"{PROMPT}-{name}") not in library:
        told = instead(name, policy_names(library))
        raise PromptError(f"no policy {name!r}; {told}; or write it as {prompt_id}.yaml in a folder of prompts")
    found = library.get(prompt_id)
    strange = next((tool for tool in found.file.tools or () if tool not in known_tools), None)
    if strange is not None:
        raise PromptError(f"{found.path}: there is no tool {strange!r}; {instead(strange, known_tools)}")
    if _POLICY not in library.get(PROMPT).file.variables:
        where = library.get(PROMPT).path
        raise PromptError(f"{where} has no place for the policy {name!r}; declare the variable {_POLICY} and use it")
    return found


def system_text(workspace: Workspace, policy: Prompt | None = None) -> str:
    """The library's system prompt, filled in for a case base; what comes from data is fenced in it.

    Without a policy, what it says by default of when to look cases up.
    """
    from dermtools.prompting.files.compile import compile_prompt

    case_base = workspace.case_base
    info = case_base.info()
    tasks = [_task_line(workspace.library, task) for task in case_base.tasks]
    prompt = compile_prompt(workspace.library.get(PROMPT).file)
    messages = prompt.format_messages(
        case_base=f"{one_line(case_base.path.name, 80)}, {info['cases']} cases of {info['groups']} patients or groups",
        tasks=fenced("\n".join(tasks), limit=20_000) or "(none)",
        **({} if policy is None else {_POLICY: _joined(compile_prompt(policy.file).format_messages())}),
    )
    return _joined(messages)


def _task_line(library: PromptLibrary, task: Task) -> str:
    known = glosses(library, task)
    classes = ", ".join(with_gloss(label, known) for label in task.labels)
    return f"- {task.name}: {one_line(task.question, 300)} Classes: {bounded(classes, SHOWN_CLASSES)}"


def _joined(messages: Sequence[BaseMessage]) -> str:
    return "\n\n".join(str(message.text).strip() for message in messages)
