"""One optimisation from start to end: choose the cases, say what it will cost, search, judge, write the prompt."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dermtools.errors import QueryError, require_extra
from dermtools.evaluation.optimising.adapter import PromptAdapter
from dermtools.evaluation.optimising.answers import REFLECTION, Answers, StoppedError, answers_in
from dermtools.evaluation.optimising.job import Job, make_search_plan
from dermtools.evaluation.optimising.parts import validation_parts
from dermtools.evaluation.optimising.report import OptimisedPrompt, Spent
from dermtools.evaluation.optimising.texts import texts_of, with_texts
from dermtools.evaluation.running.arm import Arm
from dermtools.evaluation.running.plan import Budget, Plan
from dermtools.evaluation.running.records import RecordLog, RunError
from dermtools.evaluation.running.spec import LEFT_OUT
from dermtools.evaluation.scoring import Rule, Scored, score
from dermtools.evaluation.statistics.comparisons import check_margin, compare
from dermtools.files import writable, write_whole
from dermtools.numbers import whole_number
from dermtools.progress import Silent
from dermtools.prompting.files.library import Prompt, PromptLibrary, read_prompt
from dermtools.prompting.files.writing import prompt_yaml

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from dermtools.progress import Progress
    from dermtools.retrieval import CaseBase

MOST_CALLS = 300


def optimise_prompt(
    case_base: CaseBase,
    task: str,
    model: str | BaseChatModel,
    out: str | Path,
    *,
    method: str = "rag-5",
    prompt: str | None = None,
    prompts: Sequence[str | Path] = (),
    priced_as: str | None = None,
    reflection_model: str | BaseChatModel | None = None,
    reflection_priced_as: str | None = None,
    rule: Rule = Rule.ANY,
    limit: int | None = None,
    seed: int = 0,
    held_out: float = 0.4,
    minibatch: int = 4,
    max_calls: int = MOST_CALLS,
    margin: float | None = None,
    max_cost: float | None = None,
    accept_unknown_price: bool = False,
    concurrency: int = 8,
    confirm: Callable[[Plan], bool] | None = None,
    progress: Progress | None = None,
) -> OptimisedPrompt:
    """Rewrite the texts of a prompt by GEPA on validation patients, and judge the result on others of them.

    Validation patients are split in three: answers about the first are told to the reflecting model, the second choose
    among the prompts, the third are asked about at the end only. Examples come from the train split. Answers are kept
    beside `out`, in `NAME.optimising`; started again, the search takes the same way and pays for none of them again.

    Args:
        model, priced_as: what answers, and its `provider:model` in the price list.
        out: the new prompt file; its name is the prompt's id.
        method: a prompted method, e.g. `zero-shot` or `rag-5`.
        prompt, prompts: id of the prompt to start with, by default that of the task; folders over the built-in ones.
        reflection_model, reflection_priced_as: what proposes texts; by default the same model.
        held_out: share of the validation cases to judge by; the rest is halved.
        minibatch: cases from which one proposal is made.
        max_calls: answers of the search, before the held-out cases.
        rule, limit, seed, margin, max_cost, accept_unknown_price, concurrency, confirm, progress: as `evaluate`.

    Raises:
        QueryError: no such task, method or validation cases, or too few of them.
        PromptError: no such prompt, or none of its texts can be optimised.
        RunError: `out` is taken, a price is unknown, the ceiling is too low, or `confirm` said no.
        MissingExtraError: gepa is not installed.
    """
    from dermtools.methods import family_of
    from dermtools.methods import method as method_of
    from dermtools.prompting import parse_method

    require_extra("gepa", "optimise")  # before anything is paid for
    check_margin(margin)
    minibatch, max_calls = whole_number(minibatch, "minibatch"), whole_number(max_calls, "max_calls")
    family = family_of(method)
    if family.kind != "prompted":
        raise QueryError(f"{method} has no prompt to optimise; choose zero-shot, random-K or rag-K")
    asked = case_base.task(task)
    examples = {"split": "train"} if "split" in family.options else {}
    if examples and "train" not in case_base.columns.splits:
        raise QueryError(f"{method} takes its examples from the train split, and there is none; make splits first")
    library = PromptLibrary(*prompts)
    before = library.get(prompt) if prompt else library.for_task(asked)
    out = _new_file(Path(out), before)
    chat, priced_as = _connected(model, priced_as)
    if reflection_model is None:
        reflecting, reflection_priced_as = chat, reflection_priced_as or priced_as
    else:
        reflecting, reflection_priced_as = _connected(reflection_model, reflection_priced_as, temperature=None)

    def build(made: Prompt) -> Arm:
        options: dict[str, Any] = {"prompt": made, "priced_as": priced_as, "concurrency": concurrency, **examples}
        return Arm.of(method_of(method, case_base, asked.name, model=chat, **options))

    job = Job(
        case_base=case_base,
        task=asked.name,
        method=method,
        before=before,
        texts=texts_of(before.file, parse_method(method).kind),
        parts=validation_parts(case_base, asked.name, rule=rule, limit=limit, seed=seed, held_out=held_out),
        build=build,
        minibatch=minibatch,
        max_calls=max_calls,
    )
    least = len(job.parts.choosing) + 2 * minibatch
    if max_calls < least:
        raise QueryError(
            f"{max_calls} calls are too few for one proposal: {least} are the least; or ask about fewer cases"
        )
    folder = out.with_name(f"{out.stem}.optimising")
    if out.exists() and not folder.is_dir():
        raise RunError(f"{out} exists already; choose another name for the new prompt")
    first = job.arm_of(job.texts)
    info = case_base.info()
    settings = {
        **{name: value for name, value in first.facts.items() if name != LEFT_OUT},
        "reflection model": reflection_priced_as,
        **{f"case base {name}": info[name] for name in ("version", "embedder")},
        "cases": {name: [one.case_id for one in getattr(job.parts, name)] for name in job.parts.lines},
        "rule": rule.value,
        "search seed": seed,
        "minibatch": minibatch,
    }
    with answers_in(folder, settings) as log:
        answers = Answers(log, Budget(None), job.query, reflecting, reflection_priced_as, concurrency=concurrency)
        plan, kept = make_search_plan(job, first, answers, max_cost)
        plan.check(accept_unknown_price)
        if confirm is not None and not confirm(plan):
            raise RunError("stopped before anything was sent")
        answers.budget = Budget(None if max_cost is None else max_cost - kept, plan.spent_usd)
        progress = progress or Silent()
        progress.start(max_calls, "search")
        search = _search(job, answers, out, folder, seed, progress)
        scored, ended = _judged(job, answers, log, search, max_cost, progress)
        made = None
        if search.best != job.texts:
            how = (
                f"its texts optimised by GEPA for {method} with {priced_as} (proposals: {reflection_priced_as}) on "
                f"{job.parts.size} of validation; no test case was used"
            )
            write_whole(out, _written(job, out, search.best, f"From {before.id} version {before.file.version}, {how}."))
            made = read_prompt(out)

        judging = {one.case_id for one in job.parts.held_out}

        def right(share: float) -> int:
            return round(share * len(job.parts.choosing))

        done = OptimisedPrompt(
            before=before,
            prompt=made,
            folder=folder,
            method=method,
            parts=job.parts,
            rule=rule,
            chosen_by=(right(search.scores[0]), right(max(search.scores))) if search.scores else None,
            scored=scored,
            comparison=compare([scored[1], scored[0]], margin=margin)[0] if scored else None,
            judged=len({record.arm for record in log.records if record.case_id in judging} - {first.name}),
            candidates=len(search.scores),
            proposed=search.proposed,
            refused=tuple(search.refused),
            ended=search.ended or ended,
            spent=Spent.of(log.records, REFLECTION),
            texts=tuple((at, text, search.best[at]) for at, text in job.texts.items() if text != search.best[at]),
        )
        write_whole(folder / "report.md", done.markdown, within=folder)
        (folder / out.name).unlink(missing_ok=True)
    return done


def _connected(model: str | BaseChatModel, priced_as: str | None, **options: Any) -> tuple[BaseChatModel, str]:
    """The model, and its `provider:model` in the price list."""
    from dermtools.prompting.asking.models import chat_model, model_name, model_provider

    if isinstance(model, str):
        return chat_model(model, **options), priced_as or model
    return model, priced_as or f"{model_provider(model)}:{model_name(model)}"


def _new_file(out: Path, before: Prompt) -> Path:
    if out.suffix not in (".yaml", ".yml") or not re.fullmatch("[a-z][a-z0-9-]*", out.stem):
        raise QueryError(f"{out.name}: name the new prompt like location-2.yaml: its id (a-z, 0-9, -) and .yaml")
    if out.resolve() == before.path.resolve():
        raise QueryError(f"{out} is the prompt to start with; write the new one elsewhere")
    return writable(out)


class _Quiet:
    """GEPA's log, which nobody reads: what matters is in the records."""

    def log(self, message: str) -> None:
        pass


