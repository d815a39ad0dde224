"""Wrong usage of a command in one line: what is wrong, what was meant, where to look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from typer.exceptions import TyperException

from dermtools.errors import DermtoolsError
from dermtools.text import instead


class UsageError(DermtoolsError):
    """The command line is not one that dermtools understands."""

    exit_code: ClassVar[int] = 2


def wrong_usage(error: TyperException) -> UsageError:
    """Say in the words of dermtools why a command cannot be called like this."""
    context: Any = getattr(error, "ctx", None)
    message = error.format_message().removesuffix(".")
    if context is None:
        return UsageError(f"{message[0].lower()}{message[1:]}; see --help of the command")
    path, command = context.command_path, context.command
    unknown = message.removeprefix("No such command ")
    if unknown != message:
        return UsageError(f"no command {unknown}; {instead(unknown[1:-1], command.commands)}")
    name = getattr(error, "option_name", "")
    if hasattr(error, "possibilities"):
        return UsageError(f"{path} has no option {name}; {instead(name, [*_options(command), '--help'], shown=40)}")
    if message.startswith("Missing") and (about := getattr(getattr(error, "param", None), "help", None)):
        message += f" ({about.rstrip('.')})"
    if "extra argument" in message:
        message = f"{message[0].lower()}{message[1:]}; put a value with spaces in quotes"
        message += ", and name a case by --case ID" if "--case" in _options(command) else ""
    message = message.replace("Invalid value for ", "").replace("Value error, ", "").replace("Missing ", "missing ")
    message = message.replace("Input should be", "should be")
    return UsageError(f"{message}; see {path} --help")


def _options(command: Any) -> Iterator[str]:
    for parameter in command.params:
        if parameter.param_type_name == "option":
            yield from parameter.opts
