"""What an earlier version wrote opens today and gives the same answers; `make.py` is how it was made."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dermtools.retrieval import CaseBase
from tests.compatibility.make import MADE, answers, run

TOLERANCE = 1e-6


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A copy, elsewhere than where it was made."""
    return Path(shutil.copytree(MADE, tmp_path / "made"))


def flat(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of plain JSON with where it stands."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inner is None:
        yield place, value
        return
    yield f"{place} keys", str(list(value) if isinstance(value, dict) else len(value))
    for key, one in inner:
        yield from flat(one, f"{place}/{key}")


NEW_STATISTICS = frozenset(
    {
        "adjacent_interval",
        "basis",
        "cheapest",
        "fetching",
        "looked_at",
        "recall_intervals",
        "retrieval",
        "retrieval_worth",
        "overconfidence",
        "overconfidence_interval",
        "headline",
        "stability",
        "against_best",
        "comparisons",
        "wilson",
        "clustered",
        "interval",
        "groups",
        "by_distance",
        "top_k_intervals",
    }
)
"""Intervals and verdicts of `metrics.json` are made anew, over groups; what was counted stays the same."""


def differences(now: Any, then: Any) -> list[tuple[str, Any, Any]]:
    found = dict(flat(json.loads(json.dumps(now)))), dict(flat(then))
    places = sorted(found[0].keys() | found[1].keys())
    pairs = [(place, *(one.get(place, "nothing") for one in found)) for place in places]
    return [(place, one, other) for place, one, other in pairs if not _same(one, other)]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(one == other)


@pytest.mark.parametrize("part", ["info", "cases", "searches", "predictions"])
def test_a_case_base_and_its_classifiers_give_the_same_answers(part: str, made: Path) -> None:
    then = json.loads((MADE / "answers.json").read_text(encoding="utf-8"))
    assert differences(answers(made)[part], then[part]) == []


def test_a_run_resumes_and_asks_nothing_again(made: Path) -> None:
    resumed = run(made)
    assert resumed.plan.calls == 0
    assert (made / "run/predictions.jsonl").read_bytes() == (MADE / "run/predictions.jsonl").read_bytes()


def test_a_run_measures_the_same(made: Path) -> None:
    run(made)
    now, then = (json.loads((folder / "run/metrics.json").read_text(encoding="utf-8")) for folder in (made, MADE))
    assert differences(_without(now, NEW_STATISTICS), _without(then, NEW_STATISTICS)) == []


def _without(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_without(one, names) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _without(one, names) for name, one in value.items() if name not in names}


def test_a_case_base_can_be_written_to(made: Path) -> None:
    case_base = CaseBase.open(made / "case-base")
    before, gone = len(case_base), case_base.columns.case_ids[0]
    assert case_base.delete([gone]) == 1
    assert len(CaseBase.open(made / "case-base")) == before - 1
