from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys

import pytest

from dermtools.evaluation.running.records import Record, RunError
from dermtools.evaluation.running.run import Run
from dermtools.prediction import Outcome, Prediction


def _record(arm, target, label="back"):
    prediction = Prediction(
        method=arm, task="location", label=label, outcome=Outcome.OK if label else Outcome.ERROR, reason=None
    )
    return Record(
        arm=arm,
        case_id=target.case_id,
        group_id=target.group_id,
        truth=target.truth,
        prediction=prediction,
        latency_s=0,
    )


def test_a_run_is_described_so_that_it_can_be_repeated(tmp_path, spec, targets):
    requested = spec(targets(3), "a", "b")
    with Run.writing(tmp_path / "run", requested):
        pass
    assert Run.open(tmp_path / "run").spec == requested
    content = json.loads((tmp_path / "run" / "run.json").read_text())
    assert content["versions"]["python"]
    assert content["targets"][0] == {"case_id": "case-000", "group_id": "group-0", "truth": ["back"]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 1}, "another seed"),
        ({"rule": "single"}, "another rule"),
        ({"case_base": {"version": 2}}, "another case base"),
    ],
)
def test_another_run_in_the_same_folder_is_refused(tmp_path, spec, targets, change, said):
    with Run.writing(tmp_path / "run", spec(targets(3), "a")):
        pass
    with pytest.raises(RunError, match=said), Run.writing(tmp_path / "run", spec(targets(3), "a", **change)):
        pass


def test_an_arm_that_changed_is_refused_with_what_changed(tmp_path, spec, targets):
    with Run.writing(tmp_path / "run", spec(targets(3), arms={"a": {"prompt": "1"}})):
        pass
    with (
        pytest.raises(RunError, match=r"another a \(prompt: '1' then, '2' now\)"),
        Run.writing(tmp_path / "run", spec(targets(3), arms={"a": {"prompt": "2"}})),
    ):
        pass


ASKED_NOW = {"base_url": "http://one/v1", "api": "chat", "temperature": 0.0, "model_options": None}


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (ASKED_NOW, ASKED_NOW, None),
        (ASKED_NOW, {**ASKED_NOW, "base_url": "http://two/v1"}, "base_url: 'http://one/v1' then, 'http://two/v1' now"),
        (ASKED_NOW, {**ASKED_NOW, "api": "responses"}, "api: 'chat' then, 'responses' now"),
        ({**ASKED_NOW, "left_out": ["temperature"]}, {**ASKED_NOW, "left_out": []}, None),
        # An earlier version wrote down none of this: what was usual then goes on, what was not known is refused.
        ({}, {**ASKED_NOW, "base_url": "https://api.openai.com/v1"}, None),
        ({}, ASKED_NOW, "base_url: None then, 'http://one/v1' now"),
        ({}, {"temperature": 0.7}, "temperature: None then, 0.7 now"),
        ({}, {"reasoning_effort": "low"}, "reasoning_effort: None then, 'low' now"),
    ],
)
def test_another_service_is_another_arm(tmp_path, spec, targets, before, now, said):
    made = [spec(targets(2), arms={"zero-shot": {"method": "zero-shot", **facts}}) for facts in (before, now)]
    with Run.writing(tmp_path / "run", made[0]):
        pass
    refused = contextlib.nullcontext() if said is None else pytest.raises(RunError, match=re.escape(said))
    with refused, Run.writing(tmp_path / "run", made[1]):
        pass


def test_what_a_service_refused_is_kept_when_nothing_more_is_asked(tmp_path, spec, targets):
    for told in (["temperature"], []):
        with Run.writing(tmp_path / "run", spec(targets(2), arms={"a": {"left_out": []}})) as (run, _):
            run.note_left_out({"a": told})
        assert Run.open(tmp_path / "run").spec.arms["a"]["left_out"] == ["temperature"]


def test_a_run_is_resumed_though_its_case_base_was_moved(tmp_path, spec, targets):
    for path in ("/here", "/there"):
        with Run.writing(tmp_path / "run", spec(targets(3), "a", case_base={"path": path, "version": 1})) as (run, _):
            assert run.spec.case_base["path"] == "/here"


def test_arms_can_be_added_to_a_run(tmp_path, spec, targets):
    with Run.writing(tmp_path / "run", spec(targets(3), "a")):
        pass
    with Run.writing(tmp_path / "run", spec(targets(3), "b")) as (run, _):
        assert list(run.spec.arms) == ["a", "b"]
    assert list(Run.open(tmp_path / "run").spec.arms) == ["a", "b"]


def test_two_writers_never_share_a_run(tmp_path, spec, targets):
    code = "import filelock, sys\nwith filelock.FileLock(sys.argv[1]): print('held', flush=True), input()"
    with Run.writing(tmp_path / "run", spec(targets(1), "a")):
        pass
    lock = str(tmp_path / "run" / ".lock")
    with subprocess.Popen(
        [sys.executable, "-c", code, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(RunError, match="another process is writing"),
            Run.writing(tmp_path / "run", spec(targets(1), "a")),
        ):
            pass
        other.communicate("\n")


def test_a_folder_with_other_files_is_left_alone(tmp_path, spec, targets):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(RunError, match="holds other files"), Run.writing(tmp_path, spec(targets(1), "a")):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"format": 1, "task": 3}', "\udcff"])
def test_a_damaged_description_is_refused(tmp_path, content):
    (tmp_path / "run.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(RunError, match=r"run\.json"):
        Run.open(tmp_path)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="is not a run"):
        Run.open(tmp_path)


def test_a_newer_format_is_refused(tmp_path, spec, targets):
    (tmp_path / "run.json").write_text(spec(targets(1), "a", format=2).model_dump_json())
    with pytest.raises(RunError, match=r"newer dermtools \(format 2, this one reads 1\)"):
        Run.open(tmp_path)


def test_the_last_answer_counts_and_order_is_that_of_arms_and_cases(tmp_path, spec, targets):
    held = targets(2)
    with Run.writing(tmp_path / "run", spec(held, "a", "b")) as (run, log):
        log.append([_record("b", held[1]), _record("a", held[0], None), _record("b", held[0]), _record("a", held[0])])
        run.tidy()
        assert [(r.arm, r.case_id, r.failed) for r in run.records()] == [
            ("a", "case-000", True),
            ("a", "case-000", False),
            ("b", "case-000", False),
            ("b", "case-001", False),
        ]
        assert not run.answers()[("a", "case-000")].failed
        assert [len(scored) for scored in run.scored()] == [1, 2]
