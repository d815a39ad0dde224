"""`dermtools evaluate`: which method is worth using."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from dermtools.cli import parameters as shared
from dermtools.cli.confirm import answers_kept, confirmed, receivers
from dermtools.cli.embedders import in_space, views
from dermtools.cli.interruption import keeping
from dermtools.cli.models import NONE_GIVEN, ModelOptions, method_of
from dermtools.cli.output import NOT_A_DIAGNOSIS, print_json, show, table
from dermtools.cli.outside import PredictionLabelsOption, PredictionsOption, outside_arms
from dermtools.errors import QueryError
from dermtools.text import bounded, instead

if TYPE_CHECKING:
    from rich.table import Table

    from dermtools.evaluation import Arm, Evaluation, Results, Rule, Run
    from dermtools.evaluation.reporting.projection import Projection
    from dermtools.evaluation.running.asking import LocalAsking
    from dermtools.retrieval import CaseBase

SHOWN = ("method", "right", "accuracy", "95 %", "against the best")
"""Columns of the table that fit a terminal; the report has all."""
SHOWN_OF_REPEATS = ("method", "over", "accuracy", "95 %", "same answer", "kappa")
SHOWN_OF_FETCHING = ("method", "fetched", "tool calls", "pictures", "tokens", "cost")
LONGEST_REASON = 160
NONE: list[str | None] = [None]


def evaluate(
    path: shared.CaseBasePath,
    task: shared.TaskOption,
    out: shared.RunOption,
    methods: Annotated[
        str, typer.Option(metavar="NAMES", help="Comma-separated, e.g. majority,knn-vote-5,adapter,zero-shot,rag-5.")
    ] = "majority,knn-vote-5,knn-vote-15",
    models: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="PROVIDER:MODEL", help="For prompted methods; repeat for several."),
    ] = None,
    prompts: Annotated[
        list[str] | None, typer.Option("--prompt", metavar="ID", help="Prompts to compare; repeat for several.")
    ] = None,
    folders: shared.PromptFolderOption = None,
    predictions: PredictionsOption = None,
    prediction_labels: PredictionLabelsOption = None,
    split: shared.SplitOption = "test",
    rule: shared.RuleOption = "any",
    limit: shared.LimitOption = None,
    seed: shared.SeedOption = 0,
    repeats: Annotated[
        int, typer.Option(min=1, help="Ask a model so many times about each case: how stable its answers are.")
    ] = 1,
    repeat_over: Annotated[
        str,
        typer.Option(
            metavar="WORDS",
            help="What the repetitions change: nothing but the call, the draw of random examples, their order.",
        ),
    ] = "calls,draws,order",
    margin: shared.MarginOption = None,
    layout: shared.MapOption = "pca",
    max_cost: shared.MaxCostOption = None,
    accept_unknown_price: shared.UnknownPriceOption = False,
    retry_failed: shared.RetryFailedOption = False,
    concurrency: shared.ConcurrencyOption = 8,
    reach: ModelOptions = NONE_GIVEN,
    cache: shared.CacheOption = None,
    embedder: shared.EmbedderOption = None,
    embedders: Annotated[
        str | None,
        typer.Option(
            metavar="SPECS",
            help="Compare embedders: each method by the vectors of each of these, comma-separated; see reembed.",
        ),
    ] = None,
    ray: shared.RayOption = None,
    yes: shared.YesOption = False,
    as_json: shared.JsonOption = False,
) -> None:
    """Compare methods on the same cases, with intervals and tests over patients; writes a table, figures and a report.

    Nothing that was answered is asked again when an interrupted run is started once more.
    """
    from dermtools.evaluation import evaluate as run_evaluation
    from dermtools.progress import bar
    from dermtools.retrieval import CaseBase

    check_drawing(layout)
    case_base = CaseBase.open(path, embedder=embedder)
    names = [name.strip() for name in methods.split(",") if name.strip()]
    reach = replace(reach, cache=cache)
    given = (task, names, models or [], reach, prompts or [], folders)
    arms = [
        arm for view, name in views(case_base, embedder, embedders) for arm in in_space(_arms(view, *given), view, name)
    ]
    arms += outside_arms(case_base, task, predictions or [], prediction_labels)
    with keeping(lambda: answers_kept(out)), _spread(ray, case_base) as local, bar() as progress:
        done = run_evaluation(
            case_base,
            task,
            arms,
            out,
            split=None if split == "all" else split,
            rule=rule_of(rule),
            limit=limit,
            seed=seed,
            repeats=repeats,
            repeat_over=[word.strip() for word in repeat_over.split(",") if word.strip()],
            margin=margin,
            max_cost=max_cost,
            accept_unknown_price=accept_unknown_price,
            retry_failed=retry_failed,
            concurrency=concurrency,
            confirm=lambda plan: confirmed(plan, receivers(models or [], reach), yes),
            progress=progress,
            local=local,
        )
    finish(done, case_base, layout, as_json)


def check_drawing(layout: str) -> None:
    """Before the work: refuse a map that there is not, and say where no figures will be drawn what they need."""
    from dermtools.evaluation.reporting.projection import check_projection

    check_projection(layout)
    say_what_is_not_drawn()


def say_what_is_not_drawn() -> None:
    """Where there will be no figures, say so and what they need; the rest goes without."""
    from dermtools.evaluation.reporting.figures import figures_missing

    if why := figures_missing():
        show(f"no figures will be drawn, the table and the report do without: {why}", to_stderr=True)


def _spread(address: str | None, case_base: CaseBase) -> AbstractContextManager[LocalAsking | None]:
    if address is None:
        return nullcontext()
    from dermtools.distributed.evaluation import spread_over

    return spread_over(address, case_base)


def finish(
    done: Evaluation,
    case_base: CaseBase,
    layout: str,
    as_json: bool,
    *,
    lines: Sequence[str] = (),
    more: Mapping[str, Any] | None = None,
) -> None:
    """Print what a run says, and only then draw its page and figures, which may take longer than all else.

    `lines` are printed besides, `more` is what JSON says of them.
    """
    from dermtools.evaluation import publish

    if not as_json:
        show_table(done.results)
        said = [*lines, *failures(done.run)]
        show(*(["", *said] if said else []), "")
    show("drawing the report and its figures", to_stderr=True)
    page, *_ = publish(done.run, done.results, case_base, projection=cast("Projection", layout))
    if as_json:
        print_json({"run": str(done.run.path), "report": str(page), **(more or {}), **content(done.results)})
    else:
        show(f"report: {page}", NOT_A_DIAGNOSIS)


def _arms(
    case_base: CaseBase,
    task: str,
    names: list[str],
    models: Sequence[str | None],
    reach: ModelOptions,
    prompts: Sequence[str | None],
    folders: list[Path] | None,
) -> list[Arm]:
    """One arm for every method, model and prompt; an option that none of the methods takes is refused."""
    from dermtools.evaluation import Arm
    from dermtools.methods import family_of

    families = [family_of(name) for name in names]
    given = {"prompt": prompts, "prompts": folders, "model": models, **reach.given()}
    asked = any(family.needs_model for family in families)
    for option in (option for option, value in given.items() if value):
        if not (asked if option not in ("prompt", "prompts") else any(option in one.options for one in families)):
            raise QueryError(f"none of {', '.join(names)} takes {option}; leave it out")
    arms: list[Arm] = []
    for name, family in zip(names, families, strict=True):
        asking = (models or NONE, reach) if family.needs_model else (NONE, NONE_GIVEN)
        ids = prompts if "prompt" in family.options else []
        for model, prompt in product(asking[0], ids or NONE):
            own = {"prompt": prompt, "prompts": folders, "priced_as": model}
            taken = {option: value for option, value in own.items() if option in family.options}
            made = method_of(case_base, task, name, model, asking[1], **taken)
            # The model is named only where several are compared.
            label = " · ".join(filter(None, [name, model if len(models) > 1 else None, prompt]))
            arms.append(replace(Arm.of(made), name=label))
    return arms


def rule_of(name: str) -> Rule:
    """The rule of a name, or a QueryError with those that there are."""
    from dermtools.evaluation import Rule

    try:
        return Rule(name)
    except ValueError:
        raise QueryError(f"no rule {name!r}; {instead(name, [rule.value for rule in Rule])}") from None


def show_table(results: Results) -> None:
    """Print the main table and what it says."""
    from dermtools.evaluation.reporting.fetching_table import A_CASE, fetching_basis, fetching_rows
    from dermtools.evaluation.reporting.tables import rows, stability_rows

    show("", _columns(rows(results, costs=False), SHOWN), "", results.headline)
    show(*filter(None, [results.basis, results.cheapest]), *results.retrieval)
    if results.fetching:
        show("", _columns(fetching_rows(results), SHOWN_OF_FETCHING), A_CASE)
        show(*(line for one in results.fetching for line in one.lines), *fetching_basis(results))
    if results.stability:
        cases = {(one.n, one.groups) for one in results.stability}
        over = " or ".join(f"{n} cases of {groups} groups" for n, groups in sorted(cases))
        show("", _columns(stability_rows(results), SHOWN_OF_REPEATS))
        show(f"Over {over} with all answers; 95 % intervals over groups. It describes: nothing of it is tested.")


def _columns(rows: Sequence[Sequence[str]], names: Sequence[str]) -> Table:
    """Some columns of a table whose head comes first."""
    head, *body = rows
    places = [head.index(name) for name in names]
    return table(names, [[row[place] for place in places] for row in body])


def failures(run: Run) -> list[str]:
    """What got an error instead of an answer, a line for each arm, with one of the reasons."""
    answers = list(run.answers().values())
    lines = []
    for arm in run.spec.arms:
        failed = [record for record in answers if record.arm == arm and record.failed]
        if failed:
            count = f"{len(failed)} of {sum(record.arm == arm for record in answers)} calls of {arm} failed"
            reason = bounded(failed[0].prediction.reason or "no reason given", LONGEST_REASON)
            lines.append(f"{count} ({reason}); they count as wrong; --retry-failed asks again")
    return lines


def content(results: Results) -> dict[str, Any]:
    """What `metrics.json` holds."""
    held: dict[str, Any] = json.loads(results.to_json())
    return held
