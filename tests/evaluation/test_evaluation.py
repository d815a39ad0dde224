from __future__ import annotations

import json

import pytest

from dermtools.adapter import AdapterConfig, VectorClassifierMethod, train
from dermtools.errors import QueryError
from dermtools.evaluation import Arm, Rule, Run, RunError, evaluate, publish, run_spec
from dermtools.retrieval import KNNVote
from tests.support.opened_files import opened_to_read


def test_an_evaluation_leaves_everything_in_its_folder(sample_base, tmp_path):
    done = evaluate(sample_base, "location", [KNNVote(sample_base, "location", k) for k in (1, 5)], tmp_path / "run")
    assert {path.name for path in (tmp_path / "run").iterdir()} >= {
        "run.json",
        "predictions.jsonl",
        "metrics.json",
        "table.md",
    }
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert [arm["arm"] for arm in metrics["arms"]] == ["knn-vote-1", "knn-vote-5"]
    assert metrics["analyses"]["nearness"]["recall"]["10"] >= metrics["analyses"]["nearness"]["recall"]["1"]
    assert metrics["analyses"]["subgroups"]["knn-vote-1"]
    assert "no trained weights" in metrics["analyses"]["encoder_training"]
    assert done.results.analyses.exemplar_use[0].agrees_with_vote.share == 1.0
    described = json.loads((tmp_path / "run" / "run.json").read_text())
    assert described["case_base"]["embedder"]["name"] == "descriptor"
    assert described["case_base"]["version"] == sample_base.version


def test_only_the_cases_of_the_split_are_asked_about(sample_base):
    spec = run_spec(sample_base, "location", [Arm("a", KNNVote(sample_base, "location"))])
    assert {sample_base.case(target.case_id).split for target in spec.targets} == {"test"}


def test_a_limit_draws_the_same_cases_for_a_seed(sample_base):
    arms = [Arm("a", KNNVote(sample_base, "location"))]
    first, again, other = (
        [target.case_id for target in run_spec(sample_base, "location", arms, limit=8, seed=seed).targets]
        for seed in (1, 1, 2)
    )
    assert len(first) == 8
    assert first == again != other


def test_a_second_call_asks_nothing_again_and_adds_arms(sample_base, tmp_path, scripted):
    method = scripted(dict.fromkeys(sample_base.columns.case_ids, "back"))
    evaluate(sample_base, "location", [method], tmp_path / "run")
    asked = len(method.asked)
    done = evaluate(sample_base, "location", [method, KNNVote(sample_base, "location", 3)], tmp_path / "run")
    assert len(method.asked) == asked
    assert [summary.arm for summary in done.results.summaries] == ["scripted", "knn-vote-3"]


def test_answers_are_read_once_and_passed_on(sample_base, tmp_path):
    methods = [KNNVote(sample_base, "location", k) for k in (1, 5)]
    evaluate(sample_base, "location", methods[:1], tmp_path / "run", limit=6)
    with opened_to_read() as opened:
        done = evaluate(sample_base, "location", methods, tmp_path / "run", limit=6)
        publish(done.run, done.results, sample_base, projection="pca")
    assert [path.name for path in opened].count("predictions.jsonl") == 1
    assert done.run.records() == Run.open(tmp_path / "run").records()
    assert [len(scored) for scored in done.run.scored()] == [6, 6]


def test_a_larger_limit_adds_cases_to_a_run_and_a_smaller_one_is_refused(sample_base, tmp_path, scripted):
    method = scripted(dict.fromkeys(sample_base.columns.case_ids, "back"))
    for limit in (4, 9):
        done = evaluate(sample_base, "location", [method], tmp_path / "run", limit=limit)
        assert len(method.asked) == len(set(method.asked)) == len(done.run.spec.targets) == limit
    with pytest.raises(RunError, match=r"begun with another limit \(9\)"):
        evaluate(sample_base, "location", [method], tmp_path / "run", limit=5)


def test_a_run_whose_cases_an_earlier_version_drew_goes_on_with_them(sample_base, tmp_path, scripted):
    method = scripted(dict.fromkeys(sample_base.columns.case_ids, "back"))
    evaluate(sample_base, "location", [method], tmp_path / "run", limit=4)
    described = json.loads((tmp_path / "run" / "run.json").read_text())
    others = [
        target
        for target in run_spec(sample_base, "location", [Arm.of(method)]).targets
        if target.case_id not in method.asked
    ]
    described["targets"] = [vars(target) for target in others[:4]]
    del described["draw"]
    (tmp_path / "run" / "run.json").write_text(json.dumps(described))
    done = evaluate(sample_base, "location", [method], tmp_path / "run", limit=4)
    assert done.run.spec.targets == tuple(others[:4])


def test_errors_of_an_earlier_call_are_asked_again_only_where_told_to(sample_base, tmp_path, scripted):
    script = dict.fromkeys(sample_base.columns.case_ids, "back")
    failing = scripted({**script, **{case_id: TimeoutError("no reply") for case_id in list(script)[::2]}})
    broken = evaluate(sample_base, "location", [failing], tmp_path / "run").results.summaries[0].outcomes["error"]
    assert broken > 0
    kept = evaluate(sample_base, "location", [scripted(script)], tmp_path / "run")
    assert kept.results.summaries[0].outcomes["error"] == broken
    assert f"{broken} of them by an error: --retry-failed asks those again" in kept.plan.lines()[0]
    mended = evaluate(sample_base, "location", [scripted(script)], tmp_path / "run", retry_failed=True)
    assert mended.results.summaries[0].outcomes["error"] == 0
    assert mended.asked.answered == broken


def test_the_plan_is_shown_and_a_no_sends_nothing(sample_base, tmp_path, scripted):
    method, plans = scripted({}), []
    with pytest.raises(RunError, match="before anything was sent"):
        evaluate(sample_base, "location", [method], tmp_path / "run", confirm=lambda plan: plans.append(plan))
    assert method.asked == []
    assert plans[0].calls == len(run_spec(sample_base, "location", [Arm.of(method)]).targets)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"task": "colour"}, "colour"),
        ({"split": "nowhere"}, "no case in split 'nowhere'; there are: test, train, valid"),
        ({"limit": 0}, "limit must be a whole number of at least 1"),
        ({"arms": []}, "no method to evaluate"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_line(sample_base, change, said):
    arguments = {"task": "location", "arms": [Arm("a", KNNVote(sample_base, "location"))], **change}
    task, arms = arguments.pop("task"), arguments.pop("arms")
    with pytest.raises(QueryError, match=said):
        run_spec(sample_base, task, arms, rule=Rule.ANY, **arguments)


def test_two_arms_of_one_name_are_refused(sample_base):
    method = KNNVote(sample_base, "location")
    with pytest.raises(QueryError, match="two arms are called 'knn-vote-5'"):
        run_spec(sample_base, "location", [Arm.of(method), Arm.of(method)])


def test_an_adapter_trained_otherwise_does_not_resume_the_run_of_another(sample_base, tmp_path):
    first, other = (
        VectorClassifierMethod(train(sample_base.store, "location", AdapterConfig(epochs=1, seed=seed)))
        for seed in (1, 2)
    )
    evaluate(sample_base, "location", [first], tmp_path / "run", limit=2)
    with pytest.raises(RunError, match="another adapter"):
        evaluate(sample_base, "location", [other], tmp_path / "run", limit=2)
