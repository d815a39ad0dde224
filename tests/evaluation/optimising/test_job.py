"""What an optimisation will send and cost, before anything is sent, and after some of it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dermtools.evaluation import Budget, Target
from dermtools.evaluation.optimising.answers import REFLECTION, Answers, answers_in
from dermtools.evaluation.optimising.job import RESERVE, Job, make_search_plan
from dermtools.evaluation.optimising.parts import divided
from dermtools.evaluation.optimising.texts import texts_of
from dermtools.evaluation.running.arm import Arm
from dermtools.evaluation.running.records import Record
from dermtools.prediction import Estimate, LocalMethod, Prediction, Query
from dermtools.prompting import Prompt, PromptLibrary, chat_model
from dermtools.retrieval import CaseBase


class _Priced(LocalMethod):
    name, task, remote = "rag-5", "location", True

    def predict(self, query: Query) -> Prediction:
        raise AssertionError("a plan sends nothing")

    def estimate(self, query: Query) -> Estimate:
        return Estimate(1_000, 10, 0.01)


@pytest.fixture
def job(valid_base: CaseBase) -> Job:
    prompt = PromptLibrary().get("generic")
    targets = [Target(f"{n}", f"patient {n}", ("back",)) for n in range(20)]
    return Job(
        case_base=valid_base,
        task="location",
        method="rag-5",
        before=prompt,
        texts=texts_of(prompt.file, "rag"),
        parts=divided(targets, 0.4, 0),  # 6 to learn from, 6 to choose by, 8 held out
        build=lambda made: replace(Arm.of(_Priced()), facts={"hash": made.hash}),
        minibatch=3,
        max_calls=60,
    )


def _said(arm: str, case_id: str) -> Record:
    said = Prediction(method="m", task="location", label="back")
    return Record(arm=arm, case_id=case_id, group_id="p", truth=("back",), prediction=said, latency_s=1, price_usd=0.5)


def test_the_plan_is_the_search_its_proposals_and_judging_twice(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Job, "query", lambda self, case_id: Query(name=case_id))
    first = job.arm_of(job.texts)
    model = chat_model("openai:gpt-4.1", api_key="none")
    with answers_in(tmp_path / "kept", {}) as log:
        answers = Answers(log, Budget(None), job.query, model, "openai:gpt-4.1")
        plan, kept = make_search_plan(job, first, answers, None)
        search, proposals, judging = plan.arms
        assert (search.calls, search.price_usd, search.input_tokens) == (60, pytest.approx(0.60), 60_000)
        assert proposals.calls == (60 - 6) // (2 * 3)
        assert (judging.calls, judging.price_usd) == (16, pytest.approx(0.16))
        assert kept == pytest.approx(RESERVE * 0.16)
        held = job.parts.held_out[0].case_id
        log.append(
            [_said(first.name, job.parts.choosing[0].case_id), _said(first.name, held), _said(REFLECTION, "x-1")]
        )
        later, _ = make_search_plan(job, first, answers, None)
    assert [arm.calls for arm in later.arms] == [59, 8, 15]
    assert later.spent_usd == 1.5


def test_the_same_texts_are_the_same_arm_and_others_another(job: Job) -> None:
    changed = {**job.texts, "messages.0.text": "Now. {question}{labels}{instruction}"}
    assert job.arm_of(dict(job.texts)).name == job.arm_of(job.texts).name != job.arm_of(changed).name
    assert job.arm_of(job.texts).name == Prompt.of(job.before.file, job.before.path).hash[:12]
