"""The application: its commands, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from dermtools.cli import chat, classify, demo, evaluate, info, ingest, mcp, prompts, search, study, train
from dermtools.errors import DermtoolsError

app = typer.Typer(
    name="dermtools",
    help="Similar dermatology cases as evidence: build a case base, search it, classify with it. "
    "A research tool; nothing it prints is a diagnosis.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    ingest.ingest,
    info.info,
    info.check,
    search.search,
    classify.classify,
    train.train,
    prompts.prompt,
    evaluate.evaluate,
    evaluate.compare,
    study.study,
    chat.chat,
    mcp.mcp,
    demo.demo,
):
    app.command()(command)
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


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 an error said in one line, 2 wrong usage, 130 interrupted."""
    try:
        app()
    except DermtoolsError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output (`| head`) is gone; that is not an error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if os.environ.get("DERMTOOLS_DEBUG"):
            raise
        _fail(f"internal error, please report it: {error!r} (DERMTOOLS_DEBUG=1 shows where)")


def _fail(message: str) -> None:
    typer.echo(f"error: {' '.join(message.split())}", err=True)
    sys.exit(1)
