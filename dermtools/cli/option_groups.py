"""Options that several commands have in common: declared once as a dataclass, taken by a command as one parameter."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

Command = Callable[..., None]
_KIND = inspect.Parameter.POSITIONAL_OR_KEYWORD


def with_groups(command: Command) -> Command:
    """The command with each dataclass among its parameters replaced by the options that annotate its fields."""
    signature = inspect.signature(command, eval_str=True)
    kinds: dict[str, Any] = {
        name: one.annotation for name, one in signature.parameters.items() if is_dataclass(one.annotation)
    }
    groups = {name: _options(kind) for name, kind in kinds.items()}

    @functools.wraps(command)
    def grouped(**given: Any) -> None:
        for name, options in groups.items():
            given[name] = kinds[name](**{option.name: given.pop(option.name) for option in options})
        command(**given)

    parameters = (groups.get(name, [one]) for name, one in signature.parameters.items())
    return taking(grouped, [one for several in parameters for one in several])


def taking(command: Command, parameters: Iterable[inspect.Parameter]) -> Command:
    """The command, read by typer as taking these parameters."""
    parameters = list(parameters)
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


def _options(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(one.name, _KIND, default=one.default, annotation=hints[one.name])
        for one in fields(group)
        if hasattr(hints[one.name], "__metadata__")
    ]
