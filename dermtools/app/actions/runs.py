"""Evaluations: which there are, what each says, and the cases behind it, one by one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.app.actions.overview import NoArguments
from dermtools.errors import DermtoolsError

if TYPE_CHECKING:
    from pathlib import Path

    from dermtools.app.runs import ReadRun
    from dermtools.app.session import AppSession
    from dermtools.evaluation.reporting.results import Results
    from dermtools.evaluation.scoring import Scored


class RunArguments(Arguments):
    """A run by its name in the listing."""

    name: str


def runs(session: AppSession, _: NoArguments, teller: Teller) -> dict[str, Any]:
    """Every run with what it was about and how it ended; one that cannot be read says why.

    Raises:
        QueryError: no folder of evaluations was named.
    """
    listed = session.evaluations.listed()
    teller.start(len(listed), "Reading the evaluations")
    found = []
    for name, path in listed.items():
        found.append({"name": name, **_row(path)})
        teller.advance()
    return {"runs": found}


def run(session: AppSession, arguments: RunArguments, _: Teller) -> dict[str, Any]:
    """All that one run says but its cases.

    Raises:
        QueryError: there is no run of that name.
        RunError: it is damaged, or holds no answer yet.
    """
    read = session.evaluations.read(arguments.name)
    analyses = read.analyses or {}
    return {
        "name": read.name,
        **said(read.results),
        "split": read.run.spec.split,
        "retrieval": read.results.retrieval,
        "confusion": {one.name: _confusion(one, read.results.run.task.labels) for one in read.run.scored()},
        "subgroups": analyses.get("subgroups") or {},
        "encoder_training": analyses.get("encoder_training"),
        **_further(read),
    }


def said(results: Results) -> dict[str, Any]:
    """The table of a run, or of several, with its verdicts."""
    from dermtools.evaluation.reporting import tables

    spec = results.run
    return {
        "task": spec.task.name,
        "question": spec.task.question,
        "cases": len(spec.targets),
        "groups": spec.groups,
        "headline": results.headline,
        "basis": results.basis,
        "cheapest": results.cheapest,
        "caption": tables.caption(spec),
        "best": results.best.arm,
        "arms": [
            {
                **asdict(summary),
                "cost": tables.dollars(summary) if summary.usage.price_usd or summary.usage.unpriced else None,
                "latency": None if spec.made_elsewhere(summary.arm) else tables.seconds(summary.usage.latency_median_s),
                "unlabelled": summary.unlabelled,
                "model": spec.arms[summary.arm].get("model"),
                "prompt": spec.arms[summary.arm].get("prompt"),
            }
            for summary in results.summaries
        ],
        "comparisons": [{**asdict(pair), "in_words": pair.sentence} for pair in results.comparisons],
    }


def _row(path: Path) -> dict[str, Any]:
    from dermtools.evaluation import Run
    from dermtools.evaluation.running.listing import last_written

    written = datetime.fromtimestamp(last_written(path), UTC).isoformat(timespec="minutes")
    try:
        spec = Run.open(path).spec
    except DermtoolsError as error:
        return {"date": written, "problem": str(error)}
    measured = _measured(path)
    best = max(measured, key=lambda arm: arm["accuracy"], default=None)
    return {
        "date": written,
        "task": spec.task.name,
        "split": spec.split,
        "methods": spec.compared,
        "cases": len(spec.targets),
        "groups": spec.groups,
        "study": any("study" in facts for facts in spec.arms.values()),
        "best": None if best is None else {key: best[key] for key in ("arm", "accuracy", "interval")},
    }


def _measured(path: Path) -> list[dict[str, Any]]:
    """The arms of `metrics.json` that answered most cases, as of `Results.best`; none of an unfinished run."""
    from dermtools.strict_json import parsed

    try:
        arms: list[dict[str, Any]] = parsed((path / "metrics.json").read_bytes())["arms"]
        most = max(arm["n"] for arm in arms)
        return [arm for arm in arms if arm["n"] == most and "interval" in arm]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _confusion(scored: Scored, labels: tuple[str, ...]) -> dict[str, Any]:
    from dermtools.evaluation.statistics.metrics import confusion

    counts = confusion(scored, labels)
    return {"labels": list(counts.labels), "counts": counts.counts.tolist()}


def _further(read: ReadRun) -> dict[str, Any]:
    """Tables of runs that asked repeatedly, and of agents; what a study varied."""
    from dermtools.evaluation.reporting import fetching_table, tables
    from dermtools.evaluation.statistics.effects import effects

    varied = {arm: dict(facts["study"]) for arm, facts in read.run.spec.arms.items() if "study" in facts}
    sentences = [one.sentence for one in effects(varied, read.run.scored())] if varied else []
    return {
        "stability": tables.stability_rows(read.results),
        "fetching": fetching_table.fetching_rows(read.results),
        "effects": [*sentences, tables.family_in_words(len(sentences), "of the study")] if sentences else [],
    }


ACTIONS = [Action("runs", NoArguments, runs), Action("run", RunArguments, run)]
