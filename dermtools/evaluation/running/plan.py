"""What an evaluation will send and cost, before anything is sent; and the budget that it keeps to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from dermtools.evaluation.running.arm import Arm
from dermtools.evaluation.running.records import RunError
from dermtools.evaluation.scoring import Target
from dermtools.prediction import Query

SAMPLE = 20


@dataclass(frozen=True)
class ArmPlan:
    """What is left to do for one arm. Tokens and price are totals over the calls to be made."""

    arm: str
    remote: bool
    cases: int
    answered: int
    """Answers that the run holds already; they are not paid for again."""
    input_tokens: int | None
    output_tokens: int | None
    price_usd: float | None
    """None where it is unknown."""
    method: str = ""
    """Name of its method, e.g. `rag-5`."""
    failed: int = 0
    """Of `answered`, calls that got an error and are not asked again."""

    @property
    def calls(self) -> int:
        """Calls to a service that are still to be made."""
        return self.cases - self.answered if self.remote else 0


@dataclass(frozen=True)
class Plan:
    """What a run is about to do.

    `arms` are one each; `max_cost` is the most it may spend, in US dollars, None for no limit.
    """

    arms: tuple[ArmPlan, ...]
    max_cost: float | None
    spent_usd: float
    """Dollars that existing answers have cost."""

    @property
    def calls(self) -> int:
        """Calls to services, over all arms."""
        return sum(arm.calls for arm in self.arms)

    @property
    def price_usd(self) -> float:
        """Dollars for all calls whose price is known."""
        return sum(arm.price_usd or 0.0 for arm in self.arms)

    @property
    def unpriced(self) -> list[str]:
        """Arms that will make calls at an unknown price."""
        return [arm.arm for arm in self.arms if arm.calls and arm.price_usd is None]

    def lines(self) -> list[str]:
        """The plan for a person, one line an arm and one for the whole."""
        whole = f"{self.calls} calls, about ${self.price_usd:.2f}" if self.calls else "no calls to a service"
        if self.unpriced:
            whole += f" and what {', '.join(self.unpriced)} will cost, whose price is unknown"
        if self.spent_usd:
            whole += f"; ${self.spent_usd:.2f} spent already"
        if self.max_cost is not None:
            whole += f"; stops before ${self.max_cost:.2f} would be passed"
            whole += ", as far as prices are known: it cannot be kept for the others" if self.unpriced else ""
        return [*(f"{arm.arm}: {_todo(arm)}" for arm in self.arms), whole]

    def check(self, accept_unknown_price: bool) -> None:
        """Raise RunError where a price is unknown and nobody has said yes to that."""
        if self.unpriced and not accept_unknown_price:
            what = f"the price of {', '.join(self.unpriced)} is unknown ({self.calls} calls)"
            ceiling = "" if self.max_cost is None else f", so that the ceiling of ${self.max_cost:.2f} cannot be kept"
            accept = "accept it with --accept-unknown-price (accept_unknown_price=True), or leave it out"
            raise RunError(f"{what}{ceiling}; {accept}")


def make_plan(
    arms: Sequence[Arm],
    todo: Mapping[str, Sequence[Target]],
    cases: Mapping[str, int],
    query: Callable[[str], Query],
    *,
    failed: Mapping[str, int] | None = None,
    max_cost: float | None = None,
    spent_usd: float = 0.0,
) -> Plan:
    """Estimate what is left to do (`todo`: arm name to targets) of the `cases` of each arm, `failed` of them for good.

    Tokens and price come from up to 20 calls spread over those to be made. `query` makes the query of a case id.
    """
    planned = (_plan_arm(arm, todo[arm.name], cases[arm.name], query) for arm in arms)
    lost = failed or {}
    return Plan(tuple(replace(arm, failed=lost.get(arm.arm, 0)) for arm in planned), max_cost, spent_usd)


def _plan_arm(arm: Arm, todo: Sequence[Target], cases: int, query: Callable[[str], Query]) -> ArmPlan:
    left = (arm.name, arm.remote, cases, cases - len(todo))
    if not arm.remote or not todo:
        return ArmPlan(*left, 0, 0, 0.0, arm.method.name)
    chosen = todo[:: -(-len(todo) // SAMPLE)]
    estimates = [found for one in chosen if (found := arm.estimate(query(one.case_id))) is not None]
    if len(estimates) < len(chosen):
        return ArmPlan(*left, None, None, None, arm.method.name)
    scale = len(todo) / len(chosen)
    prices = [estimate.price_usd for estimate in estimates if estimate.price_usd is not None]
    return ArmPlan(
        *left,
        input_tokens=round(scale * sum(estimate.input_tokens for estimate in estimates)),
        output_tokens=round(scale * sum(estimate.output_tokens for estimate in estimates)),
        price_usd=scale * sum(prices) if len(prices) == len(chosen) else None,
        method=arm.method.name,
    )


def _todo(arm: ArmPlan) -> str:
    failed = f", {arm.failed} of them by an error: --retry-failed asks those again" if arm.failed else ""
    held = f" ({arm.answered} answered already{failed})" if arm.answered else ""
    if not arm.remote:
        return f"{arm.cases - arm.answered} cases, computed here{held}"
    price = "price unknown" if arm.price_usd is None else f"about ${arm.price_usd:.2f}"
    tokens = "" if arm.input_tokens is None else f", about {arm.input_tokens:,} tokens in, {arm.output_tokens:,} out"
    return f"{arm.calls} calls{tokens}, {price}{held}"


class Budget:
    """Dollars that may be spent. A call reserves the most it can cost before it is sent; threads may share it."""

    def __init__(self, limit_usd: float | None, spent_usd: float = 0.0) -> None:
        self._limit = limit_usd
        self._spent = spent_usd
        self._reserved = 0.0
        self._calls = 0
        self._changed = threading.Condition()

    @property
    def spent_usd(self) -> float:
        """US dollars spent so far, earlier sittings included."""
        return self._spent

    def reserve(self, usd: float) -> bool:
        """Set dollars aside for one call; False where the limit would be passed.

        Waits for calls on their way where those may turn out cheaper than what they reserved.
        """
        with self._changed:
            while self._limit is not None and self._spent + self._reserved + usd > self._limit:
                if not self._calls:
                    return False
                self._changed.wait()
            self._reserved += usd
            self._calls += 1
            return True

    def settle(self, reserved_usd: float, paid_usd: float) -> None:
        """Turn a reservation into what the call really cost."""
        with self._changed:
            self._reserved -= reserved_usd
            self._calls -= 1
            self._spent += paid_usd
            if not self._calls:
                self._reserved = 0.0  # the rounding errors of many additions and subtractions
            self._changed.notify_all()
