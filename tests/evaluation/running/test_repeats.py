from __future__ import annotations

import pytest

from dermtools.errors import QueryError
from dermtools.evaluation import Arm, Run, evaluate, perform, repetition, with_repeats
from dermtools.methods import method
from dermtools.prompting import SQLiteCache, chat_model
from dermtools.retrieval import KNNVote
from tests.support.openai_service import serving

TASK = "location"


def test_a_method_is_repeated_over_what_means_something_to_it(sample_base):
    with serving(lambda path, picture: "hand") as service:
        chat = chat_model("openai:gpt-4.1", base_url=service.url())
        asked = [method(name, sample_base, TASK, model=chat) for name in ("zero-shot", "random-3", "rag-2")]
        arms = with_repeats([Arm.of(one) for one in [*asked, KNNVote(sample_base, TASK)]], 3)
    assert [arm.name for arm in arms] == [
        *("zero-shot", "zero-shot (call 2)", "zero-shot (call 3)"),
        *("random-3", "random-3 (call 2)", "random-3 (call 3)", "random-3 (draw 2)", "random-3 (draw 3)"),
        *("random-3 (order 2)", "random-3 (order 3)"),
        *("rag-2", "rag-2 (call 2)", "rag-2 (call 3)", "rag-2 (order 2)", "knn-vote-5"),
    ]
    facts = {arm.name: arm.facts for arm in arms}
    assert [facts[name]["seed"] for name in ("random-3", "random-3 (draw 2)", "random-3 (draw 3)")] == [0, 1, 2]
    assert facts["rag-2 (order 2)"]["permutation"] == [1, 0]
    assert facts["rag-2 (call 3)"]["repeat"] == {"of": "rag-2", "over": "calls", "number": 2}


@pytest.mark.parametrize(
    ("repeats", "over", "said"),
    [
        (0, ["calls"], "repeats must be a whole number of at least 1"),
        (2, ["seeds"], "cannot repeat over 'seeds'"),
        (2, ["calls"], "nothing of knn-vote-5 changes over calls"),
    ],
)
def test_what_cannot_be_repeated_is_refused(sample_base, repeats, over, said):
    with pytest.raises(QueryError, match=said):
        with_repeats([Arm.of(KNNVote(sample_base, TASK))], repeats, over)


def test_repeated_calls_are_new_ones_whatever_the_cache_holds_and_are_repeated_by_a_rerun(sample_base, tmp_path):
    asked = []

    def answer(path, picture):
        asked.append(picture)
        return "hand" if len(asked) % 2 else "back"

    with serving(answer) as service, SQLiteCache(tmp_path / "cache.sqlite") as cache:
        chat = chat_model("openai:gpt-4.1", base_url=service.url(), cache=cache)
        arms = [method("random-2", sample_base, TASK, model=chat, priced_as="openai:gpt-4.1")]
        plans = []
        options = {"limit": 3, "repeats": 2, "confirm": lambda plan: plans.append(plan) or True, "concurrency": 1}
        done = evaluate(sample_base, TASK, arms, tmp_path / "run", **options)
        assert (plans[0].calls, len(asked)) == (12, 12)
        assert plans[0].price_usd > 0
        # From the cache: the first answers, and those of other prompts; never those of the same prompt once more.
        evaluate(sample_base, TASK, arms, tmp_path / "second", **options)
        assert len(asked) == 15
        evaluate(sample_base, TASK, arms, tmp_path / "run", **options)
        assert len(asked) == 15
        again = repetition(Run.open(done.run.path), sample_base, cache=cache)
        perform(again.spec, again.arms, lambda case_id: sample_base.query(case_id=case_id), tmp_path / "again")
        assert len(asked) == 18
    assert [summary.arm for summary in done.results.summaries] == ["random-2"]
    assert [(one.over, one.answers, one.n) for one in done.results.stability] == [
        ("calls", 2, 3),
        ("draws", 2, 3),
        ("order", 2, 3),
    ]
    table = (tmp_path / "run" / "table.md").read_text()
    assert "## Stability" in table
    assert "random-2 (call 2)" not in table
    shown = {}
    for record in done.run.records():
        shown.setdefault(record.arm, []).append([exemplar.case_id for exemplar in record.prediction.exemplars])
    assert shown["random-2"] == [one[::-1] for one in shown["random-2 (order 2)"]]
    assert shown["random-2"] == shown["random-2 (call 2)"] != shown["random-2 (draw 2)"]
