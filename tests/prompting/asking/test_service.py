"""Parameters that a service refuses, over the wire: left out once it has said so, and never again sent."""

from __future__ import annotations

import asyncio
import gc
import json
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool

from dermtools.prediction import Outcome
from dermtools.prompting.asking.asker import Asker, RetryPolicy
from dermtools.prompting.asking.label_set import LabelSet
from dermtools.prompting.asking.models import chat_model
from dermtools.prompting.asking.service import left_out
from dermtools.prompting.files.schema import OutputField
from tests.support.openai_replies import Answer, Body, Fail, Reply
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import OpenAIServer
from tests.support.picky_service import REFUSALS, Refusal, picky, unsupported_parameter
from tests.support.streaming_server import StreamingOpenAIServer

LABELS = LabelSet(("foot", "hand"))
OUTPUT = {"label": OutputField(type="label", description="the class")}
MESSAGES = [HumanMessage("Which?")]
QUICK = RetryPolicy(attempts=3, first_wait=0.01)
APIS = ("chat", "responses")


def model_of(server: OpenAIServer, name: str = "local", **options: Any) -> BaseChatModel:
    return chat_model(f"openai:{name}", base_url=server.url, **options)


def asker(model: BaseChatModel, **options: Any) -> Asker:
    return Asker(model, OUTPUT, LABELS, retry=QUICK, **options)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refused_temperature_is_left_out_from_then_on(schemas: OpenAISchemas, refusal: Refusal, api: str) -> None:
    with OpenAIServer(schemas, picky("temperature", refusal=refusal)) as server:
        model = model_of(server, api=api)
        asking = asker(model)
        assert [asking.ask(MESSAGES).label for _ in range(2)] == ["hand", "hand"]
        assert [request.body.get("temperature") for request in server.requests] == [0, None, None]
        assert {request.structure for request in server.requests} == {"json_schema"}
    assert left_out(model) == ["temperature"]
    assert asking.left_out == ["temperature"]


CHOSEN = {
    "top_p": 0.5,
    "seed": 7,
    "stop": ["\n\n"],
    "reasoning_effort": "minimal",
    "frequency_penalty": 0.1,
    "parallel_tool_calls": False,
    "logprobs": True,
}


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("name", CHOSEN)
def test_so_is_every_other_parameter(schemas: OpenAISchemas, name: str, refusal: Refusal) -> None:
    with OpenAIServer(schemas, picky(name, refusal=refusal)) as server:
        asking = asker(model_of(server, **{name: CHOSEN[name]}))
        assert asking.ask(MESSAGES).label == "hand"
        assert [name in request.body for request in server.requests] == [True, False]
        assert server.requests[1].body["temperature"] == 0, "nothing else was left out"
    assert asking.left_out == [name]


def test_several_are_left_out_one_after_the_other(schemas: OpenAISchemas) -> None:
    with OpenAIServer(schemas, picky("temperature", "top_p", "seed")) as server:
        asking = asker(model_of(server, top_p=0.5, seed=7))
        assert asking.ask(MESSAGES).label == "hand"
        assert len(server.requests) == 4
    assert asking.left_out == ["temperature", "top_p", "seed"]


def test_a_limit_on_tokens_is_sent_by_its_other_name(schemas: OpenAISchemas) -> None:
    with OpenAIServer(schemas, picky("max_completion_tokens")) as server:
        asking = asker(model_of(server, max_output_tokens=99))
        assert asking.ask(MESSAGES).label == "hand"
        assert server.requests[1].body["max_tokens"] == 99
    assert asking.left_out == ["max_completion_tokens (sent as max_tokens)"]


def test_a_limit_that_is_known_by_neither_name_is_left_out(schemas: OpenAISchemas) -> None:
    with OpenAIServer(schemas, picky("max_completion_tokens", "max_tokens")) as server:
        assert asker(model_of(server, max_output_tokens=99)).ask(MESSAGES).label == "hand"
        assert len(server.requests) == 3


def test_a_limit_that_is_too_large_is_left_to_the_service(schemas: OpenAISchemas) -> None:
    def script(api: str, body: dict[str, Any]) -> Reply:
        said = "max_tokens is too large: 25000. This model supports at most 4096 completion tokens, whereas you "
        return Fail(400, f"{said}provided 25000.") if "max_completion_tokens" in body else Answer("hand")

    with OpenAIServer(schemas, script) as server:
        assert asker(model_of(server, max_output_tokens=25_000)).ask(MESSAGES).label == "hand"
        assert "max_tokens" not in server.requests[1].body


def test_strict_is_taken_out_of_every_tool(schemas: OpenAISchemas) -> None:
    where = "tools[0].function.strict"

    def script(api: str, body: dict[str, Any]) -> Reply:
        refused = Fail(400, f"Unknown parameter: '{where}'.", "unknown_parameter", param=where)
        return refused if any("strict" in one["function"] for one in body["tools"]) else Answer("hand")

    @tool
    def look(what: str) -> str:
        """Look at something."""
        return what

    with OpenAIServer(schemas, script) as server:
        model = model_of(server)
        calls = model.bind_tools([look], strict=False).invoke("Which?").tool_calls
        assert [call["name"] for call in calls] == ["look"]
    assert left_out(model) == ["strict"]


