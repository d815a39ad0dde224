from __future__ import annotations

import os
import signal
import threading

import pytest

from dermtools.evaluation.running.arm import Arm
from dermtools.evaluation.running.asking import ask
from dermtools.evaluation.running.plan import Budget
from dermtools.evaluation.running.records import RecordLog, read_records
from dermtools.prediction import Outcome


@pytest.fixture
def log(tmp_path):
    with RecordLog(tmp_path / "predictions.jsonl") as log:
        yield log


@pytest.fixture
def written(tmp_path):
    return lambda: read_records(tmp_path / "predictions.jsonl")[0]


def _all(targets, *names):
    return {name: list(targets) for name in names}


def test_every_arm_answers_every_case(targets, scripted, query, log, written):
    held = targets(130)
    script = {target.case_id: "back" for target in held}
    arms = [Arm("here", scripted(script)), Arm("there", scripted(script), remote=True)]
    asked = ask(arms, _all(held, "here", "there"), query, log)
    assert (asked.answered, asked.failed, asked.out_of_budget) == (260, 0, False)
    assert sorted(record.key for record in written()) == sorted((a, t.case_id) for a in ("here", "there") for t in held)


@pytest.mark.parametrize("remote", [False, True])
def test_an_exception_is_one_error_that_is_kept_and_says_why(targets, scripted, query, log, written, remote):
    held = targets(5)
    script = {target.case_id: "back" for target in held} | {"case-002": KeyError("no\nsuch thing")}
    asked = ask([Arm("m", scripted(script), remote=remote)], _all(held, "m"), query, log)
    assert (asked.answered, asked.failed) == (5, 1)
    (failed,) = [record for record in written() if record.failed]
    assert failed.case_id == "case-002"
    assert failed.prediction.outcome is Outcome.ERROR
    assert failed.prediction.reason == r"KeyError: 'no\nsuch thing'"


def test_a_method_that_loses_answers_is_asked_one_by_one(targets, scripted, query, log, written):
    held = targets(3)
    method = scripted({target.case_id: "back" for target in held})
    method.predict_many = lambda queries: []
    ask([Arm("m", method)], _all(held, "m"), query, log)
    assert [record.prediction.label for record in written()] == ["back"] * 3


def test_calls_run_side_by_side_up_to_the_concurrency(targets, scripted, query, log):
    held, running, most, guard = targets(40), 0, 0, threading.Lock()
    five = threading.Barrier(5)

    def before(case_id):
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        five.wait(60)  # broken, and each call an error, unless five are on their way
        with guard:
            running -= 1
        five.wait(60)

    method = scripted({target.case_id: "back" for target in held})
    method.before = before
    asked = ask([Arm("m", method, remote=True)], _all(held, "m"), query, log, concurrency=5)
    assert (most, asked.failed) == (5, 0)


def test_a_run_stops_before_its_limit_is_passed_and_arms_stay_comparable(targets, scripted, query, log, written):
    held = targets(20)
    script = {target.case_id: "back" for target in held}
    arms = [Arm(name, scripted(script, usd=0.01), remote=True) for name in ("a", "b")]
    # A call costs 0.01 and may cost 0.02: the eleventh dollar cent is the last that can be reserved.
    asked = ask(arms, _all(held, "a", "b"), query, log, concurrency=1, budget=Budget(0.115))
    assert asked.out_of_budget
    assert sum(record.price_usd for record in written()) == pytest.approx(0.10)
    cases = [{record.case_id for record in written() if record.arm == arm} for arm in ("a", "b")]
    assert cases[0] == cases[1]


def test_many_threads_never_pass_the_limit_together(targets, scripted, query, log, written):
    held = targets(60)
    method = scripted({target.case_id: "back" for target in held}, usd=0.01)
    asked = ask([Arm("m", method, remote=True)], _all(held, "m"), query, log, concurrency=16, budget=Budget(0.2))
    assert asked.out_of_budget
    assert 0.18 < sum(record.price_usd for record in written()) <= 0.2


@pytest.fixture
def ctrl_c():
    """SIGINT as a terminal's process has it (test runners' workers ignore it); the event says that it has come."""
    come = threading.Event()

    def handler(*_):
        come.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handler)
    yield come
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_sends_nothing_more_and_keeps_the_answers_on_their_way(targets, scripted, query, log, written, ctrl_c):
    held = targets(40)
    method = scripted({target.case_id: "back" for target in held})

    def before(case_id):
        if case_id == "case-005":
            os.kill(os.getpid(), signal.SIGINT)
        if case_id >= "case-005":
            ctrl_c.wait(60)

    method.before = before
    with pytest.raises(KeyboardInterrupt):
        ask([Arm("m", method, remote=True)], _all(held, "m"), query, log, concurrency=4)
    assert len(method.asked) < 20
    assert {record.case_id for record in written()} == set(method.asked)


def test_a_full_disk_ends_the_run_instead_of_losing_answers(targets, scripted, query, log, monkeypatch):
    def full(records):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log, "append", full)
    held = targets(30)
    method = scripted({target.case_id: "back" for target in held})
    with pytest.raises(OSError, match="No space left"):
        ask([Arm("m", method, remote=True)], _all(held, "m"), query, log, concurrency=3)
    assert len(method.asked) <= 4


def test_an_answer_that_does_not_say_what_it_used_counts_as_the_most_it_can_cost(targets, scripted, query, log):
    held = targets(10)
    method = scripted({target.case_id: "back" for target in held}, usd=0.01)
    method.price = lambda usage: None
    asked = ask([Arm("m", method, remote=True)], _all(held, "m"), query, log, concurrency=1, budget=Budget(0.1))
    assert asked.answered == 5
