"""`optimise` as it is typed, against a loopback service, and its prompt in use."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.retrieval import CaseBase
from tests.support.command_line import Run
from tests.support.optimising import BETTER, Service


@pytest.fixture
def typed(valid_base: CaseBase, proposing: Service, tmp_path: Path) -> list[object]:
    return [
        *("optimise", valid_base.path, "--task", "location", "--prompt", "generic", "--method", "zero-shot"),
        *("--model", "openai:gpt-4.1", "--base-url", proposing.url, "--reflection-model", "openai:gpt-4.1-mini"),
        *("--reflection-base-url", proposing.url, "--max-calls", 40, "--out", tmp_path / "mine" / "better.yaml"),
    ]


def test_it_says_what_it_will_send_what_came_of_it_and_writes_a_prompt_that_works(
    run: Run, typed: list[object], valid_base: CaseBase, proposing: Service, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    done = run(*typed, "--max-cost", 2, "--yes")
    assert done.code == 0, done.err
    plan, said = (" ".join(text.split()) for text in (done.err, done.out))
    assert "proposals, no picture: 4 calls" in plan
    assert "asks gpt-4.1-mini at 127.0.0.1" in plan
    assert "stops before $2.00 would be passed" in plan
    assert "held out, after: 10 of 10 right" in said
    assert "No test case was asked about" in said
    assert "--prompt better" in said
    assert {one.body["temperature"] for one in proposing.requests if one.pictures} == {0.0}
    assert all("temperature" not in one.body for one in proposing.requests if not one.pictures)
    shown = run("prompts", "check", tmp_path / "mine")
    assert (shown.code, shown.err) == (0, "")
    sent = run("prompt", valid_base.path, "--case", "drawn_p01_1", "--task", "location", "--method", "zero-shot",
               "--prompts", tmp_path / "mine", "--prompt", "better")  # fmt: skip
    assert BETTER.partition(".")[0] in sent.out


def test_json_says_the_same_for_a_program(run: Run, typed: list[object], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    done = run(*typed, "--yes", "--json")
    assert done.json["prompt"] == str(tmp_path / "mine" / "better.yaml")
    assert done.json["comparison"]["difference"] == 1.0
    assert set(done.json["spent"]) >= {"calls", "input_tokens", "output_tokens", "price_usd"}


def test_without_a_yes_nothing_is_sent(run: Run, typed: list[object], proposing: Service, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    done = run(*typed)
    assert (done.code, proposing.requests) == (1, [])
    assert "add --yes" in done.err


def test_an_address_without_its_model_is_refused(run: Run, valid_base: CaseBase, tmp_path: Path) -> None:
    done = run("optimise", valid_base.path, "--task", "location", "--model", "openai:gpt-4.1",
               "--reflection-base-url", "http://127.0.0.1:9/v1", "--out", tmp_path / "better.yaml")  # fmt: skip
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "--reflection-base-url goes with --reflection-model" in done.err