def _search(job: Job, answers: Answers, out: Path, folder: Path, seed: int, progress: Progress) -> PromptAdapter:
    def found(texts: dict[str, str]) -> None:
        draft = _written(job, out, texts, f"The best so far of an optimisation of {job.before.id} that has not ended.")
        write_whole(folder / out.name, draft, within=folder)

    adapter = PromptAdapter(
        answers=answers,
        arm_of=job.arm_of,
        task=job.case_base.task(job.task),
        first=job.texts,
        meanings={
            "instruction": "what the method says of the examples; a text of its own",
            **{name: variable.description for name, variable in job.before.file.variables.items()},
        },
        choosing=frozenset(one.case_id for one in job.parts.choosing),
        most=job.max_calls,
        found=found,
        progress=progress,
    )
    with suppress(StoppedError):  # the adapter knows why; what was found stands
        require_extra("gepa", "optimise").optimize(
            seed_candidate=job.texts,
            trainset=list(job.parts.learning),
            valset=list(job.parts.choosing),
            adapter=adapter,
            reflection_minibatch_size=job.minibatch,
            max_metric_calls=job.max_calls,
            stop_callbacks=adapter.over,
            logger=_Quiet(),
            seed=seed,
        )
    if adapter.broken is not None:
        raise adapter.broken
    return adapter


