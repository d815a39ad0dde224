"""What came of an optimisation, in words and as data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dermtools.evaluation import OptimisedPrompt, Record, Rule, Target, compare, score
from dermtools.evaluation.optimising.parts import divided
from dermtools.evaluation.optimising.report import Spent
from dermtools.intervals import share_interval
from dermtools.prediction import Outcome, Prediction, TokenUsage
from dermtools.prompting import PromptLibrary

TARGETS = tuple(Target(f"{n}", f"patient {n}", ("back",)) for n in range(20))


def _record(arm: str, price: float | None, **changes: object) -> Record:
    told = {
        "method": "rag-5",
        "task": "location",
        "label": "back",
        "usage": TokenUsage(input_tokens=100, output_tokens=4),
    }
    prediction = Prediction.model_validate(told | changes)
    return Record(arm=arm, case_id="a", group_id="p", truth=(), prediction=prediction, latency_s=1, price_usd=price)


SPENT = Spent.of(
    [
        _record("reflection", 0.5),
        _record("prompt", 0.25),
        _record("prompt", None),
        _record("prompt", None, label=None, outcome=Outcome.ERROR, usage=None),
    ],
    "reflection",
)


def test_what_was_spent_is_added_up_and_what_is_unknown_is_said() -> None:
    assert SPENT.sentence == (
        "4 calls (1 to propose texts, 1 failed), 300 tokens in, 12 out: $0.75, and 1 answer at an unknown price"
    )


@pytest.fixture
def done() -> OptimisedPrompt:
    before, after = (
        score(name, TARGETS, {one.case_id: Prediction(method="m", task="t", label=label) for one in TARGETS})
        for name, label in (("the first prompt", "hand"), ("the new prompt", "back"))
    )
    prompt = PromptLibrary().get("generic")
    return OptimisedPrompt(
        before=prompt,
        prompt=prompt,
        folder=Path("kept"),
        method="rag-5",
        parts=divided(TARGETS, 0.4, 0),
        rule=Rule.ANY,
        chosen_by=(2, 5),
        scored=(before, after),
        comparison=compare([after, before])[0],
        judged=1,
        candidates=3,
        proposed=4,
        refused=("messages.0.text: it is empty",),
        ended=None,
        spent=SPENT,
        texts=(("messages.0.text", "one\ntwo\n", "one\nthree\n"),),
    )


def test_the_result_has_its_interval_its_verdict_and_says_that_test_was_left_alone(done: OptimisedPrompt) -> None:
    known = share_interval([True] * 20, done.scored[1].groups)
    assert done.lines[1] == f"held out, after: 20 of 20 right, 100.0% (95 %: {known.low:.1%} to 100.0%)"
    assert done.lines[2].startswith("the new prompt is better than the first prompt: +100.0 points (95 %: ")
    assert done.lines[-1] == "No test case was asked about, and no example was one."


def test_held_out_cases_that_have_judged_before_are_told(done: OptimisedPrompt) -> None:
    assert "have judged" not in done.markdown
    assert "these cases have judged 2 new prompts of this search" in replace(done, judged=2).markdown


def test_the_report_shows_cases_search_cost_and_what_was_rewritten(done: OptimisedPrompt) -> None:
    said = done.markdown
    assert "| held out, to judge by | 8 cases of 8 patients |" in said
    assert "- to choose by: 2 of 6 right before, 5 after" in said
    assert "- 1 proposal refused: messages.0.text: it is empty" in said
    assert "```diff\n--- before\n+++ after\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n```" in said
    assert SPENT.sentence in said


def test_a_program_reads_the_verdict_and_the_counts(done: OptimisedPrompt) -> None:
    said = done.to_json()
    assert (said["comparison"]["verdict"], said["chosen_by"]) == ("better", {"n": 6, "before": 2, "after": 5})
    assert (said["held_out"]["before"]["right"], said["spent"]["price_usd"]) == (0, 0.75)
