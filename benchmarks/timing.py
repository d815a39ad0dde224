"""Ours against a peer in the same run, in turn, so that a ratio holds when the machine's speed drifts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """Medians in seconds, and the median of the ratios taken pair by pair."""

    ours: float
    peer: float
    ratio: float


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compare(ours: Callable[[], object], peer: Callable[[], object], *, rounds: int) -> Ratio:
    """Run both in turn, `rounds` times each after one warm-up."""
    ours()
    peer()
    pairs = [(seconds(ours), seconds(peer)) for _ in range(rounds)]
    return Ratio(
        ours=statistics.median(a for a, _ in pairs),
        peer=statistics.median(b for _, b in pairs),
        ratio=statistics.median(a / b for a, b in pairs),
    )


def report(what: str, measured: str, budget: str, holds: bool) -> bool:
    """Print one line a budget; returns whether it holds."""
    print(f"{'holds' if holds else 'FAILS'}  {what}: {measured} (budget {budget})", flush=True)
    return holds
