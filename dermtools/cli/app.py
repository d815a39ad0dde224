"""The application: its commands, and how one is run."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Annotated

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from dermtools.cli import (
    attributes,
    cases,
    chat,
    check,
    classify,
    compare,
    delete,
    demo,
    doctor,
    editing,
    evaluate,
    export,
    index,
    info,
    ingest,
    local_app,
    mcp,
    optimise,
    predictions,
    prompts,
    reembed,
    search,
    show,
    study,
    train,
)
from dermtools.cli.option_groups import with_groups
from dermtools.cli.paths import Checked
from dermtools.cli.picture_limits import with_picture_limits
from dermtools.cli.usage import wrong_usage

app = typer.Typer(
    name="dermtools",
    help="Similar dermatology cases as evidence: build a case base, search it, classify with it. "
    "A research tool; nothing it prints is a diagnosis.",
    no_args_is_help=True,
    # Plain: boxes cut long options and break words at 80 columns.
    rich_markup_mode=None,
    suggest_commands=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_COMMANDS: dict[Callable[..., None], str] = {
    ingest.ingest: "Make a case base of a labelled image set, or add to one.",
    reembed.reembed: "Embed a case base with another embedder, too.",
    index.index: "Make searches of a large case base faster.",
    info.info: "Say what a case base holds.",
    check.check: "Look for duplicates, leaks, bad pictures and wrong labels.",
    cases.cases: "List the cases of a case base.",
    show.show: "Show a case and what lies nearest.",
    attributes.attributes: "Say and change who may see which attribute.",
    editing.relabel: "Give cases other labels.",
    editing.split: "Make the splits anew, or move patients.",
    editing.merge: "Bring other case bases into one.",
    delete.delete: "Remove patients or cases for good.",
    export.export: "Write cases as tables, data sets or folders of pictures.",
    export.card: "Print the data card of a case base.",
    editing.history: "Say what was done, and what can be undone.",
    editing.restore: "Bring an earlier version back.",
    search.search: "Find the cases most similar to a picture.",
    classify.classify: "Predict the label of a picture.",
    train.train: "Train a classifier; it is kept in the case base.",
    prompts.prompt: "Show exactly what a model would be sent. Sends nothing.",
    evaluate.evaluate: "Compare methods on the same cases.",
    compare.compare: "Compare runs on the cases that they share.",
    compare.rerun: "Repeat a run from its folder.",
    predictions.predictions: "Write the answers of a run for other programs.",
    study.study: "Vary one thing at a time of a prompted method.",
    optimise.optimise: "Find better texts for a prompt.",
    chat.chat: "Talk with an agent that looks similar cases up.",
    mcp.mcp: "Serve the tools to chat assistants (MCP).",
    local_app.local_app: "Look at, search and ask a case base in the browser.",
    doctor.doctor: "Say what works here, and what to do about what does not.",
    demo.demo: "Do all of it once, and write one page that shows it.",
}
_NAMES = {local_app.local_app: "app"}
"""Where it is not the function's own."""
_OPENING_PICTURES = (
    ingest.ingest,
    search.search,
    classify.classify,
    prompts.prompt,
    evaluate.evaluate,
    compare.rerun,
    study.study,
    optimise.optimise,
    chat.chat,
    mcp.mcp,
    local_app.local_app,
)
for command, in_short in _COMMANDS.items():
    taken = with_groups(command)
    limited = with_picture_limits(taken) if command in _OPENING_PICTURES else taken
    app.command(name=_NAMES.get(command), short_help=in_short, cls=Checked)(limited)
app.add_typer(prompts.library, name="prompts")


def _version(requested: bool) -> None:
    if requested:
        from dermtools.version import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the command."""


def run(arguments: list[str]) -> int:
    """Run a command; its exit code. Raises UsageError and what the command raises.

    Not by `app()`, which turns Ctrl-C and a reader that left into codes of its own.
    """
    if "_DERMTOOLS_COMPLETE" in os.environ:
        app(prog_name="dermtools")
    command = get_command(app)
    try:
        with command.make_context("dermtools", arguments) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            typer.echo(error.format_message())
            return 2
        raise wrong_usage(error) from error
    return 0
