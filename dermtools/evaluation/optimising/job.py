"""What is optimised, and what that will cost before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dermtools.evaluation.optimising.adapter import TEMPLATE
from dermtools.evaluation.optimising.answers import REFLECTION, Answers
from dermtools.evaluation.optimising.parts import Parts
from dermtools.evaluation.optimising.texts import with_texts
from dermtools.evaluation.running.arm import Arm
from dermtools.evaluation.running.plan import ArmPlan, Plan, make_plan
from dermtools.evaluation.running.records import RunError
from dermtools.prompting.files.library import HASH_SHOWN, Prompt

if TYPE_CHECKING:
    from dermtools.prediction import Query
    from dermtools.retrieval import CaseBase

RESERVE = 1.25
"""The new prompt may be longer: so many times the first one's estimate is kept for judging it."""


@dataclass(frozen=True)
class Job:
    """What is optimised, by what."""

    case_base: CaseBase
    task: str
    method: str
    before: Prompt
    texts: dict[str, str]
    parts: Parts
    build: Callable[[Prompt], Arm]
    minibatch: int
    max_calls: int

    def arm_of(self, texts: dict[str, str]) -> Arm:
        """The method with a prompt of these texts; the same texts are the same arm."""
        prompt = Prompt.of(with_texts(self.before.file, texts), self.before.path)
        return replace(self.build(prompt), name=prompt.hash[:HASH_SHOWN])

    def query(self, case_id: str) -> Query:
        return self.case_base.query(case_id=case_id)


def make_search_plan(job: Job, first: Arm, answers: Answers, max_cost: float | None) -> tuple[Plan, float]:
    """What is still to be done, and how many dollars are kept for judging.

    Raises:
        RunError: the ceiling is too low for judging alone.
    """
    held = answers.held()
    judged = {one.case_id for one in job.parts.held_out}
    cases = [*job.parts.choosing, *job.parts.held_out]
    one = make_plan([first], {first.name: cases}, {first.name: len(cases)}, job.query).arms[0]
    done = sum(case_id in judged for _, case_id in held)
    proposals = sum(arm == REFLECTION for arm, _ in held)
    searched = min(job.max_calls, len(held) - done - proposals)
    rounds = (job.max_calls - len(job.parts.choosing)) // (2 * job.minibatch)
    # What is read: the longest text, the frame around it, and some hundred characters an answer.
    text = "x" * (len(max(job.texts.values(), key=len)) + len(TEMPLATE) + 800 * job.minibatch)
    each = answers.estimate(text, len(text) // 4)
    left = max(0, rounds - proposals)
    reflecting = ArmPlan(
        arm="proposals, no picture",
        remote=True,
        cases=left + proposals,
        answered=proposals,
        input_tokens=left * (each.input_tokens or 0),
        output_tokens=left * each.output_tokens,
        price_usd=None if each.dollars is None else left * each.dollars,
    )
    plans = (
        _scaled(one, f"{job.method}, search", job.max_calls, searched),
        reflecting,
        _scaled(one, f"{job.method}, held-out cases before and after", 2 * len(judged), min(done, 2 * len(judged))),
    )
    spent = sum(record.price_usd or 0.0 for record in answers.log.records)
    kept = RESERVE * (plans[2].price_usd or 0.0)
    if max_cost is not None and kept > max(0.0, max_cost - spent):
        raise RunError(
            f"${max_cost:.2f} are too few: judging by the held-out cases alone takes about ${kept:.2f}"
            + (f", and ${spent:.2f} are spent" if spent else "")
            + "; raise --max-cost, or ask about fewer cases (--limit)"
        )
    return Plan(plans, max_cost, spent), kept


def _scaled(one: ArmPlan, name: str, cases: int, answered: int) -> ArmPlan:
    """The plan for so many cases, of which some are answered, after that for others."""
    scale = (cases - answered) / one.cases
    tokens_in, tokens_out = (None if n is None else round(scale * n) for n in (one.input_tokens, one.output_tokens))
    price = None if one.price_usd is None else scale * one.price_usd
    told = replace(one, arm=name, cases=cases, answered=answered, price_usd=price)
    return replace(told, input_tokens=tokens_in, output_tokens=tokens_out)
