"""A prompt optimised against a scripted service: better, on validation only, within the ceiling, and resumed."""

from __future__ import annotations

import signal
import sys
import threading
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dermtools.errors import MissingExtraError, QueryError
from dermtools.evaluation import OptimisedPrompt, Plan, RunError, optimise_prompt
from dermtools.prompting import chat_model, read_prompt
from dermtools.retrieval import CaseBase
from tests.support.openai_replies import Fail
from tests.support.optimising import BETTER, WORD, Service

LOST = f"Look at the {WORD}. {{question}} {{instruction}}"
"""A proposal without `{labels}`."""


def _optimise(case_base: CaseBase, service: Service, out: Path, **changes: Any) -> OptimisedPrompt:
    options: dict[str, Any] = {
        "method": "rag-2",
        "prompt": "generic",
        "priced_as": "openai:gpt-4.1",
        "max_calls": 60,
    }
    longest = changes.pop("max_output_tokens", None)
    model, reflecting = (
        chat_model(f"openai:{name}", base_url=service.url, max_output_tokens=longest)
        for name in ("gpt-4.1", "gpt-4.1-mini")
    )
    options["reflection_model"] = reflecting
    return optimise_prompt(case_base, "location", model, out, **(options | changes))


def test_a_better_prompt_is_found_written_and_judged_on_patients_that_did_not_choose_it(
    valid_base: CaseBase, proposing: Service, tmp_path: Path
) -> None:
    plans: list[Plan] = []
    out = tmp_path / "better.yaml"
    done = _optimise(valid_base, proposing, out, confirm=lambda plan: plans.append(plan) is None, max_cost=5.0)
    assert done.prompt == read_prompt(out)
    assert (done.prompt.id, done.prompt.file.version, done.prompt.file.messages[0].text) == ("better", 2, f"{BETTER}\n")
    assert "optimised by GEPA for rag-2 with openai:gpt-4.1" in done.prompt.file.description
    assert [int(one.right.sum()) for one in done.scored] == [0, 10]
    assert done.comparison is not None
    # By hand: five patients, all better, so 2 of the 2^5 patterns of signs are as extreme.
    assert (done.comparison.difference, done.comparison.p) == (1.0, pytest.approx(2 / 32))
    # Nobody but validation and train was seen, and who judges was not asked about with any other prompt.
    columns = valid_base.columns
    split_of = dict(zip(columns.case_ids, columns.splits, strict=True))
    assert {split_of[case] for case in proposing.seen} == {"valid", "train"}
    held = {one.case_id for one in done.parts.held_out}
    told = "".join(proposing.reflections)
    assert sorted(case for _, case in proposing.asked if case in held) == sorted([*held, *held])
    assert not any(case in told for case in columns.case_ids)
    # 8 to choose by, 4 of a minibatch, 4 and 8 with the new text, 20 to judge, 1 proposal.
    assert done.spent.calls == len(proposing.requests) == 8 + 4 + 4 + 8 + 20 + 1
    assert plans[0].calls == 60 + 20 + 6
    report = (done.folder / "report.md").read_text()
    assert "held out, after: 10 of 10 right, 100.0% (95 %: " in report
    assert "No test case was asked about" in report
    assert f"+Look at the {WORD} first. {{question}}" in report


def test_a_finished_one_sends_nothing_more_and_goes_on_with_no_other_settings(
    valid_base: CaseBase, proposing: Service, tmp_path: Path
) -> None:
    first = _optimise(valid_base, proposing, tmp_path / "better.yaml")
    sent = len(proposing.requests)
    again = _optimise(valid_base, proposing, tmp_path / "better.yaml")
    assert len(proposing.requests) == sent
    assert again.to_json() == first.to_json()
    with pytest.raises(RunError, match="was begun with another cases, search seed; choose another --out"):
        _optimise(valid_base, proposing, tmp_path / "better.yaml", seed=1)


def test_a_proposal_that_loses_a_placeholder_is_refused_and_told_why(
    valid_base: CaseBase, proposing: Service, tmp_path: Path
) -> None:
    proposing.proposals = [LOST, BETTER]
    done = _optimise(valid_base, proposing, tmp_path / "better.yaml")
    assert done.prompt is not None
    assert len(done.refused) == 1
    assert "it lost {labels}" in done.refused[0]
    first, second = proposing.reflections
    assert "it lost {labels}" not in first
    assert "it was refused: it lost {labels}" in second
    assert not any("Classes" not in system for system, _ in proposing.asked)


def test_where_no_proposal_can_be_used_the_first_prompt_stays(
    valid_base: CaseBase, proposing: Service, tmp_path: Path
) -> None:
    proposing.proposals = [LOST]
    done = _optimise(valid_base, proposing, tmp_path / "better.yaml", max_calls=20)
    assert (done.prompt, done.scored, done.texts) == (None, (), ())
    assert not (tmp_path / "better.yaml").exists()
    assert "no proposed prompt did better" in done.lines[0]
    held = {one.case_id for one in done.parts.held_out}
    assert held.isdisjoint(case for _, case in proposing.asked)


