"""Scripted methods and runs: answers that are known beforehand, so that what is measured can be checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from dermtools.cases.case import Task
from dermtools.evaluation.running.arm import Estimate
from dermtools.evaluation.running.spec import RunSpec
from dermtools.evaluation.scoring import Rule, Target
from dermtools.prediction import Prediction, Query, TokenUsage

TASK = Task(name="location", question="Where?", labels=("back", "hand", "neck"))


class Scripted:
    """Answers from a script: case id to label, or an exception to raise. Remembers what it was asked."""

    task = "location"

    def __init__(self, script: Mapping[str, str | Exception], name: str = "scripted", usd: float | None = 0.01) -> None:
        self.name = name
        self.script = script
        self.usd = usd
        self.asked: list[str] = []
        self.before: Callable[[str], None] = lambda case_id: None

    def predict(self, query: Query) -> Prediction:
        self.asked.append(str(query.case_id))
        self.before(str(query.case_id))
        answer = self.script[str(query.case_id)]
        if isinstance(answer, Exception):
            raise answer
        usage = TokenUsage(input_tokens=100, output_tokens=2)
        return Prediction(method=self.name, task=self.task, label=answer, usage=usage, raw=answer)

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        return [self.predict(query) for query in queries]

    def estimate(self, query: Query) -> Estimate | None:
        return Estimate(100, 4, self.usd, None if self.usd is None else 2 * self.usd)

    def price(self, usage: TokenUsage) -> float | None:
        return self.usd


@pytest.fixture
def scripted():
    return Scripted


@pytest.fixture
def targets():
    """Make n targets, two a group, truth `back`."""

    def make(n: int, truth: tuple[str, ...] = ("back",)) -> tuple[Target, ...]:
        return tuple(Target(f"case-{number:03}", f"group-{number // 2}", truth) for number in range(n))

    return make


@pytest.fixture
def spec():
    """Make the description of a run."""

    def make(targets: Sequence[Target], *arms: str, **changes: object) -> RunSpec:
        fields = {
            "task": TASK,
            "rule": Rule.ANY,
            "split": "test",
            "seed": 0,
            "case_base": {"version": 1},
            "targets": tuple(targets),
            "arms": {arm: {"method": arm} for arm in arms},
        }
        return RunSpec.model_validate(fields | changes)

    return make


@pytest.fixture
def query():
    return lambda case_id: Query(name=case_id, case_id=case_id)


@pytest.fixture(scope="session")
def sample_base(tmp_path_factory):
    """Drawn cases of 24 patients as a case base. Not to be changed by a test."""
    from dermtools.cases.sources.sample import load_sample
    from dermtools.retrieval import CaseBase

    case_base = CaseBase.create(tmp_path_factory.mktemp("evaluation") / "base", embedder="descriptor")
    case_base.add(load_sample(patients=24))
    return case_base
