"""The loopback server refuses what OpenAI's service refuses: else the other tests would prove little."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from tests.support.openai_requests import OpenAISchemas, Refused
from tests.support.openai_server import OpenAIServer
from tests.support.pictures import picture

GOOD_URL = "data:image/jpeg;base64," + base64.b64encode(picture(1)).decode()
SCHEMA = {"type": "object", "properties": {"label": {"type": "string"}}, "required": ["label"]}


def image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def request(*content: dict[str, Any], role: str = "user", **more: Any) -> dict[str, Any]:
    return {"model": "gpt-4.1", "messages": [{"role": role, "content": list(content)}], **more}


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


TEXT = {"type": "text", "text": "hello"}
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
REFUSED = {
    "unknown field": (request(TEXT, colour="red"), "Unknown parameter: 'colour'"),
    "no messages": ({"model": "gpt-4.1"}, "Invalid"),
    "unknown role": (request(TEXT, role="doctor"), "Invalid"),
    "picture for the system": (request(image(GOOD_URL), role="system"), "only allowed for messages with role 'user'"),
    "broken base64": (request(image(GOOD_URL[:-7] + "!")), "Invalid base64"),
    "not a picture": (request(image("data:image/jpeg;base64,aGVsbG8=")), "valid"),
    "another type than stated": (request(image(GOOD_URL.replace("jpeg", "png"))), "not image/png"),
    "unknown field in a picture": (
        request({"type": "image_url", "image_url": {"url": GOOD_URL, "alt": "x"}}),
        "Unknown parameter",
    ),
    "open schema": (request(TEXT, response_format=strict(SCHEMA)), "'additionalProperties' must be false"),
    "optional field": (
        request(TEXT, response_format=strict({**SCHEMA, "required": [], "additionalProperties": False})),
        "'required' must name every property",
    ),
    "bad schema name": (
        request(TEXT, response_format={"type": "json_schema", "json_schema": {"name": "a b", "schema": SCHEMA}}),
        "name",
    ),
    "picture in a tool result": (
        {
            "model": "gpt-4.1",
            "messages": [
                {"role": "assistant", "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "1", "content": [image(GOOD_URL)]},
            ],
        },
        "only allowed for messages with role 'user'",
    ),
    "tool result without its call": (
        {"model": "gpt-4.1", "messages": [{"role": "tool", "tool_call_id": "1", "content": "x"}]},
        "preceding message",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_refuses_what_the_service_refuses(schemas: OpenAISchemas, case: str) -> None:
    body, reason = REFUSED[case]
    with OpenAIServer(schemas) as server:
        reply = httpx.post(f"{server.url}/chat/completions", json=body, headers={"authorization": "Bearer k"})
    assert reply.status_code == 400
    assert reason in reply.json()["error"]["message"]


def test_it_takes_a_good_request_and_counts_pictures(schemas: OpenAISchemas) -> None:
    with OpenAIServer(schemas) as server:
        reply = httpx.post(
            f"{server.url}/chat/completions",
            json=request(TEXT, image(GOOD_URL), response_format=strict({**SCHEMA, "additionalProperties": False})),
            headers={"authorization": "Bearer k"},
        )
        assert server.requests[0].pictures == [picture(1)]
    assert json.loads(reply.json()["choices"][0]["message"]["content"]) == {"label": "hand"}


def test_it_wants_a_key(schemas: OpenAISchemas) -> None:
    with OpenAIServer(schemas) as server:
        assert httpx.post(f"{server.url}/responses", json={"model": "m", "input": "x"}).status_code == 400


def test_a_reply_that_the_service_could_not_send_is_noticed(schemas: OpenAISchemas) -> None:
    with pytest.raises(Refused):
        schemas.check_reply("chat", {"id": "x", "object": "chat.completion", "choices": [{}]})
