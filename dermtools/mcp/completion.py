"""What may come next while a user types an argument of a prompt or a template: case ids, tasks, labels, methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import mcp_types as types

from dermtools.errors import PromptError, QueryError
from dermtools.handles import CASE_PREFIX
from dermtools.mcp.prompts import offered_prompts
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

    Args:
        served: the case base.
        reference: the prompt or template.
        argument: its argument and what was typed.
        known: values of other arguments.

    Raises:
        PromptError: there is no such prompt.
        QueryError: there is no such template.
        CaseBaseError: the case base cannot be read.
    """
    values = _values(served, reference, argument.name, known)
    typed = argument.value.casefold()
    fitting = [value for value in values if typed in value.casefold()]
    found = sorted(fitting, key=lambda value: not value.casefold().startswith(typed))
    return types.Completion(values=found[:MAX_VALUES], total=len(found), has_more=len(found) > MAX_VALUES)


def _values(
    served: ServedCaseBase,
    reference: types.PromptReference | types.ResourceTemplateReference,
    name: str,
    known: Mapping[str, str],
) -> Iterable[str]:
    values: dict[str, Callable[[], Iterable[str]]]
    if isinstance(reference, types.PromptReference):
        if reference.name not in offered_prompts(served):
            raise PromptError(f"no prompt {one_line(reference.name, 80)!r}")
        values = {
            "image": lambda: [CASE_PREFIX + case_id for case_id in _case_ids(served)],
            "task": lambda: [task.name for task in served.tasks()],
            "method": prompted_names,
        }
    elif reference.uri in (CASE, PICTURE, LABEL):
        tasks = served.tasks()
        values = {
            "case_id": lambda: _case_ids(served),
            "task": lambda: [task.name for task in tasks],
            "label": lambda: [
                label for task in tasks if known.get("task") in (None, task.name) for label in task.labels
            ],
        }
    else:
        raise QueryError(f"no template {one_line(reference.uri, 200)!r}")
    return values[name]() if name in values else []


def _case_ids(served: ServedCaseBase) -> list[str]:
    return served.call(lambda workspace: workspace.case_base.columns.case_ids)
