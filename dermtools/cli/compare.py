"""`dermtools compare` and `dermtools rerun`: runs held against each other, and a run once more from its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dermtools.addresses import case_base_place
from dermtools.cli import parameters as shared
from dermtools.cli.confirm import answers_kept, confirmed, receiver
from dermtools.cli.evaluate import check_drawing, content, finish, show_table
from dermtools.cli.interruption import keeping
from dermtools.cli.output import NOT_A_DIAGNOSIS, print_json, show
from dermtools.cli.study import finish_study
from dermtools.errors import CaseBaseError
from dermtools.files import local_path, writable

if TYPE_CHECKING:
    from dermtools.evaluation import Arm, Run

AGAIN = "-again"
"""What a run that is repeated without --out is called besides."""


def compare(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Folders of runs over the same cases.", parser=local_path)
    ],
    margin: shared.MarginOption = None,
    as_json: shared.JsonOption = False,
) -> None:
    """Compare the methods of several runs on the cases that all of them asked about.

    Says what decided the runs and differs: settings, case base, versions, and the text of prompts as a diff.
    """
    from dermtools.evaluation import Run, compare_runs
    from dermtools.evaluation.reporting.results import shared_cases

    opened = [Run.open(path) for path in runs]
    results, shared_by = compare_runs(opened, margin=margin), shared_cases(opened)
    against = [_against(opened[0], other) for other in opened[1:]]
    if as_json:
        said = {"runs": [str(path) for path in runs], "shared": shared_by.counts, "differences": against}
        print_json({**said, **content(results)})
        return
    show_table(results)
    if len(runs) > 1:
        show("", f"{shared_by.sentence}; every pair is compared on them alone")
    for found in against:
        show("", f"{found['runs'][0]} and {found['runs'][1]} differ in", *(f"  {line}" for line in found["in_words"]))
        show(*found["prompts"])
    show("", NOT_A_DIAGNOSIS)


def _against(first: Run, second: Run) -> dict[str, Any]:
    from dermtools.evaluation import differences, prompt_diffs

    found = differences(first.spec, second.spec)
    lines = [one.sentence(f"in {first.path.name}", f"in {second.path.name}") for one in found]
    return {
        "runs": [str(first.path), str(second.path)],
        "in_words": lines or ["nothing that decides"],
        "settings": [asdict(one) for one in found],
        "prompts": prompt_diffs(first, second),
    }


def rerun(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the run.", parser=local_path)],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="NEW",
            help="Folder of the new run; resumed if interrupted.",
            show_default=f"RUN{AGAIN}",
            parser=lambda given: writable(given, folder=True),
        ),
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option(
            "--case-base",
            metavar="CASEBASE",
            help="Where the case base lies now, if it was moved.",
            parser=case_base_place,
        ),
    ] = None,
    margin: shared.MarginOption = None,
    layout: shared.MapOption = "pca",
    max_cost: shared.MaxCostOption = None,
    accept_unknown_price: shared.UnknownPriceOption = False,
    retry_failed: shared.RetryFailedOption = False,
    concurrency: shared.ConcurrencyOption = 8,
    cache: shared.CacheOption = None,
    embedder: shared.EmbedderOption = None,
    yes: shared.YesOption = False,
    as_json: shared.JsonOption = False,
) -> None:
    """Repeat a run from its folder: the same cases, methods, models, settings and prompt texts.

    Says first what is not as it was then: case base, trained classifiers, versions of packages.
    """
    from dermtools.cases.creating import is_there
    from dermtools.evaluation import Run, Study, perform, repetition
    from dermtools.evaluation.statistics.analysis import analyze
    from dermtools.progress import bar
    from dermtools.prompting import SQLiteCache
    from dermtools.retrieval import CaseBase

    check_drawing(layout)
    before = Run.open(run)
    home = base or case_base_place(str(before.spec.case_base.get("path")))
    if not is_there(home):
        raise CaseBaseError(f"the case base of {run} is not at {home}; say where it is with --case-base")
    case_base = CaseBase.open(home, embedder=embedder)
    again = repetition(before, case_base, cache=None if cache is None else SQLiteCache(cache))
    lines = [one.sentence("then", "now") for one in again.differences]
    show(f"since {run}", *(f"  {line}" for line in lines or ["nothing that decides has changed"]), to_stderr=True)
    folder = out or writable(f"{run}{AGAIN}", folder=True)
    with keeping(lambda: answers_kept(folder)), bar() as progress:
        done = perform(
            again.spec,
            again.arms,
            lambda case_id: case_base.query(case_id=case_id),
            folder,
            analysis=lambda made: analyze(made, case_base),
            margin=margin,
            max_cost=max_cost,
            accept_unknown_price=accept_unknown_price,
            retry_failed=retry_failed,
            concurrency=concurrency,
            confirm=lambda plan: confirmed(plan, _asked(again.arms), yes),
            progress=progress,
        )
    same = _same_answers(before, done.run)
    more = {"differences": [asdict(one) for one in again.differences], "same_answers": same}
    lines = [f"{arm}: {count} of {cases} answers are as before" for arm, (count, cases) in same.items()]
    if any("study" in facts for facts in done.run.spec.arms.values()):
        finish_study(Study.of(done, margin), as_json, lines=lines, more=more)
    else:
        finish(done, case_base, layout, as_json, lines=lines, more=more)


def _asked(arms: Sequence[Arm]) -> list[str]:
    """Who is asked, by arms made anew."""
    found = []
    for arm in arms:
        if arm.remote:
            model = getattr(getattr(getattr(arm.method, "chain", None), "asker", None), "model", None)
            found.append(receiver(str(arm.facts.get("model")), model))
    return list(dict.fromkeys(found))


def _same_answers(before: Run, now: Run) -> dict[str, tuple[int, int]]:
    """Arm to how many of its answers are the same as in the earlier run, and of how many that both have."""
    then, found = before.answers(), {}
    for arm in now.spec.compared:
        both = [(then[key], record) for key, record in now.answers().items() if key[0] == arm and key in then]
        same = sum(one.prediction.label == other.prediction.label for one, other in both)
        found[arm] = (same, len(both))
    return found
