"""What is said on the command line about how a model is asked is what arrives at it, and stands in the run."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from dermtools.cli.models import ModelOptions
from dermtools.errors import QueryError
from tests.support.command_line import Run
from tests.support.openai_replies import Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.picky_service import picky
from tests.support.streaming_server import StreamingOpenAIServer

CLASSIFY = ("--case", "drawn_p03_1", "--task", "location", "--method", "zero-shot")
CHOSEN = ("--temperature", "0.3", "--max-output-tokens", "77", "--reasoning-effort", "low", "--model-option", "seed=7")
SENT = {"temperature": 0.3, "max_completion_tokens": 77, "reasoning_effort": "low", "seed": 7}


def asked_at(server: StreamingOpenAIServer, model: str = "openai:local") -> tuple[str, ...]:
    return ("--model", model, "--base-url", server.url)


def sent(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body.get(name) for name in SENT}


def test_classify_sends_what_was_chosen(run: Run, schemas: OpenAISchemas, sample_base: Path) -> None:
    with StreamingOpenAIServer(schemas) as server:
        done = run("classify", sample_base, *CLASSIFY, *asked_at(server), *CHOSEN)
        assert done.code == 0, done.err
        assert sent(server.requests[0].body) == SENT


def test_so_does_chat(run: Run, schemas: OpenAISchemas, sample_base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("What is this?\n"))
    with StreamingOpenAIServer(schemas, default=Say("A hand.")) as server:
        assert run("chat", sample_base, *asked_at(server), *CHOSEN).code == 0
        assert sent(server.requests[0].body) == SENT


@pytest.mark.parametrize("command", ["evaluate", "study"])
def test_a_run_names_it_and_takes_no_other(
    run: Run, schemas: OpenAISchemas, sample_base: Path, tmp_path: Path, command: str
) -> None:
    what = ("--methods", "zero-shot") if command == "evaluate" else ("--vary", "shots=0")
    with StreamingOpenAIServer(schemas) as server:
        ask = (command, sample_base, "--task", "location", *what, "--limit", 2, "--yes", "--accept-unknown-price")
        ask = (*ask, *asked_at(server), "--out", tmp_path / "run")
        assert run(*ask, *CHOSEN).code == 0
        assert sent(server.requests[0].body) == SENT
        (facts,) = json.loads((tmp_path / "run" / "run.json").read_text())["arms"].values()
        told = {"base_url": server.url, "api": "chat", "temperature": 0.3, "max_output_tokens": 77}
        told |= {"reasoning_effort": "low", "model_options": {"seed": 7}}
        assert facts.items() >= told.items()
        again = len(server.requests)
        refused = run(*ask, *CHOSEN[:-1], "seed=8")
        assert refused.code == 1
        assert "was begun with another" in refused.err
        assert "was begun with another" in run(*ask, *CHOSEN, "--api", "responses").err
        assert len(server.requests) == again


def test_what_a_service_refused_stands_in_the_run(
    run: Run, schemas: OpenAISchemas, sample_base: Path, tmp_path: Path
) -> None:
    with StreamingOpenAIServer(schemas, picky("temperature")) as server:
        ask = ("evaluate", sample_base, "--task", "location", "--methods", "zero-shot", "--limit", 2, "--yes")
        ask = (*ask, "--accept-unknown-price", *asked_at(server), "--out", tmp_path / "run")
        for _ in range(2):
            assert run(*ask).code == 0
            (facts,) = json.loads((tmp_path / "run" / "run.json").read_text())["arms"].values()
            assert (facts["temperature"], facts["left_out"]) == (0.0, ["temperature"])


def test_a_ceiling_that_cannot_be_kept_is_said_before_the_first_call(
    run: Run, schemas: OpenAISchemas, sample_base: Path, tmp_path: Path
) -> None:
    with StreamingOpenAIServer(schemas) as server:
        ask = ("evaluate", sample_base, "--task", "location", "--methods", "zero-shot", "--limit", 2, "--yes")
        ask = (*ask, "--max-cost", "1", *asked_at(server), "--out", tmp_path / "run")
        refused = run(*ask)
        assert refused.code == 1
        assert "so that the ceiling of $1.00 cannot be kept; accept it with --accept-unknown-price" in refused.err
        assert not server.requests
        assert "cannot be kept for the others" in " ".join(run(*ask, "--accept-unknown-price").err.split())


@pytest.mark.parametrize(
    ("model", "limit"), [("openai:gpt-4.1", 1024), ("openai:gpt-5-2025-08-07", 25_000), ("openai:openai/o3", 25_000)]
)
def test_a_model_that_reasons_may_spend_more(
    run: Run, schemas: OpenAISchemas, sample_base: Path, model: str, limit: int
) -> None:
    with StreamingOpenAIServer(schemas, [Say("", stop="length")]) as server:
        done = run("classify", sample_base, *CLASSIFY, *asked_at(server, model))
        assert server.requests[0].body["max_completion_tokens"] == limit
    assert "--max-output-tokens" in done.out


def test_a_temperature_may_be_left_out(run: Run, schemas: OpenAISchemas, sample_base: Path) -> None:
    with StreamingOpenAIServer(schemas) as server:
        run("classify", sample_base, *CLASSIFY, *asked_at(server), "--temperature", "none")
        assert "temperature" not in server.requests[0].body


VALUES = {"top_p=0.5": 0.5, 'stop=["a"]': ["a"], "user=me": "me", "user=a=b": "a=b", "logprobs=true": True}


@pytest.mark.parametrize("text", VALUES)
def test_a_value_is_json_else_text(text: str) -> None:
    assert list(ModelOptions(model_option=[text]).arguments("openai:x").values()) == [1024, VALUES[text]]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model_option": ["top_p"]}, "write KEY=VALUE"),
        ({"model_option": ["=1"]}, "write KEY=VALUE"),
        ({"model_option": ["api_key=sk-1"]}, "comes from the environment"),
        ({"model_option": ["seed=1", "seed=2"]}, "given twice"),
        ({"model_option": ["max_tokens=1"], "max_output_tokens": 2}, "given twice"),
        ({"temperature": "warm"}, "give a number, or none"),
    ],
)
def test_what_cannot_be_read_is_one_line(options: dict[str, Any], said: str) -> None:
    with pytest.raises(QueryError, match=said) as caught:
        ModelOptions(**options).arguments("openai:x")
    assert "sk-1" not in str(caught.value)


@pytest.mark.parametrize(
    ("option", "value"), [("--temperature", "0.5"), ("--base-url", "http://127.0.0.1:1/v1"), ("--api", "responses")]
)
def test_mcp_refuses_them_without_a_model(run: Run, sample_base: Path, option: str, value: str) -> None:
    done = run("mcp", sample_base, option, value)
    assert done.code == 1
    assert f"{option} goes with --model" in done.err
