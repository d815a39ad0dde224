"""The simulation of machines that die, against the closed form and against cases whose outcome is plain."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.scale.failures import HOUR, Plan, simulate

SMALL = Plan(cases=200_000, workers=4, rate=40.0)


def test_where_nobody_dies_it_takes_its_time() -> None:
    found = simulate(replace(SMALL, worker_dies=math.inf), 0)
    assert found.hours == pytest.approx(SMALL.ideal)
    assert (found.deaths, found.driver_deaths, found.lost_hours) == (0, 0, 0.0)


@pytest.mark.parametrize("worker_dies", [HOUR / 4, HOUR])
def test_the_mean_is_that_of_the_closed_form(worker_dies: float) -> None:
    """One worker, so that nobody waits for the last piece."""
    plan = replace(SMALL, workers=1, worker_dies=worker_dies)
    hours = np.array([simulate(plan, seed).hours for seed in range(300)])
    assert abs(hours.mean() - plan.expected) < 4 * hours.std() / math.sqrt(len(hours))


def test_a_driver_that_dies_loses_what_is_not_rows_yet_and_no_more() -> None:
    plan = replace(SMALL, worker_dies=math.inf, driver_dies=HOUR / 2)
    found = [simulate(plan, seed) for seed in range(100)]
    assert all(one.driver_deaths == 0 or one.lost_hours > 0 for one in found)
    # At most a step that is one piece short, and a piece under way with each worker.
    most = (plan.step - 1 + 2 * plan.workers) * plan.piece_seconds / HOUR
    assert all(one.lost_hours <= one.driver_deaths * most for one in found)
    assert sum(one.driver_deaths for one in found) > 10
