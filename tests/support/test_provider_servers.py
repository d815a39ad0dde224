"""The loopback servers refuse what the providers refuse, in their words: else the journeys would prove little."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.support.anthropic_server import AnthropicServer
from tests.support.gemini_server import GeminiServer
from tests.support.mistral_server import MistralServer
from tests.support.ollama_server import OllamaServer
from tests.support.openai_replies import Call, Say
from tests.support.pictures import picture
from tests.support.provider_server import ProviderServer

JPEG = picture(1)
DATA = base64.b64encode(JPEG).decode()
DOORS: dict[type[ProviderServer], tuple[str, dict[str, str], dict[str, Any]]] = {
    AnthropicServer: (
        "/v1/messages",
        {"x-api-key": "k", "anthropic-version": "2023-06-01"},
        {"model": "m", "max_tokens": 9},
    ),
    GeminiServer: ("/v1beta/models/m:generateContent", {"x-goog-api-key": "k"}, {}),
    OllamaServer: ("/api/chat", {}, {"model": "m"}),
    MistralServer: ("/v1/chat/completions", {"authorization": "Bearer k"}, {"model": "m"}),
}
"""Path, headers and the rest of the body."""


def image(data: str = DATA, media: str = "image/jpeg") -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": media, "data": data}}


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def inline(data: str = DATA, mime: str = "image/jpeg") -> dict[str, Any]:
    return {"inlineData": {"mimeType": mime, "data": data}}


def url(data: str = DATA) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}}


TEXT = {"type": "text", "text": "hello"}
ASK = user(TEXT)
USE = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {}}]}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": [TEXT, image()]}
SCHEMA = {"type": "object", "properties": {}}

FUNCTION_CALL = {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]}
FUNCTION_RESPONSE = {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "x"}}}]}
SAID = {"role": "user", "parts": [{"text": "hello"}, inline()]}

CALLED = {"id": "abcdefghi", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALL = {"role": "assistant", "content": "", "tool_calls": [CALLED]}
TOOL = {"role": "tool", "content": "x", "name": "f", "tool_call_id": "abcdefghi"}


def declared(**parameters: Any) -> list[dict[str, Any]]:
    return [{"functionDeclarations": [{"name": "f", "description": "d", "parameters": parameters}]}]


REFUSED: dict[str, tuple[type[ProviderServer], dict[str, Any], str]] = {
    "unknown field": (AnthropicServer, {"messages": [ASK], "colour": 1}, "Extra inputs are not permitted"),
    "the assistant first": (AnthropicServer, {"messages": [USE, user(RESULT)]}, "first message must use the user role"),
    "bitmap": (AnthropicServer, {"messages": [user(image(media="image/bmp"))]}, "Input should be"),
    "another type than stated": (AnthropicServer, {"messages": [user(image(media="image/png"))]}, "not image/png"),
    "broken picture": (AnthropicServer, {"messages": [user(image("aGVsbG8="))]}, "valid"),
    "an OpenAI picture": (AnthropicServer, {"messages": [user(url())]}, "messages.0"),
    "empty text": (AnthropicServer, {"messages": [user({"type": "text", "text": " "})]}, "must be non-empty"),
    "no result": (AnthropicServer, {"messages": [ASK, USE, ASK]}, "were found without `tool_result` blocks"),
    "text before the result": (
        AnthropicServer,
        {"messages": [ASK, USE, user(TEXT, RESULT)]},
        "were found without `tool_result` blocks",
    ),
    "a result of no call": (AnthropicServer, {"messages": [user(RESULT)]}, "unexpected `tool_use_id`"),
    "a choice at the top": (
        AnthropicServer,
        {"messages": [ASK], "tools": [{"name": "f", "input_schema": {**SCHEMA, "anyOf": [SCHEMA]}}]},
        "no anyOf at the top level",
    ),
    "Gemini: unknown field": (GeminiServer, {"contents": [SAID], "colour": 1}, "Invalid JSON payload"),
    "Gemini: unknown role": (GeminiServer, {"contents": [{**SAID, "role": "tool"}]}, "valid role: user, model"),
    "Gemini: too few results": (
        GeminiServer,
        {"contents": [SAID, {**FUNCTION_CALL, "parts": FUNCTION_CALL["parts"] * 2}, FUNCTION_RESPONSE]},
        "number of function response parts",
    ),
    "Gemini: no results": (
        GeminiServer,
        {"contents": [SAID, FUNCTION_CALL, SAID]},
        "number of function response parts",
    ),
    "Gemini: bitmap": (
        GeminiServer,
        {"contents": [{"role": "user", "parts": [inline(mime="image/bmp")]}]},
        "MIME type",
    ),
    "Gemini: $ref": (
        GeminiServer,
        {"contents": [SAID], "tools": declared(type="OBJECT", properties={"a": {"$ref": "#/$defs/A"}})},
        "Invalid JSON payload",
    ),
    "Gemini: additionalProperties": (
        GeminiServer,
        {"contents": [SAID], "tools": declared(type="OBJECT", additionalProperties=False)},
        "Invalid JSON payload",
    ),
    "Gemini: array of what": (
        GeminiServer,
        {"contents": [SAID], "tools": declared(type="OBJECT", properties={"a": {"type": "ARRAY"}})},
        "items: missing field",
    ),
    "Gemini: nothing in an object": (GeminiServer, {"contents": [SAID], "tools": declared(type="OBJECT")}, "non-empty"),
    "Ollama: content in parts": (OllamaServer, {"messages": [ASK]}, "cannot unmarshal"),
    "Ollama: picture as an object": (
        OllamaServer,
        {"messages": [{"role": "user", "content": "x", "images": [image()]}]},
        "cannot unmarshal object into Go struct field ChatRequest.messages.images",
    ),
    "Ollama: picture as a data URL": (
        OllamaServer,
        {"messages": [{"role": "user", "content": "x", "images": [f"data:image/jpeg;base64,{DATA}"]}]},
        "image",
    ),
    "Ollama: arguments as text": (OllamaServer, {"messages": [CALL]}, "cannot unmarshal"),
    "Mistral: unknown role": (MistralServer, {"messages": [{"role": "doctor", "content": "x"}]}, "messages.0"),
    "Mistral: unknown field": (MistralServer, {"messages": [ASK], "colour": 1}, "Extra inputs"),
    "Mistral: unknown content": (MistralServer, {"messages": [user(image())]}, "Extra inputs"),
    "Mistral: user after tool": (
        MistralServer,
        {"messages": [ASK, CALL, TOOL, ASK]},
        "Unexpected role 'user' after role 'tool'",
    ),
    "Mistral: a result of no call": (
        MistralServer,
        {"messages": [ASK, TOOL]},
        "Unexpected role 'tool' after role 'user'",
    ),
    "Mistral: no result": (MistralServer, {"messages": [ASK, CALL, ASK]}, "Not the same number"),
    "Mistral: long id": (
        MistralServer,
        {"messages": [ASK, {**CALL, "tool_calls": [{**CALLED, "id": "call_1"}]}, TOOL]},
        "with a length of 9",
    ),
    "Mistral: nine pictures": (MistralServer, {"messages": [user(*[url()] * 9)]}, "Too many images"),
    "Mistral: broken picture": (MistralServer, {"messages": [user(url("aGVsbG8="))]}, "valid"),
}


def post(server: ProviderServer, body: dict[str, Any]) -> httpx.Response:
    path, headers, rest = DOORS[type(server)]
    return httpx.post(server.url + path, json={**rest, **body}, headers=headers, timeout=60)


@pytest.mark.parametrize("case", REFUSED)
def test_it_refuses_what_the_provider_refuses(case: str) -> None:
    kind, body, reason = REFUSED[case]
    with kind([]) as server:
        reply = post(server, body)
        assert server.requests[0].refused is not None
    assert reply.status_code == 400
    assert reason in reply.text


TAKEN: dict[type[ProviderServer], dict[str, Any]] = {
    AnthropicServer: {
        "messages": [user(TEXT, image()), USE, user(RESULT, TEXT)],
        "tools": [{"name": "f", "input_schema": SCHEMA}],
    },
    GeminiServer: {
        "contents": [SAID, FUNCTION_CALL, FUNCTION_RESPONSE, SAID],
        "tools": declared(type="OBJECT", properties={"a": {"type": "STRING", "enum": ["x"]}}),
    },
    OllamaServer: {
        "messages": [
            {"role": "user", "content": "x", "images": [DATA]},
            {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]},
            {"role": "tool", "content": "x", "images": [DATA]},
        ]
    },
    MistralServer: {"messages": [user(TEXT, url()), CALL, {**TOOL, "content": [TEXT, url()]}]},
}


@pytest.mark.parametrize("kind", TAKEN)
@pytest.mark.parametrize("reply", [Say("hand"), Call((("f", {"a": "x"}),))])
def test_it_takes_a_good_request_and_decodes_its_pictures(kind: type[ProviderServer], reply: Say | Call) -> None:
    with kind([reply]) as server:
        assert post(server, TAKEN[kind]).status_code == 200, server.requests
        assert server.requests[0].pictures == [JPEG, JPEG]


@pytest.mark.parametrize("kind", DOORS)
def test_it_wants_the_providers_key_and_path(kind: type[ProviderServer]) -> None:
    path, _, rest = DOORS[kind]
    with kind([]) as server:
        assert httpx.post(server.url + "/v2" + path, json={**rest, **TAKEN[kind]}).status_code == 400
        if kind is not OllamaServer:  # which knows no key
            assert httpx.post(server.url + path, json={**rest, **TAKEN[kind]}).status_code == 400
