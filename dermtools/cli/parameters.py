"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CaseBasePath = Annotated[Path, typer.Argument(metavar="CASEBASE", help="Folder of the case base.", show_default=False)]
ImageArgument = Annotated[
    Path | None, typer.Argument(metavar="[IMAGE]", help="Picture to look up.", show_default=False)
]
CaseOption = Annotated[
    str | None, typer.Option("--case", metavar="ID", help="Take a case of the case base instead of a picture.")
]
GroupOption = Annotated[
    str | None,
    typer.Option("--group", metavar="ID", help="Patient or encounter of the picture, so that it is left out."),
]
WhereOption = Annotated[
    str | None,
    typer.Option(metavar="CONDITION", help="SQL-like filter, e.g. \"location = 'face' and fitzpatrick >= 4\"."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
TaskOption = Annotated[str, typer.Option("--task", metavar="TASK", help="Label column to predict.")]
