"""`dermtools mcp --print-config` and `--install`: an assistant told of the server that the command would start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dermtools.cli.output import show
from dermtools.errors import DermtoolsError

if TYPE_CHECKING:
    from dermtools.mcp.assistants import AssistantName
    from dermtools.mcp.http import HttpAddress

_HERE = ("print_config", "install", "help")


def tell_assistant(
    context: typer.Context, assistant: AssistantName, case_base: Path, http: HttpAddress | None, *, install: bool
) -> None:
    """Print the block for an assistant, or write it into the assistant's own file.

    Raises:
        CaseBaseError: there is no case base.
        DermtoolsError: the assistant connects in another way, or its file cannot be written.
    """
    from dermtools.cases.manifest import read_manifest
    from dermtools.mcp.assistants import ASSISTANTS, SERVER, connection, this_program

    about = ASSISTANTS[assistant]
    read_manifest(case_base)
    if about.by_address != (http is not None):
        raise DermtoolsError(
            f"{about.title} connects over HTTP: add e.g. --http 127.0.0.1:8765, and start the same command without "
            "--print-config"
            if about.by_address
            else f"{about.title} starts the server by itself; leave --http out"
        )
    command = [*this_program(), *_spelled(context)]
    if install:
        from dermtools.mcp.installing import install as write

        written = write(assistant, case_base.absolute(), command)
        # Paths whole, so that they can be copied: `show` would break them in a narrow terminal.
        typer.echo(f"Wrote the server {written.name!r} into {written.path}")
        if written.backup is not None:
            typer.echo(f"as it was before: {written.backup}")
        show(f"Start {about.title} anew, or let it read its servers again.")
    elif http is not None:
        host = f"[{http.host}]" if ":" in http.host else http.host
        typer.echo(connection(f"http://{host}:{http.port}/mcp", with_token=http.token is not None), nl=False)
    else:
        typer.echo(about.block(SERVER, command), nl=False)
    _say_where(context, about.title, about.documented, None if install or http else about.place())


def _say_where(context: typer.Context, title: str, documented: str, place: Path | None) -> None:
    """To people, beside what a program may read: where the block belongs, and what the block does not say."""
    if place is not None:
        show(f"# for {place}; --install writes it there", to_stderr=True)
    show(f"# {title}: {documented}", to_stderr=True)
    if context.params.get("model") is not None:
        show("# the model's key is not in it: give the assistant's environment the variable", to_stderr=True)


def _spelled(context: typer.Context) -> list[str]:
    """The command as it was typed, its paths absolute: an assistant starts it in a folder of its own."""
    words = ["mcp"]
    options: list[str] = []
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name in _HERE or source is None or source.name != "COMMANDLINE":
            continue
        values = list(_texts(context.params[parameter.name or ""]))
        if parameter.param_type_name == "argument":
            words += values
        elif getattr(parameter, "is_flag", False):
            options += parameter.opts
        else:
            options += [word for value in values for word in (parameter.opts[-1], value)]
    return words + options


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, Path):
        yield str(value.expanduser().absolute())
    else:
        yield _spec(str(value))


def _spec(text: str) -> str:
    """An embedder's `kind:FILE` with the file's absolute path; other texts as they are."""
    kind, colon, rest = text.partition(":")
    file = Path(rest).expanduser()
    return f"{kind}:{file.absolute()}" if colon and kind in ("onnx", "hf") and file.exists() else text
