"""What the script counts of a model's calls, on a server that scripts them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from benchmarks import local_model
from tests.support.agent_replies import call, handle_in
from tests.support.openai_replies import Reply, Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.streaming_server import StreamingOpenAIServer


def written(name: str, **arguments: Any) -> Say:
    return Say(f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>")


def script(_: str, body: dict[str, Any]) -> Reply:
    """The first question: a mistake, a search as a call, an answer as text; the second: half a call."""
    text = json.dumps(body)
    if handle_in(body) != FIRST.setdefault("handle", handle_in(body)):
        return Say('<tool_call>\n{"name": "search_similar_cases", "arguments": {"image": ')
    if "cases similar to" in text:
        found = re.findall(r"\d\. (case:[^ :]+)", text)
        return written("final_answer", reason="As there.", label="foot", confidence=0.5, case_ids=found[:1])
    if "is available" in text:
        return call("search_similar_cases", image=handle_in(body), k=3)
    return written("search_similar_cases", image="img_0000000000000000", k=3)


FIRST: dict[str, str] = {}


def test_calls_are_counted_by_how_they_came(schemas: OpenAISchemas, capsys: pytest.CaptureFixture[str]) -> None:
    FIRST.clear()
    with StreamingOpenAIServer(schemas, script) as server:
        counts = local_model.main(["--base-url", server.url, "--model", "scripted", "--cases", "2"])
        assert not [request.pictures for request in server.requests if request.pictures]
    assert (counts.cases, counts.native, counts.recovered, counts.malformed, counts.refused) == (2, 1, 2, 1, 1)
    assert (counts.answered, counts.looked_up, counts.cited, counts.invented, counts.failed) == (1, 1, 1, 0, 0)
    assert "scripted: of 2 questions, 1 answered inside the label set" in capsys.readouterr().out


def test_it_wants_a_file_or_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        local_model.main([])
    assert "give a GGUF file or --base-url" in capsys.readouterr().err
