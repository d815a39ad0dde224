"""How often an agent fetched cases, and whether that was worth it: beside arms that never and always do.

All comparisons of a run that are made here are one family, by the tests of `comparisons`; each is paired, on the cases
that both arms answered. Which cases an agent fetched for is its own choice, made while it answered. So what is said of
those alone, and of the others alone, holds for them and for this agent: it is conditional, and no estimate of what
fetching would do elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dermtools.evaluation.scoring import Scored
from dermtools.evaluation.statistics.comparisons import ALPHA, Comparison, Verdict, judge, unjudged
from dermtools.evaluation.statistics.exemplar_use import Share

ON_ALL, WHERE_FETCHED, WHERE_NOT = "on all cases", "where it fetched", "where it did not"
NEVER, ALWAYS = ("agent-never", "zero-shot"), ("agent-always",)
"""Methods that an agent is held against: the first of them that the run asked of its model."""
_SAID = {
    Verdict.BETTER: "Fetching was worth it for {arm}",
    Verdict.WORSE: "Fetching did harm to {arm}",
    Verdict.EQUIVALENT: "Fetching made no odds to {arm}",
    Verdict.UNDECIDED: "Whether fetching was worth it for {arm} is undecided",
}


@dataclass(frozen=True)
class Fetching:
    """One arm whose answers say whether cases were looked up for them."""

    arm: str
    fetched: Share
    """Of the answers that say so; failed calls do not."""
    calls: Mapping[str, float]
    """Tool to its calls an answer."""
    pictures: float
    """Pictures of cases that it was shown, an answer."""
    without: str | None
    """The arm of its model that does not fetch; None where there is none, or it is that itself."""
    against: Mapping[str, Comparison]
    """`on all cases` and `where it fetched`, against `without`; `where it did not`, against the arm that always does:
    those that the run can say."""
    family: int
    """Comparisons that are corrected together."""

    @property
    def lines(self) -> list[str]:
        """All that is known, one line each: how often it fetched, whether that was worth it, and on which cases."""
        told = [f"{self.arm} fetched in {self.fetched.count} of {self.fetched.n} cases"]
        if (share := self.fetched.share) is not None and (held := self.fetched.interval) is not None:
            told[0] += f" ({100 * share:.1f} %, 95 %: {100 * held.low:.1f} to {100 * held.high:.1f})"
        if (found := self.against.get(ON_ALL)) is not None:
            told.append(found.behind(_SAID[found.verdict].format(arm=self.arm)))
        elif self.fetched.count and self.without is None:
            told.append(f"Whether that was worth it cannot be said: add {NEVER[0]} to the methods")
        return told + [f"{what}: {pair.sentence}" for what, pair in self.against.items() if what != ON_ALL]


def fetching(
    scored: Sequence[Scored], facts: Mapping[str, Mapping[str, Any]], *, margin: float | None = None
) -> tuple[Fetching, ...]:
    """Every arm whose answers say whether they fetched, beside those of its model that never and always do.

    Args:
        scored: answers of all arms.
        facts: of each arm, as the run describes it: method, model, prompt.
        margin: as of `compare`.
    """
    agents = [one for one in scored if any(prediction.trail for prediction in one.predictions)]
    controls = {one.name: (_control(one, scored, facts, NEVER), _control(one, scored, facts, ALWAYS)) for one in agents}
    asked = [(one.name, *pair) for one in agents for pair in _pairs(one, *controls[one.name])]
    judged = judge([unjudged(first, second, ALPHA / len(asked), margin) for _, _, first, second in asked])
    found = [(arm, what, pair) for (arm, what, _, _), pair in zip(asked, judged, strict=True)]
    return tuple(
        _fetching(one, controls[one.name][0], {what: pair for arm, what, pair in found if arm == one.name}, len(found))
        for one in agents
    )


def _fetching(one: Scored, never: Scored | None, against: Mapping[str, Comparison], family: int) -> Fetching:
    trails = [prediction.trail for prediction in one.predictions if prediction.trail]
    calls = sum((Counter(trail.calls) for trail in trails), Counter[str]())
    return Fetching(
        arm=one.name,
        fetched=Share.over(np.array([trail.fetched for trail in trails]), _told(one).groups),
        calls={tool: count / len(trails) for tool, count in calls.most_common()},
        pictures=sum(trail.pictures for trail in trails) / len(trails),
        without=None if never is None or never is one else never.name,
        against=against,
        family=family,
    )


def _told(one: Scored, *, fetched: bool | None = None) -> Scored:
    """The answers that say whether they fetched; those that did, or did not."""
    trails = ((row, prediction.trail) for row, prediction in enumerate(one.predictions))
    return one.only([row for row, trail in trails if trail and fetched in (None, trail.fetched)])


def _pairs(one: Scored, never: Scored | None, always: Scored | None) -> Iterator[tuple[str, Scored, Scored]]:
    """What to hold against what, with its name; pairs that share no case are left out."""
    if one is never:
        return
    did, did_not = _told(one, fetched=True), _told(one, fetched=False)
    wanted = (
        (ON_ALL, one if len(did) else did, never),
        (WHERE_FETCHED, did if len(did_not) else did_not, never),
        (WHERE_NOT, did_not, None if one is always else always),
    )
    for what, part, control in wanted:
        if control is not None and {target.case_id for target in part.targets} & {t.case_id for t in control.targets}:
            yield what, part, control


def _control(
    one: Scored, scored: Sequence[Scored], facts: Mapping[str, Mapping[str, Any]], methods: Sequence[str]
) -> Scored | None:
    """The arm of the first of the methods that the same model was asked by; of several, one with the same prompt."""
    own = facts[one.name]
    same = [other for other in scored if facts[other.name].get("model") == own.get("model")]
    for method in methods:
        found = [other for other in same if facts[other.name].get("method") == method]
        if found:
            return max(found, key=lambda other: facts[other.name].get("prompt_hash") == own.get("prompt_hash"))
    return None
