"""What may come next while a user types an argument of a prompt or a template: case ids, tasks, labels, methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mcp_types as types

from dermtools.errors import QueryError
from dermtools.handles import CASE_PREFIX
from dermtools.mcp.prompts import WrongPromptError, offered_prompts
from dermtools.mcp.resources import CASE, LABEL, PICTURE
from dermtools.mcp.served import ServedCaseBase
from dermtools.methods.registry import prompted_names
from dermtools.text import one_line

MAX_VALUES = 100
"""Of one reply, by the protocol."""


def complete(
    served: ServedCaseBase,
    reference: types.PromptReference | types.ResourceTemplateReference,
    argument: types.CompletionArgument,
    known: Mapping[str, str],
) -> types.Completion:
    """Values that fit what was typed: those that begin with it, then those that contain it.

    `known` holds the values of other arguments.

    Raises:
        WrongPromptError: there is no such prompt.
        QueryError: there is no such template.
        CaseBaseError: the case base cannot be read.
    """
    typed = argument.value.casefold()
    fitting = [value for value in _values(served, reference, argument.name, known) if typed in value.casefold()]
    found = sorted(fitting, key=lambda value: not value.casefold().startswith(typed))
    return types.Completion(values=found[:MAX_VALUES], total=len(found), has_more=len(found) > MAX_VALUES)


def _values(
    served: ServedCaseBase,
    reference: types.PromptReference | types.ResourceTemplateReference,
    name: str,
    known: Mapping[str, str],
) -> Sequence[str]:
    if isinstance(reference, types.PromptReference):
        if reference.name not in offered_prompts(served):
            raise WrongPromptError(f"no prompt {one_line(reference.name, 80)!r}")
    elif reference.uri not in (CASE, PICTURE, LABEL):
        raise QueryError(f"no template {one_line(reference.uri, 200)!r}")
    match reference.type, name:
        case _, "task":
            return [task.name for task in served.tasks()]
        case "ref/prompt", "method":
            return prompted_names()
        case "ref/prompt", "image":
            return served.call(lambda workspace: [CASE_PREFIX + one for one in workspace.case_base.columns.case_ids])
        case "ref/resource", "case_id":
            return served.call(lambda workspace: workspace.case_base.columns.case_ids)
        case "ref/resource", "label":
            tasks = [task for task in served.tasks() if known.get("task") in (None, task.name)]
            return [label for task in tasks for label in task.labels]
    return []
