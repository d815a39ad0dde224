"""Results as Markdown tables: each says its cases, its rule, and where nothing is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dermtools.evaluation.statistics.comparisons import ALPHA, POWER
from dermtools.intervals import Interval

if TYPE_CHECKING:
    from dermtools.evaluation.reporting.results import Results
    from dermtools.evaluation.running.spec import RunSpec
    from dermtools.evaluation.statistics.stability import Stability
    from dermtools.evaluation.statistics.summary import Summary

DASH = "–"
COULD_SHOW = (
    f"`could show` is the smallest difference that a run like this shows with {100 * POWER:.0f} % power, "
    "`groups needed` how many groups would show the observed one if it were the true one, both corrected for the "
    "number of pairs. 95 % is the interval of a pair by itself, not corrected: it may leave out zero where the pair is "
    "undecided. McNemar's p, "
    "which takes cases as independent, is there for reference and decides nothing."
)
STABILITY_TEXT = (
    "Over calls, the same question was asked anew; over draws, with other random examples; over order, with the same "
    "examples in another order. Draws and order contain what calls alone do. The table above is of the first answers. "
    "SD between is the standard deviation of the accuracy between rounds; same answer is the share of pairs of answers "
    "to a question that are the same, kappa (Fleiss) that beyond chance. Intervals are over groups, kappa's by "
    "jackknife; SD between has none and is rough over few rounds. Nothing here is tested. Cases with a failed call are "
    "left out here."
)
RESEARCH = "For research; not a diagnosis."
_PLACES = ("path", "spec", "base_url")
"""Facts with a folder of the machine, of the case base or an encoder, or an address inside a clinic."""
_HASHES = ("prompt_hash", "training_record", "revision", "query_hash")


def percent(share: float | None, digits: int = 2) -> str:
    """A share as percent; a dash where it is unknown."""
    return DASH if share is None else f"{100 * share:.{digits}f} %"


def span(interval: Interval) -> str:
    """An interval of a share, in percent."""
    return f"{100 * interval.low:.1f} to {100 * interval.high:.1f}"


def _with_span(share: float | None, interval: Interval | None) -> str:
    return percent(share) if interval is None else f"{percent(share)} ({span(interval)})"


def dollars(summary: Summary) -> str:
    """What an arm cost; says so where not all of it is known."""
    known = f"${summary.usage.price_usd:.4f}".rstrip("0").rstrip(".")
    return known if not summary.usage.unpriced else f"{known} and {summary.usage.unpriced} of unknown price"


def seconds(value: float) -> str:
    """A duration in the unit that suits it."""
    number, unit = (value, "s") if value >= 1 else (1000 * value, "ms")
    return f"{number:.2g} {unit}" if number < 99.5 else f"{number:.0f} {unit}"  # .2g would write 500 as 5e+02


def unlabelled(summary: Summary) -> str:
    """Answers without a label, by how they ended; a dash where every answer has one."""
    return ", ".join(f"{count} {outcome}" for outcome, count in summary.unlabelled.items()) or DASH


def passed_on(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a run that a page or log says, which others may get: all but where something lies or is served."""
    return {
        name: passed_on(value) if isinstance(value, Mapping) else value
        for name, value in facts.items()
        if name not in _PLACES
    }


def in_words(facts: Mapping[str, Any]) -> str:
    """Facts of a run as a reader needs them: what is not set, and content hashes, are left out."""
    said = []
    for name, value in facts.items():
        if value in (None, "", [], {}, ()) or name in _HASHES or name == "sources":
            continue
        words = name.replace("_", " ")
        if isinstance(value, Mapping):
            said.append(f"{words} ({in_words(value)})")
        elif isinstance(value, list):
            said.append(f"{words} {', '.join(map(str, value))}")
        else:
            said.append(f"{words} {str(value).lower() if isinstance(value, bool) else value}")
    return "; ".join(said)


def credits(case_base: Mapping[str, Any]) -> list[str]:
    """Citation, licence and address of each source that states them; runs of earlier versions state none."""
    lines = []
    for source in case_base.get("sources", ()):
        licence = f"licence {source['licence']}" if source.get("licence") else None
        if stated := [fact for fact in (source.get("citation"), licence, source.get("url")) if fact]:
            lines.append("; ".join([source["name"], *stated]))
    return lines


def rows(results: Results, *, costs: bool = True) -> list[list[str]]:
    """Head and rows of the main table, with or without costs. Columns that no arm fills are left out."""
    found = [_quality(results, one) | (_cost(results, one) if costs else {}) for one in results.summaries]
    return _table(found, kept=[name for name in found[0] if any(row[name] != DASH for row in found)])


def _table(found: Sequence[Mapping[str, str]], kept: Sequence[str]) -> list[list[str]]:
    """Rows of column to cell as lists of cells, the head first."""
    return [list(kept), *([row[name] for name in kept] for row in found)]


def _quality(results: Results, one: Summary) -> dict[str, str]:
    partly = "" if results.run.made_elsewhere(one.arm) else "unfinished: "
    return {
        "method": one.arm if one.complete else f"{one.arm} ({partly}{one.n} of {one.cases} cases)",
        "right": f"{one.right} of {one.n}",
        "accuracy": percent(one.accuracy),
        "95 %": span(one.interval),
        "against the best": results.against_best(one.arm),
        "balanced accuracy": percent(one.balanced_accuracy),
        "macro-F1": percent(one.macro_f1),
        "top-3": _with_span(one.top_k.get(3), one.top_k_intervals.get(3)),
        "top-5": _with_span(one.top_k.get(5), one.top_k_intervals.get(5)),
        "neighbouring sites too": _with_span(one.adjacent_accuracy, one.adjacent_interval),
        "calibration error": DASH if one.calibration is None else f"{one.calibration.ece:.3f}",
        "no label": unlabelled(one),
    }


