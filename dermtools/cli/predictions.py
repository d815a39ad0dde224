"""`dermtools predictions`: the answers of a run, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dermtools.cli.output import show
from dermtools.errors import QueryError
from dermtools.files import local_path, writable
from dermtools.text import instead


def predictions(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.", show_default=False, parser=local_path)],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="To write.", show_default=False, parser=writable)],
    to: Annotated[
        str,
        typer.Option(
            metavar="csv|parquet|inspect",
            help="A tidy table; or a log that `inspect view` opens, of one arm (extra inspect).",
        ),
    ] = "csv",
    arm: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of this row of the run's table only; inspect takes one.")
    ] = None,
) -> None:
    """Write the answers of a run, one row a case and arm: truth, label, probabilities, tokens, price, exemplars."""
    from dermtools.evaluation import Run, write_inspect_log, write_predictions
    from dermtools.evaluation.running.predictions import FORMATS

    opened = Run.open(run)
    if to.lower() == "inspect":
        count = write_inspect_log(opened, file, arm=arm)
    else:
        wanted = next((name for name in FORMATS if name == to.lower()), None)
        if wanted is None:
            raise QueryError(f"--to {to}: no such format; {instead(to, (*FORMATS, 'inspect'))}")
        table = opened.predictions(arm)
        write_predictions(table, file, wanted)
        count = table.num_rows
    show(f"{file}: {count} answers")
