"""Everything that one run says: summaries and comparisons, as `metrics.json` and as a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dermtools.evaluation.reporting.table_file import table_markdown
from dermtools.evaluation.reporting.tables import family_in_words
from dermtools.evaluation.running.records import RunError
from dermtools.evaluation.statistics.comparisons import Comparison, Verdict, compare
from dermtools.evaluation.statistics.fetching import Fetching, fetching
from dermtools.evaluation.statistics.retrieval_worth import RetrievalWorth, retrieval_worth
from dermtools.evaluation.statistics.stability import Stability, stability
from dermtools.evaluation.statistics.summary import Summary, summarize

if TYPE_CHECKING:
    from dermtools.evaluation.running.run import Run
    from dermtools.evaluation.running.spec import RunSpec
    from dermtools.evaluation.scoring import Scored
    from dermtools.evaluation.statistics.analysis import Analyses


APART = "no case shared"
_AGAINST_BEST = {
    "better": "better on the cases that both answered",
    "worse": "worse",
    "equivalent": "equivalent to it inside the margin",
    "undecided": "not shown to differ from it",
    APART: "about other cases",
}


@dataclass(frozen=True)
class Results:
    """What a run says.

    `run` is what was asked of whom; `summaries` are one for each arm, `comparisons` one for each pair of arms.
    """

    run: RunSpec
    summaries: tuple[Summary, ...]
    comparisons: tuple[Comparison, ...]
    analyses: Analyses | None = None
    """A closer look; None where the case base was not at hand."""
    worth: tuple[RetrievalWorth, ...] = ()
    """What retrieval is worth to each model that was shown retrieved cases."""
    stability: tuple[Stability, ...] = ()
    """Of arms that were asked repeatedly."""
    fetching: tuple[Fetching, ...] = ()
    """Of agents: how often they looked cases up, and whether that was worth it."""

    @property
    def best(self) -> Summary:
        """The arm with the highest accuracy of those that answered most cases; of several, the first.

        One that answered fewer, as predictions made elsewhere may, could lead by having had the easier ones.
        """
        most = max(summary.n for summary in self.summaries)
        whole = [summary for summary in self.summaries if summary.n == most]
        return max(whole, key=lambda summary: summary.accuracy)

    def against_best(self, arm: str) -> str:
        """What an arm is against the best one, on the cases that both answered, in a word."""
        best = self.best.arm
        if arm == best:
            return "best"
        pair = next((pair for pair in self.comparisons if {pair.first, pair.second} == {arm, best}), None)
        if pair is None:
            return APART
        if pair.verdict not in (Verdict.BETTER, Verdict.WORSE):
            return pair.verdict.value
        return (Verdict.BETTER if (pair.difference > 0) == (pair.first == arm) else Verdict.WORSE).value

    @property
    def headline(self) -> str:
        """What the table says, in a sentence."""
        best, others = self.best, {summary.arm: self.against_best(summary.arm) for summary in self.summaries}
        said = {word: [arm for arm, verdict in others.items() if verdict == word] for word in _AGAINST_BEST}
        low, high = 100 * best.interval.low, 100 * best.interval.high
        share = f"{100 * best.accuracy:.1f} % of {best.n} cases (95 %: {low:.1f} to {high:.1f})"
        if len(others) == 1:
            return f"{best.arm} is right in {share}."
        fewer = [f"{summary.arm} ({summary.n})" for summary in self.summaries if summary.n < best.n]
        only = f" Answered fewer cases, and compared on those alone: {_and(fewer)}." if fewer else ""
        if len(said["worse"]) == len(others) - 1:
            return f"{best.arm} is better than all others: right in {share}.{only}"
        parts = [
            f"{_and(arms)} {'is' if len(arms) == 1 else 'are'} {in_words}"
            for word, in_words in _AGAINST_BEST.items()
            if (arms := said[word])
        ]
        among = " among methods with as many answers" if fewer else ""
        tied = any(one.accuracy == best.accuracy and one.n == best.n for one in self.summaries if one is not best)
        how_often = "as often as any other" if tied else "most often"
        return f"{best.arm} is right {how_often}{among}, in {share}; {'; '.join(parts)}.{only}"

    @property
    def basis(self) -> str | None:
        """What the verdicts of the table rest on, in a sentence; None of a single method."""
        count = len(self.comparisons)
        return family_in_words(count, "of the table") if count else None

    @property
    def cheapest(self) -> str | None:
        """The cheapest method not shown to be worse than the best, in a sentence; None where no price is known.

        What predictions made elsewhere did cost is not known.
        """
        known = [one for one in self.summaries if not one.usage.unpriced and not self.run.made_elsewhere(one.arm)]
        fit = [one for one in known if self.against_best(one.arm) != "worse"]
        if len(self.summaries) < 2 or not fit:
            return None
        cheap = min(fit, key=lambda one: (one.usage.price_usd / one.n, -one.accuracy))
        price = cheap.usage.price_usd / cheap.n
        cost = f"${price:.4f} a case" if price else "nothing"
        said = {"best": "the best itself", "equivalent": "equivalent to the best", "better": _AGAINST_BEST["better"]}
        why = said.get(self.against_best(cheap.arm), "not shown to be worse than the best, which is undecided")
        return f"Of the methods that are not shown to be worse than the best, {cheap.arm} costs least: {cost} ({why})."

    @property
    def retrieval(self) -> list[str]:
        """Whether retrieval helps each model that was shown retrieved cases, and what it rests on, one line each."""
        lines = [line for one in self.worth for line in one.lines]
        count = self.worth[0].family if self.worth else 0
        return [*lines, family_in_words(count, "of retrieval")] if count else lines

    def _repr_markdown_(self) -> str:
        return table_markdown(self)

    def to_json(self) -> str:
        """`metrics.json`."""
        content = {
            "task": self.run.task.name,
            "rule": self.run.rule,
            "rule_in_words": self.run.rule.sentence,
            "split": self.run.split,
            "headline": self.headline,
            "basis": self.basis,
            "cases": len(self.run.targets),
            "groups": self.run.groups,
            "arms": [{**asdict(summary), "against_best": self.against_best(summary.arm)} for summary in self.summaries],
            "comparisons": [{**asdict(pair), "in_words": pair.sentence} for pair in self.comparisons],
            "cheapest": self.cheapest,
            "retrieval": self.retrieval,
            "retrieval_worth": [asdict(one) for one in self.worth],
            "fetching": [{**asdict(one), "in_words": one.lines} for one in self.fetching],
            "stability": [asdict(one) for one in self.stability],
            "analyses": None if self.analyses is None else asdict(self.analyses),
        }
        return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def results(run: Run, analyses: Analyses | None = None, *, margin: float | None = None) -> Results:
    """Measure a run; `margin` as in `compare`.

    Raises:
        RunError: it holds no answer yet.
    """
    summaries = summarize(run)
    if not summaries:
        raise RunError(f"{run.path} holds no answer yet; run the evaluation first")
    scored = run.scored()
    facts = {arm: run.spec.arms[arm] for arm in run.spec.compared}
    worth = retrieval_worth(scored, facts, margin=margin)
    compared = tuple(compare(scored, margin=margin))
    repeated, agents = tuple(stability(run)), fetching(scored, facts, margin=margin)
    return Results(run.spec, tuple(summaries), compared, analyses, worth, repeated, agents)


@dataclass(frozen=True)
class SharedCases:
    """The cases that several runs asked about."""

    cases: int
    groups: int
    of: dict[str, int]
    """Folder of a run to the cases that it asked about."""
    ids: frozenset[str] = field(repr=False)

    @property
    def counts(self) -> dict[str, Any]:
        """The counts as JSON."""
        return {"cases": self.cases, "groups": self.groups, "of": self.of}

    @property
    def sentence(self) -> str:
        """The counts in words."""
        share = f"{self.cases} cases of {self.groups} groups are shared"
        return f"{share}, of {_and([f'{count} in {name}' for name, count in self.of.items()])}"


def shared_cases(runs: Sequence[Run]) -> SharedCases:
    """Which cases all of the runs asked about."""
    ids = frozenset.intersection(*(frozenset(target.case_id for target in run.spec.targets) for run in runs))
    groups = {target.group_id for target in runs[0].spec.targets if target.case_id in ids}
    return SharedCases(len(ids), len(groups), {str(run.path): len(run.spec.targets) for run in runs}, ids)


def arms_of(runs: Sequence[Run]) -> list[dict[str, str]]:
    """For each run its arms, and what `compare_runs` calls them."""
    names = [arm for run in runs for arm in run.spec.compared]
    return [
        {arm: arm if names.count(arm) == 1 else f"{arm} ({run.path.name})" for arm in run.spec.compared} for run in runs
    ]


def compare_runs(runs: Sequence[Run], *, margin: float | None = None) -> Results:
    """One table over the arms of several runs, compared on the cases that they share.

    Arms that stand in several runs are called `arm (folder)`. The first run gives task, rule and seed.
    `margin` is that of `compare`.

    Raises:
        RunError: the runs differ in task or rule, or share no case.
    """
    if not runs:
        raise RunError("no run to compare; give the folders of at least one")
    for run in runs[1:]:
        for name in ("task", "rule"):
            if getattr(run.spec, name) != getattr(runs[0].spec, name):
                raise RunError(f"{run.path} has another {name} than {runs[0].path}; compare runs of one {name}")
    shared = shared_cases(runs).ids
    if not shared:
        raise RunError("these runs share no case; compare runs over the same split")
    summaries: list[Summary] = []
    scored: list[Scored] = []
    arms: dict[str, dict[str, Any]] = {}
    for run, renamed in zip(runs, arms_of(runs), strict=True):
        narrowed = run.narrowed(shared)
        summaries += [replace(summary, arm=renamed[summary.arm]) for summary in summarize(narrowed)]
        scored += [replace(one, name=renamed[one.name]) for one in narrowed.scored()]
        arms |= {renamed[arm]: run.spec.arms[arm] for arm in run.spec.compared}
    spec = runs[0].narrowed(shared).spec.model_copy(update={"arms": arms})
    compared = tuple(compare(scored, margin=margin))
    return Results(spec, tuple(summaries), compared, fetching=fetching(scored, arms, margin=margin))


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
