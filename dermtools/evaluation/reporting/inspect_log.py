"""One arm of a run as a log of Inspect, by its own library, so that `inspect view` and its data frames open it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dermtools.errors import QueryError, require_extra
from dermtools.evaluation.reporting.tables import passed_on
from dermtools.evaluation.running.records import Record, RunError
from dermtools.evaluation.scoring import is_right
from dermtools.evaluation.statistics.summary import summarize
from dermtools.files import file_mode, writable
from dermtools.prediction import Outcome, TokenUsage
from dermtools.text import instead

if TYPE_CHECKING:
    from dermtools.evaluation.running.run import Run

SCORER = "exact_match"
_RIGHT, _WRONG, _NONE = "C", "I", "N"
"""Inspect's words for correct, incorrect and no answer."""


def write_inspect_log(run: Run, file: str | Path, *, arm: str | None = None) -> int:
    """Write the answers of one arm as an `.eval` log (or `.json`); returns how many.

    A sample is a case: its question, truth, reply, score (`C`, `I`, or `N` where no label was given), tokens, seconds,
    and, as metadata, its group, outcome, probabilities and exemplars. No picture is written.

    Args:
        run: the run.
        file: to write; ends in `.eval` or `.json`.
        arm: its name; may be left out where the run has one.

    Raises:
        QueryError: the run has several arms, or none of that name; or the file is called otherwise.
        MissingExtraError: Inspect is not installed.
        RunError: no answer yet, or the file cannot be written.
    """
    names = list(run.spec.arms)
    if arm is None and len(names) > 1:
        raise QueryError(f"a log of Inspect holds one arm, and this run has {len(names)}; {instead('', names)}: --arm")
    arm = names[0] if arm is None else arm
    if arm not in names:
        raise QueryError(f"no arm {arm!r}; {instead(arm, names)}")
    path = writable(file, error=RunError)
    if path.suffix not in (".eval", ".json"):
        raise QueryError(f"{path}: a log of Inspect ends in .eval or .json")
    records = [record for record in run.answers().values() if record.arm == arm]
    if not records:
        raise RunError(f"{run.path} holds no answer of {arm} yet; run the evaluation first")
    log = require_extra("inspect_ai.log", "inspect")
    try:
        path.touch(mode=file_mode())  # before Inspect writes: it would be open to whom the umask lets in
        log.write_eval_log(_log(run, arm, records), str(path))
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror}") from error
    return len(records)


def _log(run: Run, arm: str, records: list[Record]) -> Any:
    log = require_extra("inspect_ai.log", "inspect")
    spec, facts = run.spec, run.spec.arms[arm]
    written = (run.path / "run.json").stat().st_mtime
    created = datetime.fromtimestamp(written, UTC).isoformat(timespec="seconds")
    summary = next(one for one in summarize(run) if one.arm == arm)
    metrics = {
        "accuracy": log.EvalMetric(
            name="accuracy",
            value=summary.accuracy,
            metadata={"interval": [summary.interval.low, summary.interval.high], "rule": spec.rule.sentence},
        )
    }
    score = log.EvalScore(name=SCORER, scorer=SCORER, scored_samples=len(records), metrics=metrics)
    model = _model(facts)
    usages = [record.prediction.usage for record in records if record.prediction.usage is not None]
    return log.EvalLog(
        status="success",
        eval=log.EvalSpec(
            created=created,
            task=f"dermtools/{spec.task.name}",
            model=model,
            solver=records[0].prediction.method,
            dataset=log.EvalDataset(
                name=spec.split, samples=len(records), sample_ids=[record.case_id for record in records]
            ),
            config=log.EvalConfig(epochs=1),
            packages={name: version for name, version in spec.versions.items() if name == "dermtools"},
            metadata={"arm": arm, "rule": spec.rule.value, "labels": list(spec.task.labels), "facts": passed_on(facts)},
        ),
        results=log.EvalResults(total_samples=len(records), completed_samples=len(records), scores=[score]),
        stats=log.EvalStats(
            started_at=created, completed_at=created, model_usage={model: _usage(usages)} if usages else {}
        ),
        samples=[_sample(run, record, model) for record in records],
    )


def _model(facts: dict[str, Any]) -> str:
    """As Inspect writes models, `provider/name`; a method that asks none is its own."""
    named = facts.get("model")
    return str(named).replace(":", "/", 1) if named else f"dermtools/{facts.get('method', 'method')}"


def _sample(run: Run, record: Record, model: str) -> Any:
    log, scorer = require_extra("inspect_ai.log", "inspect"), require_extra("inspect_ai.scorer", "inspect")
    models = require_extra("inspect_ai.model", "inspect")
    said = record.prediction
    value = _NONE if said.label is None else _RIGHT if is_right(said.label, record.truth) else _WRONG
    reply = said.raw if said.raw is not None else said.label or ""
    output = models.ModelOutput.from_content(model, reply)
    if said.usage is not None:
        output.usage = _usage([said.usage], record.price_usd)
    return log.EvalSample(
        id=record.case_id,
        epoch=1,
        input=run.spec.task.question,
        choices=list(run.spec.task.labels),
        target=list(record.truth),
        messages=[models.ChatMessageUser(content=run.spec.task.question), output.message],
        output=output,
        scores={SCORER: scorer.Score(value=value, answer=said.label, explanation=said.reason)},
        model_usage={model: output.usage} if said.usage is not None else {},
        total_time=record.latency_s,
        metadata={
            "group_id": record.group_id,
            "outcome": said.outcome.value,
            "failed": said.outcome is Outcome.ERROR,
            "probabilities": said.probabilities,
            "label_set": said.label_set,
            "exemplars": [exemplar.case_id for exemplar in said.exemplars],
            "price_usd": record.price_usd,
        },
    )


def _usage(usages: list[TokenUsage], price: float | None = None) -> Any:
    models = require_extra("inspect_ai.model", "inspect")
    total = sum(usages, TokenUsage())
    return models.ModelUsage(
        input_tokens=total.input_tokens,
        output_tokens=total.output_tokens,
        total_tokens=total.input_tokens + total.output_tokens,
        input_tokens_cache_read=total.cached_input_tokens,
        total_cost=price,
    )
