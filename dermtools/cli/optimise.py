"""`dermtools optimise`: better texts for a prompt, found on validation patients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dermtools.cli import parameters as shared
from dermtools.cli.confirm import confirmed, receiver
from dermtools.cli.evaluate import rule_of
from dermtools.cli.interruption import keeping
from dermtools.cli.models import NONE_GIVEN, ModelOptions, connect
from dermtools.cli.output import NOT_A_DIAGNOSIS, print_json, show
from dermtools.errors import QueryError, require_extra
from dermtools.files import writable

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

PROPOSAL_TOKENS = 4096
"""Output tokens of a proposal where nobody says how many."""


def optimise(
    path: shared.CaseBasePath,
    task: shared.TaskOption,
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="NAME.yaml", help="New prompt file; its name is the prompt's id.", parser=writable
        ),
    ],
    method: Annotated[
        str, typer.Option("--method", metavar="NAME", help="Prompted method, e.g. zero-shot or rag-5.")
    ] = "rag-5",
    model: shared.ModelOption = None,
    prompt: shared.PromptOption = None,
    folders: shared.PromptFolderOption = None,
    reflection_model: Annotated[
        str | None,
        typer.Option(
            "--reflection-model",
            metavar="PROVIDER:MODEL",
            help="What proposes texts, a stronger model perhaps; it sees no picture. By default the same model.",
        ),
    ] = None,
    reflection_base_url: Annotated[
        str | None, typer.Option("--reflection-base-url", metavar="URL", help="Its server, as --base-url.")
    ] = None,
    held_out: Annotated[
        float, typer.Option("--held-out", metavar="SHARE", help="Of the validation cases, to judge by in the end.")
    ] = 0.4,
    max_calls: Annotated[int, typer.Option(min=1, help="Answers of the search, at most.")] = 300,
    minibatch: Annotated[int, typer.Option(min=1, help="Cases from which one proposal is made.")] = 4,
    rule: shared.RuleOption = "any",
    limit: Annotated[int | None, typer.Option(min=1, help="Take so many validation cases only.")] = None,
    seed: shared.SeedOption = 0,
    margin: shared.MarginOption = None,
    max_cost: shared.MaxCostOption = None,
    accept_unknown_price: shared.UnknownPriceOption = False,
    concurrency: shared.ConcurrencyOption = 8,
    reach: ModelOptions = NONE_GIVEN,
    cache: shared.CacheOption = None,
    embedder: shared.EmbedderOption = None,
    yes: shared.YesOption = False,
    as_json: shared.JsonOption = False,
) -> None:
    """Rewrite the texts of a prompt on validation patients by GEPA (extra optimise), and judge them on others.

    Test cases are never asked about. Nothing that was answered is asked again when it is started once more.
    """
    from dermtools.evaluation import optimise_prompt
    from dermtools.progress import bar
    from dermtools.retrieval import CaseBase

    require_extra("gepa", "optimise")
    if reflection_base_url and not reflection_model:
        raise QueryError("--reflection-base-url goes with --reflection-model; name that model too, or leave it out")
    case_base = CaseBase.open(path, embedder=embedder)
    chat = connect(model, replace(reach, cache=cache), method="optimise")
    proposing = reflection_model or str(model)
    reflecting = connect(
        proposing,
        ModelOptions(
            base_url=reflection_base_url if reflection_model else reach.base_url,
            api=None if reflection_model else reach.api,
            temperature="none",
            max_output_tokens=_longest(proposing),
        ),
        method="optimise",
    )
    with keeping(lambda: _kept(out)), bar() as progress:
        done = optimise_prompt(
            case_base,
            task,
            chat,
            out,
            method=method,
            prompt=prompt,
            prompts=folders or (),
            priced_as=str(model),
            reflection_model=reflecting,
            reflection_priced_as=proposing,
            rule=rule_of(rule),
            limit=limit,
            seed=seed,
            held_out=held_out,
            minibatch=minibatch,
            max_calls=max_calls,
            margin=margin,
            max_cost=max_cost,
            accept_unknown_price=accept_unknown_price,
            concurrency=concurrency,
            confirm=lambda plan: confirmed(plan, _asked({str(model): chat, proposing: reflecting}), yes),
            progress=progress,
        )
    if as_json:
        print_json(done.to_json())
        return
    show("", *done.lines, "")
    if done.prompt is not None:
        show(f"prompt: {done.prompt.path} (use it with --prompts {done.prompt.path.parent} --prompt {done.prompt.id})")
    show(f"report: {done.folder / 'report.md'}", NOT_A_DIAGNOSIS)


def _asked(models: dict[str, BaseChatModel]) -> Iterator[str]:
    return (receiver(spec, model) for spec, model in models.items())


def _longest(model: str) -> int:
    from dermtools.prompting.model_names import usual_output_limit

    return max(PROPOSAL_TOKENS, usual_output_limit(model))


def _kept(out: Path) -> str:
    folder = out.with_name(f"{out.stem}.optimising")
    if not folder.is_dir():
        return "nothing was sent; to start again, run"
    best = folder / out.name
    found = f"the best prompt so far is {best}; " if best.exists() else ""
    return f"{found}all answers are kept in {folder}, and none is paid for twice; to go on, run"
