from __future__ import annotations

from dermtools.evaluation.running.differences import Difference, differences, paired_arms, prompt_diffs
from dermtools.evaluation.running.run import Run

ASKED = {"method": "rag-5", "order": "nearest-last", "trained": {"epochs": 3, "seed": 0}, "base_version": 1}


def test_what_decided_two_runs_is_told_and_nothing_that_did_not(spec, targets):
    first = spec(targets(4), arms={"rag-5": ASKED}, versions={"torch": "1"}, case_base={"path": "/a", "version": 1})
    other = {**ASKED, "order": "nearest-first", "trained": {"epochs": 9, "seed": 0}, "base_version": 2}
    second = spec(targets(2), arms={"rag-5": other}, versions={"torch": "2"}, case_base={"path": "/b", "version": 2})
    assert differences(first, second) == [
        Difference("case base: version", 1, 2),
        Difference("rag-5: order", "nearest-last", "nearest-first"),
        Difference("rag-5: trained: epochs", 3, 9),
        Difference("torch", "1", "2"),
    ]
    assert differences(first, first) == []


def test_arms_that_are_called_otherwise_are_paired_by_their_method(spec, targets):
    first = spec(targets(1), arms={"same": {"method": "m"}, "a": {"method": "rag-5"}, "b": {"method": "majority"}})
    second = spec(targets(1), arms={"same": {"method": "m"}, "c": {"method": "rag-5"}, "d": {"method": "rag-1"}})
    assert paired_arms(first, second) == [("same", "same"), ("a", "c")]


def test_a_difference_is_said_in_words():
    assert Difference("limit", None, 50).sentence("then", "now") == "limit: none then, 50 now"


def test_a_prompt_that_says_something_else_comes_as_a_diff(spec, targets, tmp_path):
    runs = []
    for name, text in (("one", "a\nLook.\n"), ("two", "a\nLook twice.\n")):
        arms = {"zero-shot": {"method": "zero-shot", "prompt": "location", "prompt_hash": name * 20}}
        with Run.writing(tmp_path / name, spec(targets(1), arms=arms)) as (run, _):
            run.keep({f"prompts/{(name * 20)[:12]}/location.yaml": text})
        runs.append(run)
    (diff,) = prompt_diffs(*runs)
    assert diff.splitlines()[-3:] == [" a", "-Look.", "+Look twice."]
    assert prompt_diffs(runs[0], runs[0]) == []
    (tmp_path / "two" / "prompts" / ("two" * 20)[:12] / "location.yaml").unlink()
    assert "does not keep" in prompt_diffs(*runs)[0]
