"""Commands that ask a model, against a loopback server that speaks OpenAI's protocol and refuses what it refuses."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from dermtools.retrieval import CaseBase
from tests.support.command_line import Run
from tests.support.openai_replies import Call, Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.streaming_server import StreamingOpenAIServer


@pytest.fixture
def picture(sample_base: Path, tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(CaseBase.open(sample_base).jpeg("drawn_p03_1"))
    return path


def test_chat_shows_tool_calls_and_what_the_answer_rests_on(
    run: Run, schemas: OpenAISchemas, sample_base: Path, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("What do similar cases show?\n\n"))
    script = [Call((("get_case", {"case_id": "drawn_p05_1"}),)), Say("Compare case:drawn_p05_1.")]
    with StreamingOpenAIServer(schemas, script) as server:
        done = run("chat", sample_base, picture, "--model", "openai:gpt-4.1", "--base-url", server.url)
        assert [request.refused for request in server.requests] == [None, None]
        assert len(server.requests[0].pictures) == 1
    assert done.code == 0, done.err
    assert "[get_case " in done.out
    assert "[get_case done]" in done.out
    assert "rests on: drawn_p05_1" in done.out


@pytest.mark.parametrize(("said", "told"), [("y", "[get_case done]"), ("no", "[get_case failed: User rejected")])
def test_chat_asks_before_a_tool_where_it_is_told_to(
    run: Run, schemas: OpenAISchemas, sample_base: Path, monkeypatch: pytest.MonkeyPatch, said: str, told: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"What do you see?\n{said}\n\n"))
    script = [Call((("get_case", {"case_id": "drawn_p05_1"}),)), Say("I see.")]
    with StreamingOpenAIServer(schemas, script) as server:
        options = ("--model", "openai:gpt-4.1", "--base-url", server.url, "--ask-before", "get_case")
        done = run("chat", sample_base, *options)
    assert done.code == 0, done.err
    assert 'May it use get_case with {"case_id": "drawn_p05_1"}? [y/N]' in done.out
    assert told in done.out
    assert done.out.index("May it use") < done.out.index(told) < done.out.index("I see.")
    assert ("rests on: no case; none was looked up for this answer" in done.out) == (said == "no")


def test_chat_names_the_tools_that_it_can_ask_before(run: Run, schemas: OpenAISchemas, sample_base: Path) -> None:
    with StreamingOpenAIServer(schemas) as server:
        options = ("--model", "openai:gpt-4.1", "--base-url", server.url, "--ask-before", "get_cases")
        done = run("chat", sample_base, *options)
    assert done.code == 1
    assert "--ask-before: no tool 'get_cases'; did you mean get_case?" in done.err


def test_chat_goes_on_after_a_picture_that_is_none(
    run: Run, schemas: OpenAISchemas, sample_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "note.jpg").write_text("not a picture")
    lines = f"/image {tmp_path / 'note.jpg'}\nWhat is this?\nAnd now?\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    with StreamingOpenAIServer(schemas, default=Say("I cannot tell.")) as server:
        done = run("chat", sample_base, "--model", "openai:gpt-4.1", "--base-url", server.url)
        assert len(server.requests) == 1
    assert done.code == 0, done.err
    assert "note.jpg" in done.out
    assert "I cannot tell." in done.out


def test_classify_asks_the_model_with_retrieved_examples(
    run: Run, schemas: OpenAISchemas, sample_base: Path, picture: Path
) -> None:
    with StreamingOpenAIServer(schemas) as server:
        arguments = ("--task", "location", "--method", "rag-3", "--model", "openai:gpt-4.1", "--base-url", server.url)
        answer = run("classify", sample_base, picture, *arguments, "--json").json
        assert [len(request.pictures) for request in server.requests] == [4]
    assert answer["label"] == "hand"
    assert [exemplar["group_id"] for exemplar in answer["exemplars"]].count("drawn_p03") == 0


def test_evaluate_pays_for_no_answer_twice(run: Run, schemas: OpenAISchemas, sample_base: Path, tmp_path: Path) -> None:
    arguments = ("--task", "location", "--methods", "zero-shot,rag-2", "--model", "openai:gpt-4.1", "--limit", 3)
    with StreamingOpenAIServer(schemas) as server:
        ask = ("evaluate", sample_base, *arguments, "--base-url", server.url, "--out", tmp_path / "run")
        refused = run(*ask)
        assert refused.code == 1
        assert "--yes" in refused.err
        assert len(server.requests) == 0
        done = run(*ask, "--yes")
        assert done.code == 0, done.err
        assert len(server.requests) == 6
        assert run(*ask).code == 0
        assert len(server.requests) == 6


def test_a_study_leaves_a_table_and_a_curve(
    run: Run, schemas: OpenAISchemas, sample_base: Path, tmp_path: Path
) -> None:
    out = tmp_path / "study"
    arguments = ("--task", "location", "--model", "openai:gpt-4.1", "--limit", 3, "--vary", "shots=0,2", "--yes")
    with StreamingOpenAIServer(schemas) as server:
        done = run("study", sample_base, *arguments, "--base-url", server.url, "--out", out)
        assert done.code == 0, done.err
        assert sorted(len(request.pictures) for request in server.requests) == [1, 1, 1, 3, 3, 3]
    assert "shots from 0 to 2" in (out / "study.md").read_text()
    assert (out / "shots.png").is_file()


@pytest.mark.parametrize("vary", ["colour=1,2", "shots=", "shots=a", "shots"])
def test_a_study_says_what_it_can_vary(run: Run, sample_base: Path, tmp_path: Path, vary: str) -> None:
    done = run("study", sample_base, "--task", "location", "--vary", vary, "--out", tmp_path / "study")
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
