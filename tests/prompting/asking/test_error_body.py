"""Errors that come with HTTP 200, and what services write into theirs."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage

from dermtools.prediction import Outcome
from dermtools.prompting.asking.asker import Asker, RetryPolicy
from dermtools.prompting.asking.error_body import read_error
from dermtools.prompting.asking.label_set import LabelSet
from dermtools.prompting.asking.models import chat_model
from dermtools.prompting.asking.replies import Reply
from dermtools.prompting.files.schema import OutputField
from tests.support.openai_replies import Answer, Body, Fail
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import OpenAIServer

LABELS = LabelSet(("foot", "hand"))
OUTPUT = {"label": OutputField(type="label", description="the class")}
MESSAGES = [HumanMessage("Which?")]
QUICK = RetryPolicy(attempts=3, first_wait=0.01, max_wait=2.0)


def body(said: Any) -> Body:
    return Body(json.dumps(said).encode())


def openrouter(code: Any, message: str = "Provider returned error", **metadata: Any) -> dict[str, Any]:
    """OpenRouter's documentation, "Errors": the status of the provider's error, in a reply that says 200."""
    return {"id": None, "choices": None, "error": {"code": code, "message": message, "metadata": metadata}}


def choice(**fields: Any) -> dict[str, Any]:
    return {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [{"index": 0, **fields}]}


PASSING: dict[str, Body] = {
    "OpenRouter 429": body(openrouter(429, raw="Too Many Requests")),
    "OpenRouter 502": body(openrouter(502)),
    "the code as digits": body({"error": {"message": "Busy.", "code": "503"}}),
    "OpenAI's word": body({"error": {"message": "Slow down.", "type": "requests", "code": "rate_limit_exceeded"}}),
    "the type alone": body({"error": {"message": "The server had an error.", "type": "server_error", "code": None}}),
    "Google": body({"error": {"code": 429, "message": "Quota.", "status": "RESOURCE_EXHAUSTED"}}),
    "Google in a list": body([{"error": {"code": 503, "message": "Busy.", "status": "UNAVAILABLE"}}]),
    "Anthropic": body({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
    "vLLM, flat": body({"object": "error", "message": "Engine is gone.", "type": "InternalServerError", "code": 500}),
    "flat, without a word of error": body({"code": 429, "msg": "Too many."}),
    "a flag": body({"error": True, "message": "Busy.", "status_code": 503}),
    "a word and a message": body({"error": "rate_limit_exceeded", "message": "Slow down."}),
    "a word": body({"error": "overloaded_error"}),
    "a sentence": body({"error": "Rate limit exceeded, try again later"}),
    "a message without a code": body({"error": {"message": "The engine is currently overloaded."}}),
    "in the choice": body(choice(error={"code": 502, "message": "Upstream failed."}, finish_reason="error", text="")),
    "a finish reason alone": body(choice(finish_reason="error", message={"role": "assistant", "content": ""})),
    "a proxy's page": Body(b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>", "text/html"),
    "a proxy's text": Body(b"503 Service Unavailable", "text/plain"),
    "Cloudflare": Body(b"error code: 524", "text/plain"),
}


def ask(schemas: OpenAISchemas, *script: Any, api: str = "chat") -> tuple[Reply, int]:
    with OpenAIServer(schemas, script, default=Answer("foot")) as server:
        model = chat_model("openai:local", api=api, base_url=server.url)
        return Asker(model, OUTPUT, LABELS, retry=QUICK).ask(MESSAGES), len(server.requests)


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize("kind", PASSING)
def test_an_error_that_may_pass_is_tried_again(schemas: OpenAISchemas, kind: str, api: str) -> None:
    reply, requests = ask(schemas, PASSING[kind], api=api)
    assert (reply.label, requests) == ("foot", 2)


def test_a_failed_response_is_tried_again(schemas: OpenAISchemas) -> None:
    failed = {"id": "r", "object": "response", "status": "failed", "output": [], "model": "m"}
    said = {**failed, "error": {"code": "rate_limit_exceeded", "message": "Slow down."}}
    for one in (said, {**failed, "error": None}):
        reply, requests = ask(schemas, body(one), api="responses")
        assert (reply.label, requests) == ("foot", 2)


FINAL: dict[str, tuple[Body, str]] = {
    "no credit": (body(openrouter(402, "Insufficient credits.")), "error 402 in an HTTP 200: Insufficient credits."),
    "no key": (
        body({"error": {"message": "Wrong key.", "code": "invalid_api_key"}}),
        "error 401 in an HTTP 200: Wrong key.",
    ),
    "no quota": (
        body({"error": {"message": "You exceeded your quota.", "code": "insufficient_quota"}}),
        "error 429 in an HTTP 200: You exceeded your quota.",
    ),
    "a text": (body({"error": "model 'llava' is not here"}), "HTTP 200 without an answer: model 'llava' is not here"),
    "no code": (body({"error": {"message": "Something broke."}}), "HTTP 200 without an answer: Something broke."),
    "a code of its own": (body({"error": {"message": "Odd.", "code": 40303}}), "HTTP 200 without an answer: Odd."),
    "a code that is none": (
        body({"error": {"message": "Odd.", "code": {"a": [1]}}}),
        "HTTP 200 without an answer: Odd.",
    ),
    "null": (body(None), "HTTP 200 without an answer: the reply is null"),
    "a number": (body(7), "HTTP 200 without an answer: the reply is 7"),
    "null choices": (body({"id": "x", "choices": None}), "HTTP 200 without an answer: the reply has no choices"),
    "no message": (
        body(choice(message=None, finish_reason="stop")),
        "HTTP 200 without an answer: the reply has no message",
    ),
    "no choices": (body({"id": "x", "choices": []}), "HTTP 200 without an answer: the reply has no choices"),
    "an empty object": (body({}), "HTTP 200 without an answer: {}"),
    "empty": (Body(b""), "HTTP 200 without an answer: the reply is not JSON: empty"),
    "a page": (
        Body(b"<html><h1>Log in</h1></html>", "text/html"),
        "HTTP 200 without an answer: the reply is not JSON: Log in",
    ),
    "a detail": (body({"detail": "Not authenticated"}), "Not authenticated"),
}


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize("kind", FINAL)
def test_one_that_stays_is_told_in_the_services_words(schemas: OpenAISchemas, kind: str, api: str) -> None:
    scripted, reason = FINAL[kind]
    reply, requests = ask(schemas, scripted, api=api)
    assert (reply.outcome, requests) == (Outcome.ERROR, 1)
    assert reason in (reply.reason or "")


def test_words_of_the_provider_behind_the_service_are_told_too(schemas: OpenAISchemas) -> None:
    reply, requests = ask(schemas, *[PASSING["OpenRouter 429"]] * 3)
    assert requests == QUICK.attempts
    assert reply.reason == "error 429 in an HTTP 200: Provider returned error: Too Many Requests"


WAITS: dict[str, Body] = {
    "a header": Body(json.dumps(openrouter(429)).encode(), headers={"retry-after": "0.4"}),
    "metadata": body(openrouter(429, retry_after_seconds=0.4)),
    "headers in metadata": body(openrouter(429, headers={"Retry-After": "0.4"})),
    "Google's delay": body(openrouter(429, raw='{"error": {"details": [{"retryDelay": "0.4s"}]}}')),
}


@pytest.mark.parametrize("kind", WAITS)
def test_the_wait_that_is_asked_for_is_kept(schemas: OpenAISchemas, kind: str) -> None:
    started = time.monotonic()
    reply, _ = ask(schemas, WAITS[kind])
    assert reply.label == "foot"
    assert time.monotonic() - started >= 0.4


def test_a_wait_that_is_too_long_is_not_waited_for(schemas: OpenAISchemas) -> None:
    reply, requests = ask(schemas, body(openrouter(429, retry_after_seconds=3600)))
    assert (reply.outcome, requests) == (Outcome.ERROR, 1)


def test_the_moment_that_openrouter_names_is_waited_for() -> None:
    later = {"X-RateLimit-Reset": str(int((time.time() + 3600) * 1000))}
    error = read_error(json.dumps(openrouter(429, headers=later)).encode())
    assert error is not None
    assert error.wait is not None
    assert 3500 < error.wait <= 3600


def test_asynchronous_calls_try_again_too(schemas: OpenAISchemas) -> None:
    with OpenAIServer(schemas, [PASSING["OpenRouter 429"], PASSING["a proxy's page"], Answer("foot")]) as server:
        model = chat_model("openai:local", base_url=server.url)
        assert asyncio.run(Asker(model, OUTPUT, LABELS, retry=QUICK).aask(MESSAGES)).label == "foot"


def test_an_answer_beside_an_empty_error_counts(schemas: OpenAISchemas) -> None:
    message = {"role": "assistant", "content": '{"label": "hand"}'}
    reply, _ = ask(schemas, body({**choice(message=message, finish_reason="stop"), "error": None}))
    assert reply.label == "hand"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["error", "choices", "code", "message", "metadata", "type", "detail", "headers", "output"]
                ),
                inner,
            )
        ),
    )
)
def test_no_body_at_all_breaks_the_reading(said: Any) -> None:
    error = read_error(json.dumps(said).encode())
    assert error is None or (error.words and "\n" not in error.words)


@given(st.binary(max_size=200))
def test_nor_do_bytes_that_are_no_json(content: bytes) -> None:
    read_error(content)


def test_a_mistake_of_our_own_is_not_taken_for_a_failed_call(
    schemas: OpenAISchemas, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(self: Asker, *_: Any) -> Any:
        return self.no_such_attribute  # type: ignore[attr-defined]

    with OpenAIServer(schemas) as server:
        asking = Asker(chat_model("openai:local", base_url=server.url), OUTPUT, LABELS, retry=QUICK)
        monkeypatch.setattr(Asker, "messages_for", mistaken)
        with pytest.raises(AttributeError):
            asking.ask(MESSAGES)
        with pytest.raises(AttributeError):
            asyncio.run(asking.aask(MESSAGES))


def test_what_a_model_of_somebodys_own_cannot_read_is_a_failed_call(schemas: OpenAISchemas) -> None:
    from langchain_openai import ChatOpenAI

    for said in (None, {"id": "x", "choices": None}, openrouter(400, "Odd."), []):
        with OpenAIServer(schemas, [body(said)], default=Fail(400, "the script is over")) as server:
            model = ChatOpenAI(model="local", base_url=server.url, api_key="k", max_retries=0)
            reply = Asker(model, OUTPUT, LABELS, retry=QUICK).ask(MESSAGES)
        assert reply.outcome is Outcome.ERROR
        assert "Error: " not in (reply.reason or "")
