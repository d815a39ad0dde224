"""A run as a log of Inspect, read back by Inspect."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from dermtools.errors import MissingExtraError, QueryError
from dermtools.evaluation import Record, Run, RunError, write_inspect_log
from dermtools.prediction import Outcome, Prediction, TokenUsage

INSTALLED = importlib.util.find_spec("inspect_ai") is not None


@pytest.fixture
def run(spec, targets, tmp_path: Path) -> Run:
    """Two arms over four cases; `good` is wrong once and refused once."""
    described = spec(targets(4), "good", "bad")
    said = {"good": ["back", "hand", None, "back"], "bad": ["neck"] * 4}
    records = [
        Record(
            arm=arm,
            case_id=target.case_id,
            group_id=target.group_id,
            truth=target.truth,
            prediction=Prediction(
                method=arm,
                task="location",
                label=label,
                outcome=Outcome.OK if label else Outcome.REFUSED,
                reason=None if label else "declined",
                usage=TokenUsage(input_tokens=100, output_tokens=2),
            ),
            latency_s=0.5,
            price_usd=0.01,
        )
        for arm, labels in said.items()
        for target, label in zip(described.targets, labels, strict=True)
    ]
    with Run.writing(tmp_path / "run", described) as (run, log):
        log.append(records)
    return run


@pytest.mark.skipif(not INSTALLED, reason="inspect_ai is not installed; it is an extra of its own")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_inspect_reads_every_answer(run: Run, tmp_path: Path) -> None:
    from inspect_ai.log import read_eval_log

    assert write_inspect_log(run, tmp_path / "good.eval", arm="good") == 4
    log = read_eval_log(str(tmp_path / "good.eval"))
    assert (log.status, log.eval.task, log.eval.model) == ("success", "dermtools/location", "dermtools/good")
    scores = {sample.id: sample.scores["exact_match"] for sample in log.samples}
    assert {case_id: (score.value, score.answer, score.explanation) for case_id, score in scores.items()} == {
        "case-000": ("C", "back", None),
        "case-001": ("I", "hand", None),
        "case-002": ("N", None, "declined"),
        "case-003": ("C", "back", None),
    }
    for sample, target in zip(log.samples, run.spec.targets, strict=True):
        assert (sample.id, tuple(sample.target)) == (target.case_id, target.truth)
        assert sample.metadata["group_id"] == target.group_id
        assert (sample.output.usage.input_tokens, sample.output.usage.total_cost) == (100, 0.01)
        assert sample.total_time == 0.5
    accuracy = log.results.scores[0].metrics["accuracy"]
    low, high = accuracy.metadata["interval"]
    assert accuracy.value == 0.5
    assert low < 0.5 < high
    assert (tmp_path / "good.eval").stat().st_mode & 0o007 == 0


@pytest.mark.skipif(INSTALLED, reason="inspect_ai is installed")
def test_without_inspect_the_command_that_installs_it_is_told(run: Run, tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match=r"pip install 'dermtools\[inspect\]'"):
        write_inspect_log(run, tmp_path / "good.eval", arm="good")
    assert not (tmp_path / "good.eval").exists()


def test_one_arm_is_asked_for_and_a_name_that_inspect_knows(run: Run, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="holds one arm, and this run has 2; there are: good, bad: --arm"):
        write_inspect_log(run, tmp_path / "out.eval")
    with pytest.raises(QueryError, match="no arm 'god'; did you mean good"):
        write_inspect_log(run, tmp_path / "out.eval", arm="god")
    with pytest.raises(QueryError, match=r"ends in \.eval or \.json"):
        write_inspect_log(run, tmp_path / "out.log", arm="good")
    with pytest.raises(RunError, match="no answer of good yet"):
        write_inspect_log(Run(run.path, run.spec, []), tmp_path / "o.eval", arm="good")
