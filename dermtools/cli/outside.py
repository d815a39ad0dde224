"""`--predictions NAME=FILE`: predictions made elsewhere, as rows of an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dermtools.cli.output import show
from dermtools.errors import QueryError
from dermtools.files import local_path

if TYPE_CHECKING:
    from dermtools.evaluation import Arm
    from dermtools.retrieval import CaseBase

PredictionsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--predictions",
        metavar="NAME=FILE",
        help="A table of predictions made elsewhere, by case id or file name, as a row beside the methods; repeat.",
    ),
]
PredictionLabelsOption = Annotated[
    str | None,
    typer.Option(metavar="LABELS", help="Names of the labels from number 0 on, where those tables have numbers."),
]


def outside_arms(case_base: CaseBase, task: str, given: Sequence[str], numbered: str | None) -> list[Arm]:
    """One arm a file; what each holds is said on stderr.

    Raises:
        QueryError: an option that is not `NAME=FILE`, or labels without predictions.
        RunError: a file cannot be read or is about no case.
    """
    from dermtools.evaluation import OutsidePredictions, outside_arm

    if numbered and not given:
        raise QueryError("--prediction-labels goes with --predictions NAME=FILE; add it, or leave the labels out")
    labels = [label.strip() for label in (numbered or "").split(",") if label.strip()]
    columns, name_of, arms = case_base.columns, case_base.task(task).name, []
    for one in given:
        name, equals, file = one.partition("=")
        if not equals or not name.strip() or not file:
            raise QueryError(f"--predictions {one}: write NAME=FILE, e.g. --predictions theirs=predictions.csv")
        made = OutsidePredictions(
            local_path(Path(file), QueryError),
            task,
            case_base.task(task).labels,
            dict(zip(columns.case_ids, columns.labels[name_of], strict=True)),
            name=name.strip(),
            numbered=labels,
        )
        show(made.line(), to_stderr=True)
        arms.append(outside_arm(made))
    return arms
