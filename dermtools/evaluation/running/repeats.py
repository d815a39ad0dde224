"""Arms asked several times: how much of an answer is the method's, and how much the call's, the draw's, the order's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dermtools.errors import QueryError
from dermtools.evaluation.running.arm import Arm
from dermtools.numbers import whole_number
from dermtools.text import instead

CALLS, DRAWS, ORDER = "calls", "draws", "order"
OVER = (CALLS, DRAWS, ORDER)
"""What may be repeated: the same call anew; with other examples, drawn by another seed; with the examples reordered."""
REPEAT = "repeat"
"""The fact of an arm that repeats another: `of` which, `over` what, and `number` from 1."""
_ONE = {CALLS: "call", DRAWS: "draw", ORDER: "order"}


def with_repeats(arms: Sequence[Arm], repeats: int, over: Sequence[str] = OVER) -> list[Arm]:
    """The arms, each that asks a service followed by its repetitions.

    Args:
        repeats: answers to each question in all, the first included; 1 repeats nothing.
        over: which of `OVER`; of each arm, those that mean something to it: draws to random examples, order to
            several examples (and not more orders than they have).

    Raises:
        QueryError: no such number or word, or nothing that can be repeated.
    """
    repeats = whole_number(repeats, "repeats")
    for word in over:
        if word not in OVER:
            raise QueryError(f"cannot repeat over {word!r}; {instead(word, OVER)}")
    if repeats == 1:
        return list(arms)
    found: list[Arm] = []
    for arm in arms:
        made = [_repeated(arm, word, number) for word in over for number in range(1, repeats)]
        found += [arm, *(one for one in made if one is not None)]
    if len(found) == len(arms):
        names = ", ".join(arm.name for arm in arms)
        raise QueryError(f"nothing of {names} changes over {', '.join(over)}; repeat methods that ask a model")
    return found


def repeats_of(arms: Mapping[str, Mapping[str, Any]]) -> tuple[int, list[str]]:
    """How often, and over what, the arms of a run were repeated, by their facts."""
    told = [facts[REPEAT] for facts in arms.values() if REPEAT in facts]
    return 1 + max((one["number"] for one in told), default=0), list(dict.fromkeys(one["over"] for one in told))


def _repeated(arm: Arm, over: str, number: int) -> Arm | None:
    if not arm.remote:
        return None
    own = getattr(arm.method, "repeated", None)
    method = own(over, number) if own is not None else arm.method if over == CALLS else None
    if method is None:
        return None
    told = {REPEAT: {"of": arm.name, "over": over, "number": number}}
    facts = {**arm.facts, **Arm.of(method).facts, **told}
    return replace(arm, name=f"{arm.name} ({_ONE[over]} {number + 1})", method=method, facts=facts)