def test_a_refusal_that_goes_on_is_told_and_not_tried_for_ever(schemas: OpenAISchemas) -> None:
    with OpenAIServer(schemas, default=unsupported_parameter("temperature")) as server:
        reply = asker(model_of(server)).ask(MESSAGES)
        assert len(server.requests) == 2
    assert "HTTP 400: Unsupported parameter: 'temperature'" in (reply.reason or "")


def test_many_threads_learn_it_once_and_none_is_left_without_an_answer(schemas: OpenAISchemas) -> None:
    with OpenAIServer(schemas, picky("temperature", "top_p")) as server:
        asking = asker(model_of(server, top_p=0.5))
        with ThreadPoolExecutor(8) as pool:
            labels = list(pool.map(lambda _: asking.ask(MESSAGES).label, range(40)))
        refused = sum("top_p" in request.body for request in server.requests)
        assert labels == ["hand"] * 40
        assert refused <= 16, "after the first answers nobody sends it again"
        assert len(server.requests) == 40 + refused
    assert sorted(asking.left_out) == ["temperature", "top_p"]


@pytest.mark.parametrize("api", APIS)
def test_asynchronous_calls_and_later_event_loops_know_it_too(schemas: OpenAISchemas, api: str) -> None:
    with OpenAIServer(schemas, picky("temperature")) as server:
        asking = asker(model_of(server, api=api))
        assert [asyncio.run(asking.aask(MESSAGES)).label for _ in range(2)] == ["hand", "hand"]
        assert asking.ask(MESSAGES).label == "hand"
        assert ["temperature" in request.body for request in server.requests] == [True, False, False, False]


@pytest.mark.parametrize("api", APIS)
def test_so_do_streams_whose_usage_is_asked_for(schemas: OpenAISchemas, api: str) -> None:
    with StreamingOpenAIServer(schemas, picky("temperature")) as server:
        model = model_of(server, api=api)
        pieces = list(model.stream("Which?"))
        whole = pieces[0]
        for piece in pieces[1:]:
            whole = whole + piece
        assert whole.text == "hand"
        assert whole.usage_metadata is not None
        assert whole.usage_metadata["output_tokens"] == 5
        assert len(server.requests) == 2


def test_a_stream_under_another_content_type_is_read_as_one(schemas: OpenAISchemas) -> None:
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    said = {**chunk, "choices": [{"index": 0, "delta": {"content": "hand"}, "finish_reason": "stop"}]}
    body = Body(f"data: {json.dumps(said)}\n\ndata: [DONE]\n\n".encode(), "text/plain")
    with StreamingOpenAIServer(schemas, [body]) as server:
        assert "".join(str(piece.text) for piece in model_of(server).stream("Which?")) == "hand"


def test_a_stream_without_usage_is_had_where_the_service_does_not_know_the_word(schemas: OpenAISchemas) -> None:
    with StreamingOpenAIServer(schemas, picky("stream_options")) as server:
        model = model_of(server)
        assert "".join(str(piece.text) for piece in model.stream("Which?")) == "hand"
    assert left_out(model) == ["stream_options"]


@pytest.mark.parametrize("name", ["store", "model", "messages"])
def test_what_must_not_be_left_out_stays_and_the_refusal_is_told(schemas: OpenAISchemas, name: str) -> None:
    with OpenAIServer(schemas, default=unsupported_parameter(name)) as server:
        reply = asker(model_of(server, api="responses")).ask(MESSAGES)
        assert len(server.requests) == 1
        assert server.requests[0].body["store"] is False
    assert reply.outcome is Outcome.ERROR
    assert f"HTTP 400: Unsupported parameter: '{name}'" in (reply.reason or "")


@pytest.mark.filterwarnings("ignore:This model does not support OpenAI's structured output")
def test_structured_output_still_steps_down(schemas: OpenAISchemas) -> None:
    with OpenAIServer(schemas, picky("temperature"), json_schema=False) as server:
        asking = asker(model_of(server))
        assert asking.ask(MESSAGES).label == "hand"
    assert asking.structured == "tools"
    assert asking.left_out == ["temperature", "structured output by json_schema"]


def test_a_client_of_the_users_own_is_kept() -> None:
    import httpx2

    with httpx2.Client() as own:
        model = chat_model("openai:local", base_url="http://127.0.0.1:9/v1", http_client=own)
        assert model.http_client is own
        assert left_out(model) == []


def test_a_model_that_is_garbage_in_a_cycle_leaves_no_open_socket(schemas: OpenAISchemas) -> None:
    """Its connections are closed before the collector comes to them; else each warns, and warnings are errors."""
    with OpenAIServer(schemas, picky()) as server, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        cycle: list[object] = [model_of(server)]
        cycle[0].invoke(MESSAGES)
        cycle.append(cycle)
        del cycle
        gc.collect()
    assert [str(one.message) for one in told if issubclass(one.category, ResourceWarning)] == []
