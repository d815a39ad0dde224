"""What retrieval is worth to a model: similar cases against none, random ones, their labels alone, and their vote.

All comparisons of a run that are made here are one family: Holm's correction holds the chance of any false `better` or
`worse` among them to 5 %. The unit is the group (patient), and each pair is compared on the cases that both answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dermtools.evaluation.scoring import Scored, shows
from dermtools.evaluation.statistics.comparisons import ALPHA, Comparison, Verdict, judge, unjudged
from dermtools.evaluation.statistics.exemplar_use import vote
from dermtools.intervals import Interval, share_interval
from dermtools.prediction import Outcome, Prediction

_RETRIEVES = re.compile(r"(rag(?:-mmr|-balanced)?)-(\d+)")
WITHOUT, RANDOM, LABELS, VOTE = "without examples", "random examples", "labels alone", "vote of its examples"
_SAID = {
    Verdict.BETTER: "Retrieval helps {model}",
    Verdict.WORSE: "Retrieval makes {model} worse",
    Verdict.EQUIVALENT: "Retrieval makes no odds to {model}",
    Verdict.UNDECIDED: "Whether retrieval helps {model} is undecided",
}


@dataclass(frozen=True)
class Part:
    """Accuracy on a part of the cases."""

    right: int
    n: int
    interval: Interval
    """95 %, over groups."""


@dataclass(frozen=True)
class RetrievalWorth:
    """One arm that retrieves, beside what it has to be better than."""

    arm: str
    model: str
    against: Mapping[str, Comparison]
    """`without examples`, `random examples` (as many of them, so at the same cost), `labels alone` (of the same
    cases, without their pictures), `vote of its examples` (at no cost): those that the run can say."""
    shown: Part
    """Cases with a true label among the examples."""
    not_shown: Part
    family: int
    """Comparisons that are corrected together."""

    @property
    def sentence(self) -> str:
        """Whether retrieval helps the model, with what that rests on."""
        found = self.against.get(WITHOUT)
        if found is None:
            return (
                f"Whether retrieval helps {self.model} cannot be said: "
                f"the run asks it nothing without examples; add the method zero-shot beside {self.arm}"
            )
        return found.behind(_SAID[found.verdict].format(model=self.model))

    @property
    def lines(self) -> list[str]:
        """All that is known, one line each, the answer first."""
        others = [f"against {what}: {found.sentence}" for what, found in self.against.items() if what != WITHOUT]
        parts = ((self.shown, "where a true label is shown"), (self.not_shown, "where none is"))
        accuracy = [
            f"{100 * part.right / part.n:.1f} % {where} "
            f"({part.n} cases, 95 %: {100 * part.interval.low:.1f} to {100 * part.interval.high:.1f})"
            for part, where in parts
            if part.n
        ]
        return [self.sentence, *others, f"{self.arm} is right in {', '.join(accuracy)}"]


def retrieval_worth(
    scored: Sequence[Scored], facts: Mapping[str, Mapping[str, Any]], *, margin: float | None = None
) -> tuple[RetrievalWorth, ...]:
    """Every arm that shows a model retrieved cases, beside its controls.

    Args:
        scored: answers of all arms.
        facts: of each arm, as the run describes it: method, model, prompt.
        margin: as of `compare`.
    """
    by_name = {one.name: one for one in scored}
    found: list[tuple[Scored, str, Mapping[str, Scored]]] = []
    for one in scored:
        named = _RETRIEVES.fullmatch(str(facts[one.name].get("method")))
        model = facts[one.name].get("model")
        if named and model and any(prediction.exemplars for prediction in one.predictions):
            controls = _controls(one, named[2], facts)
            there = {what: by_name[arm] for what, arm in controls.items() if arm in by_name}
            found.append((one, str(model), {**there, VOTE: _own_vote(one)}))
    keys = [(one.name, what) for one, _, controls in found for what in controls]
    pairs = [(one, control) for one, _, controls in found for control in controls.values()]
    judged = judge([unjudged(*pair, ALPHA / len(pairs), margin) for pair in pairs])
    verdicts = dict(zip(keys, judged, strict=True))
    return tuple(
        RetrievalWorth(
            arm=one.name,
            model=model,
            against={what: verdicts[one.name, what] for what in controls},
            shown=_part(one, shown=True),
            not_shown=_part(one, shown=False),
            family=len(pairs),
        )
        for one, model, controls in found
    )


def _controls(one: Scored, k: str, facts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What an arm is held against, to the arm of the same model, and of the same prompt where there are several."""
    wanted = {WITHOUT: "zero-shot", RANDOM: f"random-{k}", LABELS: f"rag-labels-{k}"}
    own = facts[one.name]

    def alike(arm: str) -> int:
        return sum(facts[arm].get(fact) == own.get(fact) for fact in ("prompt", "prompt_hash", "temperature", "draw"))

    found = {}
    for what, method in wanted.items():
        same = [arm for arm, of in facts.items() if of.get("method") == method and of.get("model") == own.get("model")]
        if same:
            found[what] = max(same, key=alike)
    return found


def _own_vote(one: Scored) -> Scored:
    """What the examples of each answer would have said by themselves; no answer where there were none."""
    votes = [vote(prediction.exemplars) for prediction in one.predictions]
    answers = (
        Prediction(method=VOTE, task=prediction.task, label=label)
        if label
        else Prediction(method=VOTE, task=prediction.task, outcome=Outcome.ABSTAINED)
        for label, prediction in zip(votes, one.predictions, strict=True)
    )
    return Scored(f"the vote of {one.name}'s examples", one.targets, tuple(answers))


def _part(one: Scored, *, shown: bool) -> Part:
    pairs = zip(one.targets, one.predictions, strict=True)
    has = [any(shows(target, exemplar) for exemplar in prediction.exemplars) for target, prediction in pairs]
    of = one.only(np.flatnonzero(np.array(has) == shown).tolist())
    return Part(int(of.right.sum()), len(of), share_interval(of.right, of.groups))
