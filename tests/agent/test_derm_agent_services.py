"""An agent whose service has bad days: parameters that it refuses, errors in a reply that says 200, in streams too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dermtools.agent import create_derm_agent
from dermtools.agent.agent_method import AgentMethod
from dermtools.errors import ModelError
from dermtools.prediction import Outcome
from dermtools.prompting import chat_model
from dermtools.retrieval import CaseBase
from tests.support.agent_replies import QUICK, call, final
from tests.support.openai_replies import Body, Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.picky_service import picky
from tests.support.streaming_server import StreamingOpenAIServer

APIS = ("chat", "responses")
BUSY = {"code": 429, "message": "Provider returned error", "metadata": {"raw": "Too Many Requests"}}
CHUNK = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}


def agent_at(server: StreamingOpenAIServer, case_base: CaseBase, api: str = "chat", **options: Any) -> Any:
    model = chat_model("openai:local", api=api, base_url=server.url)
    return create_derm_agent(model, case_base, retry=QUICK, **options)


def events(*said: dict[str, Any]) -> Body:
    return Body("".join(f"data: {json.dumps(one)}\n\n" for one in said).encode(), "text/event-stream")


@pytest.mark.parametrize("api", APIS)
def test_a_refused_parameter_is_left_out(schemas: OpenAISchemas, case_base: CaseBase, api: str) -> None:
    with StreamingOpenAIServer(schemas, picky("temperature", answer=Say("hand"))) as server:
        assert agent_at(server, case_base, api).ask("Which?").text == "hand"
        assert ["temperature" in request.body for request in server.requests] == [True, False]


FAILED = {"id": "r", "object": "response", "status": "failed", "output": [], "model": "m", "created_at": 0}
FAILED |= {"error": {"code": "rate_limit_exceeded", "message": "Slow down."}, "tools": [], "tool_choice": "auto"}
PASSING = {
    "a body instead of a stream": ("chat", Body(json.dumps({"error": BUSY}).encode())),
    "an error in the stream": ("chat", events({**CHUNK, "choices": [], "error": BUSY})),
    "an error after some text": (
        "chat",
        events(
            {
                **CHUNK,
                "choices": [{"index": 0, "delta": {"role": "assistant", "content": "It"}, "finish_reason": None}],
            },
            {**CHUNK, "error": BUSY, "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]},
        ),
    ),
    "a response that fails": (
        "responses",
        events({"type": "response.failed", "sequence_number": 1, "response": {**FAILED, "parallel_tool_calls": True}}),
    ),
    "an event of its own": (
        "responses",
        events({"type": "error", "sequence_number": 1, "code": "server_error", "message": "Gone.", "param": None}),
    ),
}


@pytest.mark.parametrize("kind", PASSING)
def test_an_error_that_may_pass_is_tried_again(schemas: OpenAISchemas, case_base: CaseBase, kind: str) -> None:
    api, body = PASSING[kind]
    with StreamingOpenAIServer(schemas, [body], default=Say("It is a hand.")) as server:
        assert agent_at(server, case_base, api).ask("Which?").text == "It is a hand."
        assert len(server.requests) == 2


def test_one_that_stays_is_told_in_the_services_words(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    with (
        StreamingOpenAIServer(schemas, default=events({**CHUNK, "choices": [], "error": BUSY})) as server,
        pytest.raises(ModelError, match="did not answer: HTTP 429: Provider returned error: Too Many Requests"),
    ):
        agent_at(server, case_base).ask("Which?")


def test_a_mistake_in_a_tool_is_not_the_models_silence(
    schemas: OpenAISchemas, case_base: CaseBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StreamingOpenAIServer(schemas, [call("describe_case_base")]) as server:
        agent = agent_at(server, case_base)
        monkeypatch.setattr(agent.workspace, "case_base", None)
        with pytest.raises(AttributeError):
            agent.ask("What is there?")


def test_a_service_that_counts_no_tokens_leaves_the_usage_unknown(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    def uncounted(api: str, body: dict[str, Any]) -> Body:
        name = "final_answer"
        made = {"name": name, "arguments": json.dumps(dict(final("hand").calls[0][1]))}
        calls = [{"index": 0, "id": "c1", "type": "function", "function": made}]
        delta = {"role": "assistant", "content": None, "tool_calls": calls}
        return events(
            {**CHUNK, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
            {**CHUNK, "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        )

    with StreamingOpenAIServer(schemas, uncounted) as server:
        method = AgentMethod(agent_at(server, case_base, task="location"))
        prediction = method.predict(case_base.query(case_id="drawn_p03_1"))
        assert method.settings["base_url"] == server.url
    assert (prediction.outcome, prediction.label, prediction.usage) == (Outcome.OK, "hand", None)
    assert method.price(prediction.usage) is None
