"""`dermtools check`: what is wrong or doubtful in a case base."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Annotated

import typer

from dermtools.cli import completion
from dermtools.cli.output import print_json, show
from dermtools.cli.parameters import CaseBasePath, JsonOption
from dermtools.errors import QueryError


def check(
    path: CaseBasePath,
    labels: Annotated[
        bool,
        typer.Option(
            "--labels",
            help="Also rank labels that nearest cases and a classifier doubt, neither of which knows the patient, and "
            "list like pictures with other labels: extra report.",
        ),
    ] = False,
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task",
            metavar="TASK",
            help="With --labels: of this task alone; repeatable.",
            autocompletion=completion.tasks,
        ),
    ] = None,
    text: Annotated[
        bool,
        typer.Option(
            "--text",
            help="Also read every stored picture and list writing drawn in, such as names: half a second each, extra "
            "ocr. It warns; what is small, blurred or handwritten is missed.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Look for duplicates, leaks across splits, bad pictures, rare or wrong labels, and gaps in who is shown."""
    from dermtools.progress import bar
    from dermtools.retrieval import CaseBase

    if task and not labels:
        raise QueryError("--task goes with --labels; add it, or leave --task out")
    case_base = CaseBase.open(path)
    with bar() if text or labels else nullcontext() as progress:
        report = case_base.check(text=text, labels=labels, tasks=task or (), progress=progress)
    if as_json:
        print_json(report.model_dump(mode="json"))
        return
    show(f"{path}: {report.cases} cases checked", "", *(f"  {line}" for line in report.lines()))