def test_the_ceiling_ends_the_search_and_judging_is_paid_for_all_the_same(
    valid_base: CaseBase, proposing: Service, tmp_path: Path
) -> None:
    proposing.proposals = [f"{BETTER} {n}" for n in range(100)]  # no better than each other
    proposing.knows = lambda case_id: case_id.endswith("_1")
    done = _optimise(
        valid_base, proposing, tmp_path / "better.yaml", max_cost=0.075, max_calls=400, max_output_tokens=100
    )
    assert done.ended == "the next call might have passed the ceiling"
    assert done.proposed > 2
    assert [(int(one.right.sum()), len(one)) for one in done.scored] == [(0, 10), (5, 10)]
    # By hand, from the list price of a million tokens: $2 in and $8 out; of the reflecting model $0.40 and $1.60.
    proposals = len(proposing.reflections)
    asked, pictures = len(proposing.asked), sum(len(one.pictures) for one in proposing.requests)
    dollars = (20 * asked + 85 * pictures) * 2e-6 + 5 * asked * 8e-6 + proposals * (20 * 0.4e-6 + 5 * 1.6e-6)
    assert done.spent.price_usd == pytest.approx(dollars)
    assert 0.02 < dollars <= 0.075


def test_a_ceiling_too_low_to_judge_sends_nothing(valid_base: CaseBase, proposing: Service, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"\$0\.01 are too few: judging by the held-out cases alone takes about"):
        _optimise(valid_base, proposing, tmp_path / "better.yaml", max_cost=0.01)
    assert proposing.requests == []


def test_a_search_that_reaches_the_ceiling_keeps_what_it_found(
    valid_base: CaseBase, proposing: Service, tmp_path: Path
) -> None:
    proposing.proposals = ["Nothing better. {question}{labels}{instruction}"]
    done = _optimise(valid_base, proposing, tmp_path / "better.yaml", max_cost=0.09, max_calls=400)
    assert done.ended is not None
    assert "ceiling" in done.ended
    assert done.prompt is None
    assert done.spent.price_usd <= 0.09


@pytest.mark.parametrize("moment", [11, 30])
def test_an_interrupted_one_keeps_the_best_so_far_and_pays_for_nothing_twice(
    valid_base: CaseBase, proposing: Service, tmp_path: Path, moment: int
) -> None:
    out = tmp_path / "better.yaml"
    arrived, noticed = count(1), threading.Event()

    def stop(signum: int, frame: object) -> None:
        noticed.set()
        raise KeyboardInterrupt

    def interrupt() -> None:
        # Of 45: in the search, and while the held-out cases are asked about. No later one is answered before it came.
        if (place := next(arrived)) == moment:
            # To the thread that is to notice it: another one of this process may get what is sent to all.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        if place >= moment and not noticed.wait(60):
            noticed.set()  # for the others, which would wait as long

    proposing.before = interrupt
    former = signal.signal(signal.SIGINT, stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            _optimise(valid_base, proposing, out)
    finally:
        signal.signal(signal.SIGINT, former)
    assert len(proposing.asked) < 44
    assert not out.exists()
    draft = tmp_path / "better.optimising" / "better.yaml"
    if moment == 30:
        assert read_prompt(draft).file.messages[0].text == f"{BETTER}\n"
    done = _optimise(valid_base, proposing, out)
    assert done.prompt is not None
    assert len(proposing.asked) == len(set(proposing.asked)) == 44
    assert len(proposing.reflections) == 1
    assert not draft.exists()


def test_an_unknown_price_has_to_be_accepted(valid_base: CaseBase, proposing: Service, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"the price of .* is unknown"):
        _optimise(valid_base, proposing, tmp_path / "better.yaml", priced_as="openai:nobody-knows")
    assert proposing.requests == []


def test_a_service_that_answers_nothing_ends_it_in_one_line(
    valid_base: CaseBase, proposing: Service, tmp_path: Path
) -> None:
    proposing.failing = Fail(401, "Incorrect API key provided.")
    with pytest.raises(RunError, match=r"no call was answered \(.*Incorrect API key"):
        _optimise(valid_base, proposing, tmp_path / "better.yaml")
    assert len(proposing.requests) == 8
    proposing.failing = None
    assert _optimise(valid_base, proposing, tmp_path / "better.yaml").prompt is not None


REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "method": ({"method": "knn-vote-5"}, QueryError, "has no prompt to optimise"),
    "calls": ({"max_calls": 9}, QueryError, "9 calls are too few"),
    "minibatch": ({"minibatch": 0}, QueryError, "minibatch"),
    "margin": ({"margin": 2.0}, QueryError, "margin"),
    "no": ({"confirm": lambda plan: False}, RunError, "stopped before anything was sent"),
}


@pytest.mark.parametrize(("changes", "error", "says"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_said_before_anything_is_sent(
    valid_base: CaseBase,
    proposing: Service,
    tmp_path: Path,
    changes: dict[str, Any],
    error: type[Exception],
    says: str,
) -> None:
    with pytest.raises(error, match=says):
        _optimise(valid_base, proposing, tmp_path / "better.yaml", **changes)
    assert proposing.requests == []


@pytest.mark.parametrize("name", ["better.txt", "Better One.yaml"])
def test_a_file_that_is_no_prompts_name_is_refused(
    valid_base: CaseBase, proposing: Service, tmp_path: Path, name: str
) -> None:
    with pytest.raises(QueryError, match="name the new prompt like"):
        _optimise(valid_base, proposing, tmp_path / name)


def test_a_prompt_that_exists_is_not_written_over(valid_base: CaseBase, proposing: Service, tmp_path: Path) -> None:
    (tmp_path / "better.yaml").write_text("mine")
    with pytest.raises(RunError, match="exists already"):
        _optimise(valid_base, proposing, tmp_path / "better.yaml")
    assert (tmp_path / "better.yaml").read_text() == "mine"


def test_without_the_extra_one_line_says_what_to_install(
    valid_base: CaseBase, proposing: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gepa", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'dermtools\[optimise\]'"):
        _optimise(valid_base, proposing, tmp_path / "better.yaml")
