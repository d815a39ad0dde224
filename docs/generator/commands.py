"""A page for each command, from the command tree itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from dermtools.cli.app import app
from docs.generator.cells import cell

FOLDER = "reference/commands"


def pages() -> dict[str, str]:
    """Path below docs/ to Markdown: the list of commands, and one page each."""
    tree = get_command(app)
    made = {f"{FOLDER}/{name}.md": _page(command, f"dermtools {name}") for name, command in tree.commands.items()}
    rows = [
        f"| [`dermtools {name}`]({name}.md) | {_cell(command.short_help or command.help)} |"
        for name, command in tree.commands.items()
    ]
    index = [
        "# Commands",
        "",
        _prose(tree.help),
        "",
        "`-h` or `--help` prints what stands on these pages. Exit codes are 0, 1 for an error (one line that says "
        "what to do), 2 for a wrong option and 130 after Ctrl-C. [What `--json` prints](../../json.md) is a page "
        "of its own.",
        "",
        "| command | what it does |",
        "| --- | --- |",
        *rows,
    ]
    return {f"{FOLDER}/index.md": "\n".join(index) + "\n", **made}


def _page(command: Any, typed: str) -> str:
    lines = [f"# {typed}", "", *_body(command, typed)]
    for name, below in sorted(getattr(command, "commands", {}).items()):
        lines += [f"## {typed} {name}", "", *_body(below, f"{typed} {name}")]
    return "\n".join(lines) + "\n"


def _body(command: Any, typed: str) -> Iterator[str]:
    yield _prose(command.help or command.short_help)
    yield ""
    if getattr(command, "commands", {}):
        return
    context = command.context_class(command, info_name=typed)
    yield "```text"
    yield " ".join([typed, *command.collect_usage_pieces(context)])
    yield "```"
    yield ""
    shown = [one for one in command.params if not one.hidden]
    arguments = [one for one in shown if one.param_type_name == "argument"]
    options = [one for one in shown if one.param_type_name == "option" and one.name != "help"]
    for kind, several in (("argument", arguments), ("option", options)):
        if several:
            yield f"| {kind} | what |"
            yield "| --- | --- |"
            yield from (_row(one, context) for one in several)
            yield ""


def _row(parameter: Any, context: Any) -> str:
    typed, text = parameter.get_help_record(context)
    # A record ends in what typer adds: the default, the range, the variable of the environment.
    # A word at a time, so that a narrow window breaks between them and nowhere else.
    words = " ".join(f"`{word}`" for word in typed.split())
    return f"| {words} | {_cell(text)} |"


def _prose(text: str | None) -> str:
    """Help as Markdown: typer's is plain text, whose line breaks mean nothing and whose angles are no tags."""
    return _untagged(re.sub(r"[\b\f]", "", text or "").strip())


def _cell(text: str | None) -> str:
    return cell(" ".join(_prose(text).split()))


def _untagged(text: str) -> str:
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(one if one.startswith("`") else re.sub(r"([<*_\[])", r"\\\1", one) for one in pieces)
