"""What deaths cost an ingest over many machines, simulated event by event: `python -m benchmarks.scale.failures`.

Workers take pieces of the source from one queue, in order. One that dies loses the piece that it had, and comes back
after a while; finished pieces become rows in the order of the source, some at a time; a driver that dies loses what is
not rows yet, as `dermtools/distributed/ingest.py` does it. Deaths come at random, without memory (exponential).

Without deaths of the driver, a piece of T seconds takes a worker (e^(T/M) - 1) (M + R) seconds on average, where M is
the mean time between its deaths and R how long it is away (Ross, Introduction to Probability Models, on renewals): the
simulation is held against that.
"""

from __future__ import annotations

import argparse
import heapq
import math
from dataclasses import dataclass, replace

import numpy as np

from dermtools.distributed.ingest import LARGEST_PIECE, STEP

HOUR = 3600.0


@dataclass(frozen=True)
class Plan:
    """An ingest, its machines, and how often they die."""

    cases: int
    workers: int
    rate: float
    """Cases a second of one worker."""
    worker_dies: float = HOUR
    """Mean seconds between the deaths of one worker."""
    away: float = 180.0
    """Seconds until another takes its place: a machine that starts, and an encoder that is loaded."""
    driver_dies: float = math.inf
    driver_away: float = 300.0
    piece: int = LARGEST_PIECE
    step: int = STEP

    @property
    def pieces(self) -> int:
        return math.ceil(self.cases / self.piece)

    @property
    def piece_seconds(self) -> float:
        return self.piece / self.rate

    @property
    def ideal(self) -> float:
        """Hours where nobody dies."""
        return math.ceil(self.pieces / self.workers) * self.piece_seconds / HOUR

    @property
    def expected(self) -> float:
        """Hours where workers die, on average (closed form), if the driver lives and nobody waits at the end."""
        if math.isinf(self.worker_dies):
            return self.pieces * self.piece_seconds / self.workers / HOUR
        once = math.expm1(self.piece_seconds / self.worker_dies) * (self.worker_dies + self.away)
        return self.pieces * once / self.workers / HOUR


@dataclass(frozen=True)
class Outcome:
    """One ingest as it went."""

    hours: float
    deaths: int
    driver_deaths: int
    lost_hours: float
    """Of workers: pieces begun and not finished, and finished and not yet rows when the driver died."""


def simulate(plan: Plan, seed: int) -> Outcome:
    """One ingest, event by event."""
    random = np.random.default_rng(seed)
    done = np.zeros(plan.pieces, np.bool_)
    rows = deaths = driver_deaths = 0
    now = lost = 0.0
    while rows < plan.pieces:
        ends = now + (math.inf if math.isinf(plan.driver_dies) else random.exponential(plan.driver_dies))
        queue = [*range(plan.pieces - 1, rows - 1, -1)]
        free = [now] * plan.workers
        running: list[tuple[float, float, int, bool]] = []
        while queue or running:
            while queue and free:
                begin, piece = heapq.heappop(free), queue.pop()
                life = math.inf if math.isinf(plan.worker_dies) else random.exponential(plan.worker_dies)
                took = min(life, plan.piece_seconds)
                heapq.heappush(running, (begin + took, begin, piece, life > took))
            if running[0][0] > ends:
                break
            now, begin, piece, finished = heapq.heappop(running)
            heapq.heappush(free, now if finished else now + plan.away)
            if finished:
                done[piece] = True
                while rows < plan.pieces and done[rows : rows + plan.step].all():
                    rows = min(rows + plan.step, plan.pieces)
            else:
                deaths += 1
                lost += now - begin
                queue.append(piece)
        if rows < plan.pieces:
            driver_deaths += 1
            lost += sum(max(0.0, ends - begin) for _, begin, _, _ in running)
            lost += float(done[rows:].sum()) * plan.piece_seconds
            done[rows:] = False
            now = ends + plan.driver_away
    return Outcome(now / HOUR, deaths, driver_deaths, lost / HOUR)


PLANS = (
    Plan(10_000_000, 16, 40.0),
    Plan(10_000_000, 64, 40.0),
    Plan(10_000_000, 8, 800.0),
    Plan(100_000_000, 256, 40.0),
    Plan(100_000_000, 32, 800.0),
)
"""Workers that are processors (40 cases a second) and graphics cards (800): assumed, so give your own `--rate`."""


def table(plans: tuple[Plan, ...], runs: int) -> list[list[str]]:
    """A line for each plan and each kind of deaths."""
    lines = []
    for plan in plans:
        # All workers together once an hour; each of them once an hour; and the driver once a day besides.
        for what, deadly in (
            ("one an hour", replace(plan, worker_dies=HOUR * plan.workers)),
            ("each, hourly", plan),
            ("and driver, daily", replace(plan, driver_dies=24 * HOUR)),
        ):
            found = [simulate(deadly, seed) for seed in range(runs)]
            hours = np.array([one.hours for one in found])
            lost = np.mean([one.lost_hours for one in found]) / (plan.pieces * plan.piece_seconds / HOUR)
            lines.append(
                [
                    f"{plan.cases:,}",
                    f"{plan.workers} x {plan.rate:.0f}/s",
                    what,
                    f"{np.mean([one.deaths for one in found]):,.0f}",
                    f"{plan.ideal:.2f}",
                    f"{hours.mean():.2f}",
                    f"{np.quantile(hours, 0.05):.2f} to {np.quantile(hours, 0.95):.2f}",
                    f"{hours.mean() / plan.ideal - 1:.1%}",
                    f"{lost:.2%}",
                ]
            )
    return lines


HEAD = ["cases", "workers", "who dies", "deaths", "hours if none", "mean", "90 %", "longer", "work lost"]


def main() -> None:
    """Print the table, as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--cases", type=int)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--rate", type=float, default=40.0)
    given = parser.parse_args()
    plans = (Plan(given.cases, given.workers, given.rate),) if given.cases else PLANS
    for line in [HEAD, ["---"] * len(HEAD), *table(plans, given.runs)]:
        print("| " + " | ".join(line) + " |")


if __name__ == "__main__":
    main()
