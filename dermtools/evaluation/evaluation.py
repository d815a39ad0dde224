"""One evaluation from start to end: choose the cases, say what it will cost, ask, measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.errors import QueryError, require_extra
from dermtools.evaluation.reporting.results import Results, results
from dermtools.evaluation.reporting.table_file import table_markdown
from dermtools.evaluation.running.arm import Arm
from dermtools.evaluation.running.asking import Asked, LocalAsking, ask
from dermtools.evaluation.running.plan import Budget, Plan, make_plan
from dermtools.evaluation.running.records import RunError
from dermtools.evaluation.running.repeats import OVER, with_repeats
from dermtools.evaluation.running.run import Run
from dermtools.evaluation.running.sampling import NESTED, drawn
from dermtools.evaluation.running.spec import LEFT_OUT, RunSpec
from dermtools.evaluation.scoring import Rule, Target, targets
from dermtools.evaluation.statistics.analysis import Analyses, analyze
from dermtools.evaluation.statistics.comparisons import check_margin
from dermtools.files import write_whole
from dermtools.text import instead

if TYPE_CHECKING:
    from dermtools.prediction import Method, Query
    from dermtools.progress import Progress
    from dermtools.retrieval import CaseBase


@dataclass(frozen=True)
class Evaluation:
    """A run and what it says.

    `run` is the folder with its answers, `results` what they say, `plan` what was to be asked and its price, `asked`
    what was asked in the end.
    """

    run: Run
    results: Results
    plan: Plan
    asked: Asked


def evaluate(
    case_base: CaseBase,
    task: str,
    arms: Sequence[Arm | Method],
    out: str | Path,
    *,
    split: str | None = "test",
    rule: Rule = Rule.ANY,
    limit: int | None = None,
    seed: int = 0,
    repeats: int = 1,
    repeat_over: Sequence[str] = OVER,
    margin: float | None = None,
    max_cost: float | None = None,
    accept_unknown_price: bool = False,
    retry_failed: bool = False,
    concurrency: int = 8,
    confirm: Callable[[Plan], bool] | None = None,
    progress: Progress | None = None,
    local: LocalAsking | None = None,
) -> Evaluation:
    """Ask every arm about every case and measure the answers; resumes an interrupted run.

    Args:
        arms: what to compare; a bare method becomes an arm under its own name.
        out: the run's folder, new or to be resumed.
        split: cases to ask about; None takes all.
        limit: ask about so many cases only, drawn with `seed`; a larger sample holds every smaller one, and a run grows
            where it is started again with a larger limit.
        seed: of the draw.
        repeats: answers to each question of arms that ask a service, see `with_repeats`: how stable they are.
        repeat_over: `calls`, `draws` of random examples, `order` of examples; of each arm those that it has.
        margin: difference in accuracy that makes no odds, e.g. 0.05; methods inside it may be called equivalent.
        max_cost: dollars that the run must not pass, earlier calls included.
        accept_unknown_price: ask though the price of an arm is unknown.
        retry_failed: ask again where an earlier call got an error instead of an answer; else the error stands.
        concurrency: calls at a time.
        confirm: is shown the plan before anything is sent; False stops.
        local: asks the methods that are computed here, elsewhere: `distributed.evaluation.spread_over` does, over Ray.

    Raises:
        QueryError: no such task or split, or two arms have one name.
        RunError: the folder is another run's or in use, a price is unknown, or `confirm` said no.
        MissingExtraError: `repeats`, and statsmodels is not installed.
    """
    check_margin(margin)
    if repeats > 1:
        require_extra("statsmodels", "report")  # before anything is paid for
    compared = with_repeats([Arm.of(arm) for arm in arms], repeats, repeat_over)
    return perform(
        run_spec(case_base, task, compared, split=split, rule=rule, limit=limit, seed=seed),
        compared,
        lambda case_id: case_base.query(case_id=case_id),
        out,
        analysis=lambda run: analyze(run, case_base),
        margin=margin,
        max_cost=max_cost,
        accept_unknown_price=accept_unknown_price,
        retry_failed=retry_failed,
        concurrency=concurrency,
        confirm=confirm,
        progress=progress,
        local=local,
    )


def perform(
    spec: RunSpec,
    arms: Sequence[Arm],
    query: Callable[[str], Query],
    out: str | Path,
    *,
    analysis: Callable[[Run], Analyses] | None = None,
    margin: float | None = None,
    max_cost: float | None = None,
    accept_unknown_price: bool = False,
    retry_failed: bool = False,
    concurrency: int = 8,
    confirm: Callable[[Plan], bool] | None = None,
    progress: Progress | None = None,
    local: LocalAsking | None = None,
) -> Evaluation:
    """Do what a spec describes, wherever its queries come from (`query` makes that of a case id); see `evaluate`.

    `analysis` looks closer at the finished run.
    """
    with Run.writing(out, spec) as (run, log):
        for arm in arms:
            run.keep(arm.documents)
        held = {key: record for key, record in run.answers().items() if not (retry_failed and record.failed)}
        asked_about = run.spec.targets
        covered = {arm.name: [one for one in asked_about if arm.can_answer(one.case_id)] for arm in arms}
        todo = {arm: [one for one in of if (arm, one.case_id) not in held] for arm, of in covered.items()}
        failed = Counter(record.arm for record in held.values() if record.failed)
        spent = sum(record.price_usd or 0.0 for record in run.records())
        cases = {arm: len(of) for arm, of in covered.items()}
        plan = make_plan(arms, todo, cases, query, failed=failed, max_cost=max_cost, spent_usd=spent)
        plan.check(accept_unknown_price)
        if confirm is not None and not confirm(plan):
            raise RunError("stopped before anything was sent")
        budget = Budget(max_cost, spent)
        try:
            asked = ask(arms, todo, query, log, concurrency=concurrency, budget=budget, progress=progress, local=local)
        finally:
            run.note_left_out({arm.name: arm.method.settings.get(LEFT_OUT, ()) for arm in arms})
        run.tidy()
        found = results(run, analysis(run) if analysis is not None else None, margin=margin)
        write_whole(run.path / "metrics.json", found.to_json(), within=run.path)
        write_whole(run.path / "table.md", table_markdown(found), within=run.path)
    return Evaluation(run, found, plan, asked)


def run_spec(
    case_base: CaseBase,
    task: str,
    arms: Sequence[Arm],
    *,
    split: str | None = "test",
    rule: Rule = Rule.ANY,
    limit: int | None = None,
    seed: int = 0,
) -> RunSpec:
    """Describe a run so that it can be repeated; see `evaluate` for the arguments."""
    names = [arm.name for arm in arms]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None or not names:
        raise QueryError(f"two arms are called {twice!r}; give each its own name" if twice else "no method to evaluate")
    columns = case_base.columns
    rows = range(len(columns)) if split is None else np.flatnonzero(columns.splits.mask(split)).tolist()
    if not rows:
        existing = sorted({str(name) for name in columns.splits if name})
        raise QueryError(f"no case in split {split!r}; {instead(str(split), existing)}")
    found = drawn(targets(columns.cases(rows), task, rule), limit, seed)
    choices = {"rule": rule, "split": split, "seed": seed, "limit": limit, "draw": NESTED}
    return described(case_base, task, arms, found, **choices)


def described(case_base: CaseBase, task: str, arms: Sequence[Arm], found: Sequence[Target], **choices: Any) -> RunSpec:
    """The description of a run over these very cases; `choices` are how they were chosen."""
    info = case_base.info()
    return RunSpec(
        task=case_base.task(task),
        case_base={key: info[key] for key in ("path", "version", "embedder", "sources") if key in info},
        targets=tuple(found),
        arms={arm.name: {"method": arm.method.name, **arm.facts} for arm in arms},
        **choices,
    )
