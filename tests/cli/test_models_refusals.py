"""An option that a method does not take is an error line, never dropped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import Run

MODEL = ("--model", "openai:gpt-4.1")


@pytest.mark.parametrize(
    ("method", "options", "said"),
    [
        ("majority", ["--coverage", "0"], "does not take coverage"),
        ("majority", ["--abstain"], "does not take abstain; its options: none"),
        ("knn-vote-5", ["--prompt", "location"], "does not take prompt; its options: splits, max_per_group, where"),
        ("knn-vote-5", ["--prompts", "."], "does not take prompts"),
        ("adapter", ["--cache", "replies.db"], "does not take cache; its options: abstain, coverage, precision"),
        ("adapter", ["--api", "chat"], "does not take api"),
        ("adapter", ["--base-url", "http://localhost"], "does not take base_url"),
        ("majority", [*MODEL], "does not take model"),
        ("rag-5", [*MODEL, "--abstain"], "does not take abstain; its options: "),
        ("zero-shot", [*MODEL, "--coverage", "0.9"], "does not take coverage"),
        ("agent", [*MODEL, "--precision", "0.9"], "does not take precision"),
        ("agent", [*MODEL, "--prompt", "location"], "does not take prompt"),
        ("rag-5", [], "rag-5 asks a chat model; name it, e.g. --model openai:gpt-4.1"),
        ("rag", [], "did you mean rag-K, e.g. rag-5?"),
        ("zero-shotty", [], "did you mean zero-shot?"),
    ],
)
def test_classify_refuses(run: Run, sample_base: Path, method: str, options: list[str], said: str) -> None:
    done = run("classify", sample_base, "--case", "drawn_p03_1", "--task", "location", "--method", method, *options)
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert said in done.err


@pytest.mark.parametrize(
    ("methods", "options", "said"),
    [
        ("majority,knn-vote-5", ["--cache", "replies.db"], "none of majority, knn-vote-5 takes cache"),
        ("majority", [*MODEL], "takes model"),
        ("majority", ["--prompts", "."], "takes prompts"),
        ("majority,agent", [*MODEL, "--prompt", "location"], "takes prompt;"),
        ("majority,rag", [*MODEL], "did you mean rag-K"),
    ],
)
def test_evaluate_refuses_what_none_of_its_methods_takes(
    run: Run, sample_base: Path, tmp_path: Path, methods: str, options: list[str], said: str
) -> None:
    asked = ("--task", "location", "--methods", methods, *options, "--out", tmp_path / "run")
    done = run("evaluate", sample_base, *asked)
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert said in done.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("option", ["--max-calls", "--max-client-calls", "--max-sessions", "--session-minutes"])
def test_limits_of_a_server_go_with_http(run: Run, tmp_path: Path, option: str) -> None:
    done = run("mcp", tmp_path, option, "3")
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "go with --http" in done.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--name", "derm.example"], "--name goes with --http"),
        (["--public-url", "https://derm.example/mcp"], "--public-url goes with --http"),
        (["--allow-origin", "https://page.example"], "--allow-origin goes with --http"),
        (["--auth-server", "https://login.example", "--scope", "cases"], "--auth-server, --scope goes with --http"),
        (["--http", "127.0.0.1:0", "--scope", "cases"], "--scope goes with --auth-server"),
        (["--http", "127.0.0.1:0", "--auth-server", "https://login.example"], "--public-url"),
        (["--http", "127.0.0.1:0", "--public-url", "https://derm.example/tools"], "no URL of this server"),
        (["--http", "127.0.0.1:0", "--public-url", "derm.example/mcp"], "no URL of this server"),
        (["--http", "127.0.0.1:0", "--allow-origin", "*"], "no origin"),
        (["--http", "127.0.0.1:0", "--allow-origin", "https://page.example/"], "no origin"),
        (["--http", "0.0.0.0:0", "--public-url", "https://derm.example/mcp"], "every client needs a token"),
    ],
)
def test_who_may_call_a_server_is_said_in_a_way_that_can_be_read(
    run: Run, tmp_path: Path, options: list[str], said: str
) -> None:
    done = run("mcp", tmp_path, *options)
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert said in done.err


def test_a_limit_of_nothing_is_one_line(run: Run, tmp_path: Path) -> None:
    done = run("mcp", tmp_path, "--http", "127.0.0.1:0", "--max-calls", "0")
    assert done.code == 1
    assert "calls must be more than 0" in done.err
