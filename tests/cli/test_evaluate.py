"""`evaluate` and `compare` over the methods that need no service."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.agent_policies import obedient
from tests.support.command_line import Run
from tests.support.openai_replies import Answer, Fail, Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import OpenAIServer
from tests.support.openai_service import serving
from tests.support.streaming_server import StreamingOpenAIServer


def test_a_run_leaves_a_table_a_report_and_every_answer(run: Run, sample_base: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = run("evaluate", sample_base, "--task", "location", "--methods", "majority,knn-vote-5", "--out", out)
    assert done.code == 0, done.err
    answers = [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]
    cases = {answer["case_id"] for answer in answers}
    assert len(answers) == 2 * len(cases)
    assert (out / "table.md").is_file()
    assert (out / "report.html").is_file()
    assert "knn-vote-5" in done.out
    assert '"method": "principal components"' in (out / "report.html").read_text()
    compared = run("compare", out)
    assert compared.code == 0, compared.err
    assert "knn-vote-5" in compared.out


def test_a_prompted_method_needs_a_model(run: Run, sample_base: Path, tmp_path: Path) -> None:
    done = run("evaluate", sample_base, "--task", "location", "--methods", "rag-5", "--out", tmp_path / "run")
    assert done.code == 1
    assert "--model" in done.err
    assert not (tmp_path / "run").exists()


def test_a_finished_run_sends_nothing_and_failed_calls_are_asked_again_only_when_told(
    run: Run, sample_base: Path, tmp_path: Path, schemas: OpenAISchemas
) -> None:
    bad_days = [Fail(400, "The picture cannot be read."), Say("somewhere"), Fail(400, "The picture cannot be read.")]
    with OpenAIServer(schemas, [*bad_days, *[Answer("hand")] * 3]) as openai:
        options = ["--methods", "zero-shot", "--model", "openai:gpt-4.1", "--base-url", openai.url, "--concurrency", 1]
        command: list[object] = [
            "evaluate",
            sample_base,
            "--task",
            "location",
            "--out",
            tmp_path / "run",
            "--limit",
            6,
            "--yes",
            "--map",
            "none",
        ]
        done = [run(*command, *options, *more) for more in ((), (), ("--retry-failed",), ("--retry-failed",))]
        assert [one.code for one in done] == [0] * 4, done[-1].err
        sent = [request.refused for request in openai.requests]
    assert sent == [None] * 8
    said = [" ".join((one.out + one.err).split()) for one in done]
    assert "2 of 6 calls of zero-shot failed (" in said[0]
    assert "The picture cannot be read." in said[0]
    assert "6 answered already, 2 of them by an error: --retry-failed asks those again" in said[1]
    assert "failed (" not in said[2]


def test_a_run_with_and_without_retrieval_says_whether_it_helps(
    run: Run, sample_base: Path, tmp_path: Path, schemas: OpenAISchemas
) -> None:
    methods, limit = "zero-shot,random-2,rag-2,rag-labels-2", 6
    with OpenAIServer(schemas, [Answer("hand")] * 4 * limit) as openai:
        words = ("--model", "openai:gpt-4.1", "--base-url", openai.url, "--limit", limit, "--yes", "--map", "none")
        out = tmp_path / "run"
        done = run("evaluate", sample_base, "--task", "location", "--methods", methods, "--out", out, *words)
    assert done.code == 0, done.err
    said, page = " ".join(done.out.split()), (out / "report.html").read_text(encoding="utf-8")
    assert "Whether retrieval helps openai:gpt-4.1 is undecided: rag-2 against zero-shot: " in said
    for control in ("random examples: rag-2 against random-2", "labels alone: rag-2 against rag-labels-2"):
        assert f"against {control}" in said
    for family in ("6 comparisons of the table", "4 comparisons of retrieval"):
        assert f"The {family} are a family of their own (sign-flip tests over groups, such as patients; Holm's" in said
    assert "Of the methods that are not shown to be worse than the best, " in said
    assert '<section id="retrieval"' in page
    assert "## What retrieval is worth" in (out / "table.md").read_text(encoding="utf-8")


def test_policies_of_the_agent_are_compared_by_one_command_and_pay_for_no_answer_twice(
    run: Run, sample_base: Path, tmp_path: Path, schemas: OpenAISchemas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    out, methods = tmp_path / "run", "zero-shot,agent-never,agent-always,agent-when-unsure"
    # Sure of every second picture that it is asked about.
    sure: dict[bytes, bool] = {}
    with StreamingOpenAIServer(schemas, obedient(lambda jpeg: sure.setdefault(jpeg, len(sure) % 2 == 0))) as server:
        words = ("--model", "openai:gpt-4.1", "--base-url", server.url, "--limit", 4, "--yes", "--map", "none")
        command = ("evaluate", sample_base, "--task", "location", "--methods", methods, "--out", out, *words)
        refused = run(*command)
        done = run(*command, "--accept-unknown-price")
        sent = len(server.requests)
        again = run(*command)
        assert [request.refused for request in server.requests if request.refused] == []
        assert len(server.requests) == sent == 4 + 4 + 8 + 6
    assert (refused.code, done.code, again.code) == (1, 0, 0), done.err
    assert "--accept-unknown-price" in refused.err
    assert max(map(len, done.out.splitlines())) <= 80
    row = next(line for line in done.out.splitlines() if re.match(r"agent-when-unsure +\d+\.\d %", line))
    assert row.split()[1:5] == ["50.0", "%", "0.5", "2.5"]
    said, page = " ".join(done.out.split()), (out / "report.html").read_text(encoding="utf-8")
    for sentence in (
        "agent-always fetched in 4 of 4 cases (100.0 %",
        "Whether fetching was worth it for agent-when-unsure is undecided: agent-when-unsure against agent-never",
        "where it fetched: agent-when-unsure against agent-never is undecided",
        "where it did not: agent-when-unsure against agent-always is undecided",
        "The 4 comparisons of fetching are a family of their own",
        "Which cases an agent fetched for is its own choice",
    ):
        assert sentence in said
        assert sentence in page
    metrics = json.loads((out / "metrics.json").read_text())
    assert [(one["arm"], one["fetched"]["count"], one["calls"]) for one in metrics["fetching"]] == [
        ("agent-never", 0, {}),
        ("agent-always", 4, {"search_similar_cases": 1.0}),
        ("agent-when-unsure", 2, {"search_similar_cases": 0.5}),
    ]
    assert "## Deciding when to fetch" in (out / "table.md").read_text(encoding="utf-8")


def test_repeated_calls_are_in_the_plan_the_table_and_the_page(run: Run, sample_base: Path, tmp_path: Path) -> None:
    labels = iter(["hand", "back", "hand", "hand", "hand", "neck"])
    with serving(lambda path, picture: next(labels)) as service:
        options = ["--methods", "zero-shot", "--model", "openai:gpt-4.1", "--base-url", service.url(), "--repeats", 2]
        more = ["--limit", 3, "--yes", "--map", "none", "--concurrency", 1, "--repeat-over", "calls"]
        done = run("evaluate", sample_base, "--task", "location", "--out", tmp_path / "run", *options, *more)
    assert done.code == 0, done.err
    assert "zero-shot (call 2): 3 calls" in " ".join(done.err.split())
    said = " ".join(done.out.split())
    assert "method over accuracy 95 % same answer kappa" in said
    assert re.search(r"Over 3 cases of \d groups with all answers; 95 % intervals over groups", said)
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["stability"][0]["agreement"] == 1 / 3
    assert "Does it say the same again" in (tmp_path / "run" / "report.html").read_text()