def _judged(
    job: Job, answers: Answers, log: RecordLog, search: PromptAdapter, max_cost: float | None, progress: Progress
) -> tuple[tuple[Scored, ...], str | None]:
    """Answers of the first and the chosen prompt about the held-out cases that both were asked about."""
    if search.best == job.texts:
        return (), None
    arms = [job.arm_of(job.texts), job.arm_of(search.best)]
    answers.budget = Budget(max_cost, sum(record.price_usd or 0.0 for record in log.records))
    progress.start(1, "held-out cases")
    ended = None
    try:
        answers.of(arms, job.parts.held_out)
    except StoppedError as stop:
        ended = f"not all held-out cases were asked about: {stop}"
    progress.advance()
    last = {record.key: record.prediction for record in log.records}
    both = [one for one in job.parts.held_out if all((arm.name, one.case_id) in last for arm in arms)]
    names = zip(("the first prompt", "the new prompt"), arms, strict=True)
    scored = tuple(score(name, both, {one.case_id: last[arm.name, one.case_id] for one in both}) for name, arm in names)
    return (scored if both else ()), ended


def _written(job: Job, out: Path, texts: dict[str, str], how: str) -> str:
    before = job.before.file
    description = f"{before.description.strip()} {how}"
    return prompt_yaml(with_texts(before, texts, id=out.stem, version=before.version + 1, description=description))
