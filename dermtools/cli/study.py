"""`dermtools study`: one prompted method with one thing varied at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from dermtools.cli import parameters as shared
from dermtools.cli.confirm import answers_kept, confirmed, receivers
from dermtools.cli.evaluate import content
from dermtools.cli.interruption import keeping
from dermtools.cli.models import NONE_GIVEN, ModelOptions, connect
from dermtools.cli.output import NOT_A_DIAGNOSIS, print_json, show
from dermtools.errors import QueryError

WHOLE_NUMBERS = ("shots", "size")


def study(
    path: shared.CaseBasePath,
    task: shared.TaskOption,
    out: shared.RunOption,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="AXIS=VALUES",
            help="shots, order, diversity, size or prompt with comma-separated values, e.g. shots=0,1,3,5,10 (the "
            "default) or order=nearest-last,nearest-first; repeat for a grid.",
        ),
    ] = None,
    model: shared.ModelOption = None,
    limit: shared.LimitOption = None,
    seed: shared.SeedOption = 0,
    margin: shared.MarginOption = None,
    max_cost: shared.MaxCostOption = None,
    accept_unknown_price: shared.UnknownPriceOption = False,
    retry_failed: shared.RetryFailedOption = False,
    concurrency: shared.ConcurrencyOption = 8,
    reach: ModelOptions = NONE_GIVEN,
    cache: shared.CacheOption = None,
    embedder: shared.EmbedderOption = None,
    yes: shared.YesOption = False,
    as_json: shared.JsonOption = False,
) -> None:
    """Vary shots, order, diversity, picture size or prompt over the same cases: a table, and a curve an axis."""
    from dermtools.evaluation import SHOTS, grid, prompted_arms, run_study
    from dermtools.evaluation.reporting.figures import save_curve
    from dermtools.progress import bar
    from dermtools.retrieval import CaseBase

    axes = _axes(vary or [f"shots={','.join(map(str, SHOTS))}"])
    settings = grid(**axes)
    case_base = CaseBase.open(path, embedder=embedder)
    reach = replace(reach, cache=cache)
    chat = connect(model, reach, method="study")
    with keeping(lambda: answers_kept(out)), bar() as progress:
        done = run_study(
            case_base,
            task,
            settings,
            prompted_arms(case_base, task, chat, str(model)),
            out,
            limit=limit,
            seed=seed,
            margin=margin,
            max_cost=max_cost,
            accept_unknown_price=accept_unknown_price,
            retry_failed=retry_failed,
            concurrency=concurrency,
            confirm=lambda plan: confirmed(plan, receivers([str(model)], reach), yes),
            progress=progress,
        )
    varied = [axis for axis, values in axes.items() if len(values) > 1]
    curves = {axis: str(save_curve(done.curves(axis), axis, out / f"{axis}.png")) for axis in varied}
    if as_json:
        said = {"run": str(out), "table": str(out / "study.md"), "curves": curves, "settings": done.settings}
        print_json({**said, **content(done.evaluation.results)})
        return
    show("", done.evaluation.results.headline, f"table: {out / 'study.md'}")
    show(*(f"curve: {curve}" for curve in curves.values()), NOT_A_DIAGNOSIS)


def _axes(options: list[str]) -> dict[str, list[int | str]]:
    from dermtools.evaluation import AXES

    axes: dict[str, list[int | str]] = {}
    for option in options:
        axis, _, text = option.partition("=")
        values = [value.strip() for value in text.split(",") if value.strip()]
        if axis not in AXES or not values:
            raise QueryError(f"--vary {option}: write AXIS=VALUES, with one of {', '.join(AXES)}, e.g. shots=0,5")
        whole = axis in WHOLE_NUMBERS
        if whole and not all(value.isdecimal() for value in values):
            raise QueryError(f"--vary {option}: {axis} takes whole numbers")
        axes[axis] = [int(value) if whole else value for value in values]
    return axes