def _cost(results: Results, one: Summary) -> dict[str, str]:
    elsewhere = results.run.made_elsewhere(one.arm)
    tokens = one.usage.input_tokens + one.usage.output_tokens
    free = not tokens and not one.usage.price_usd and not one.usage.unpriced
    return {
        "tokens": f"{tokens:,}" if tokens else DASH,
        "cost": DASH if free else dollars(one),
        "median latency": DASH if elsewhere else seconds(one.usage.latency_median_s),
    }


def caption(spec: RunSpec) -> str:
    """What a reader has to know of the main table."""
    split = f"the {spec.split} split" if spec.split else "all splits"
    drawn = f", {spec.limit} drawn with seed {spec.seed}" if spec.limit else ""
    return (
        f"Task {spec.task.name}, {len(spec.targets)} cases of {spec.groups} groups from {split}{drawn}. "
        f"{spec.rule.sentence} Answers without a label count as wrong."
    )


def method_text(pairs: int) -> str:
    """How intervals and verdicts are made, with so many pairs of methods."""
    return (
        "The unit is the group (patient, encounter). 95 % is the interval of Korn and Graubard: Clopper and Pearson's "
        "for the number of independent cases that these groups are worth. Better or worse is said where the sign-flip "
        f"permutation test over groups, after Holm's correction for all pairs of these methods ({pairs}), gives "
        f"p < {ALPHA}; the correction also covers that the best method was chosen after looking. Equivalent is said "
        "only inside a margin that was given, by two one-sided t tests over groups, corrected likewise as a family of "
        "their own. Undecided means that neither was shown. Balanced accuracy, macro-F1 and calibration error have no "
        "interval and no verdict: in the first two a label of few cases weighs as much as any other, and the last is "
        "above zero by chance alone. A pair is compared on the cases that both answered."
    )


def comparison_rows(results: Results) -> list[list[str]]:
    """Head and rows of the pairwise comparisons; nothing of a single method."""
    found = [
        {
            "first": pair.first,
            "second": pair.second,
            "cases": str(pair.n),
            "groups": str(pair.groups),
            "only first right": str(pair.only_first),
            "only second right": str(pair.only_second),
            "difference": f"{100 * pair.difference:+.2f}",
            "95 %": f"{100 * pair.interval.low:+.1f} to {100 * pair.interval.high:+.1f}",
            "p": _p(pair.p),
            "after Holm": _p(pair.adjusted_p),
            **({} if pair.equivalence_p is None else {"equivalence p": _p(pair.equivalence_p)}),
            "McNemar p": _p(pair.mcnemar_p),
            "could show": f"{100 * pair.detectable:.1f}",
            "groups needed": DASH if pair.groups_needed is None else f"{pair.groups_needed:,}",
            "verdict": pair.verdict.value,
        }
        for pair in results.comparisons
    ]
    return _table(found, kept=list(found[0])) if found else []


def stability_rows(results: Results) -> list[list[str]]:
    """Head and rows of how stable repeated arms are; nothing where none was repeated."""
    found = [
        {
            "method": one.arm,
            "over": one.over,
            "answers": f"{one.answers} to each of {one.n} cases of {one.groups} groups",
            "accuracy": percent(one.accuracy),
            "95 %": span(one.interval),
            "from": f"{100 * min(one.accuracies):.1f} to {100 * max(one.accuracies):.1f} %",
            "SD between": f"{100 * one.between_sd:.2f} points",
            "same answer": f"{percent(one.agreement, 1)} ({span(one.agreement_interval)})",
            "kappa": _kappa(one),
            "cases that change": f"{one.changed} of {one.n}",
            "cost": f"${one.price_usd:.4f}" if one.price_usd else DASH,
        }
        for one in results.stability
    ]
    return _table(found, kept=list(found[0])) if found else []


def _kappa(one: Stability) -> str:
    if one.kappa is None:
        return DASH
    between = "" if one.kappa_interval is None else f" ({one.kappa_interval.low:.2f} to {one.kappa_interval.high:.2f})"
    return f"{one.kappa:.2f}{between}"


def family_in_words(count: int, of: str) -> str:
    """Test, unit and size of a family of comparisons, and how sure its verdicts are."""
    sure = f"in at most {100 * ALPHA:.0f} % of such runs"
    if count == 1:
        return (
            f"The comparison {of} is a sign-flip test over groups, such as patients: {sure} a better or worse is false."
        )
    test = "sign-flip tests over groups, such as patients; Holm's correction"
    return (
        f"The {count} comparisons {of} are a family of their own ({test}): "
        f"{sure} any better or worse among them is false."
    )


def markdown(table: Sequence[Sequence[str]]) -> str:
    """A table with its head row first."""
    head, *body = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in table]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body))


def _p(value: float) -> str:
    return "< 0.0001" if value < 0.0001 else f"{value:.2g}" if value < 0.01 else f"{value:.2f}"
