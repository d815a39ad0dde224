"""`dermtools study`: one prompted method with one thing varied at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dermtools.cli import parameters as shared
from dermtools.cli.confirm import answers_kept, confirmed, receivers
from dermtools.cli.evaluate import content, failures, rule_of, say_what_is_not_drawn
from dermtools.cli.interruption import keeping
from dermtools.cli.models import NONE_GIVEN, ModelOptions, connect
from dermtools.cli.output import NOT_A_DIAGNOSIS, print_json, show, table
from dermtools.errors import QueryError

if TYPE_CHECKING:
    from dermtools.evaluation import Study

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
    folders: shared.PromptFolderOption = None,
    split: shared.SplitOption = "test",
    rule: shared.RuleOption = "any",
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
    """Vary shots, order, diversity, picture size or prompt over the same cases: a table, a curve an axis, and a page.

    Shots and size are judged by one test for a trend over patients, the others by one for each pair of values.
    """
    from dermtools.evaluation import SHOTS, grid, prompted_arms, run_study
    from dermtools.progress import bar
    from dermtools.retrieval import CaseBase

    say_what_is_not_drawn()
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
            prompted_arms(case_base, task, chat, str(model), **({"prompts": folders} if folders else {})),
            out,
            split=None if split == "all" else split,
            rule=rule_of(rule),
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
    finish_study(done, as_json)


def finish_study(
    done: Study, as_json: bool, *, lines: Sequence[str] = (), more: Mapping[str, Any] | None = None
) -> None:
    """Print what a study says, and only then draw its curves and page; `lines` and `more` as in `finish`."""
    if not as_json:
        head, *body = done.rows()
        show("", table(head, body), "", *done.verdicts, *lines, *failures(done.evaluation.run), "")
    page, curves = done.publish()
    if as_json:
        said: dict[str, Any] = {"run": str(page.parent), "report": str(page), "table": str(page.parent / "study.md")}
        said |= {"curves": {axis: str(path) for axis, path in curves.items()}, "settings": done.settings}
        told = [{**asdict(one), "in_words": one.sentence} for one in done.effects]
        print_json({**said, **(more or {}), "effects": told, **content(done.evaluation.results)})
        return
    show(f"report: {page}", NOT_A_DIAGNOSIS)


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
