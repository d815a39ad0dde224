"""The system prompt of an agent over a case base."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dermtools.text import bounded, fenced, one_line

if TYPE_CHECKING:
    from dermtools.tools.workspace import Workspace

PROMPT = "agent"
"""Id of the system prompt in the library."""
SHOWN_CLASSES = 3000
"""Characters of a task's classes in the system prompt; `describe_case_base` gives all."""


def system_text(workspace: Workspace) -> str:
    """The library's system prompt, filled in for a case base; what comes from data is fenced in it."""
    from dermtools.prompting.files.compile import compile_prompt

    case_base = workspace.case_base
    info = case_base.info()
    tasks = [
        f"- {task.name}: {one_line(task.question, 300)} Classes: "
        + bounded(", ".join(one_line(label, 80) for label in task.labels), SHOWN_CLASSES)
        for task in case_base.tasks
    ]
    prompt = compile_prompt(workspace.library.get(PROMPT).file)
    messages = prompt.format_messages(
        case_base=f"{one_line(case_base.path.name, 80)}, {info['cases']} cases of {info['groups']} patients or groups",
        tasks=fenced("\n".join(tasks), limit=20_000) or "(none)",
    )
    return "\n\n".join(str(message.text) for message in messages)
