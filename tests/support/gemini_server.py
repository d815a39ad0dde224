"""A loopback server that speaks Gemini's generateContent over REST, held against Google's own message types.

What those types leave open is from Google's documentation of function calling and of images (media types), and from the
service's own words in reports of its errors ("Please ensure that the number of function response parts ...").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.support.openai_replies import Call, Say
from tests.support.openai_requests import Refused, check_picture
from tests.support.provider_server import ProviderServer, need

STOPS = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS"}
MEDIA = ("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif")


class GeminiServer(ProviderServer):
    def check(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> None:
        from google.ai.generativelanguage_v1beta import GenerateContentRequest
        from google.protobuf.json_format import ParseError

        need(
            re.match(r"/v1beta/models/[\w.-]+:(generateContent|streamGenerateContent)\b", path), f"no such path {path}"
        )
        need(headers.get("x-goog-api-key"), "API key not valid. Please pass a valid API key.")
        try:
            GenerateContentRequest.from_json(json.dumps(body))
        except ParseError as error:
            raise Refused(f"Invalid JSON payload received. {error}") from error
        for tool in body.get("tools", ()):
            for function in tool.get("functionDeclarations", ()):
                need(re.fullmatch(r"[a-zA-Z_][\w.:-]{0,63}", function["name"]), f"invalid name {function['name']}")
                if "parameters" in function:
                    _check_schema(function["parameters"], f"{function['name']}.parameters")
        _check_turns(body.get("contents", []))

    def pictures(self, body: dict[str, Any]) -> Iterator[bytes]:
        for content in body["contents"]:
            for part in content["parts"]:
                if "inlineData" in part:
                    mime = part["inlineData"]["mimeType"]
                    need(mime in MEDIA, f"Unsupported MIME type: {mime}")
                    yield check_picture(part["inlineData"]["data"], mime)

    def wants_stream(self, path: str, body: dict[str, Any]) -> bool:
        return ":streamGenerateContent" in path

    def error(self, status: int, message: str) -> dict[str, Any]:
        kind = "INVALID_ARGUMENT" if status == 400 else "INTERNAL"
        return {"error": {"code": status, "message": message, "status": kind}}

    def answer(self, body: dict[str, Any], reply: Say | Call, number: int) -> dict[str, Any]:
        parts: list[dict[str, Any]]
        if isinstance(reply, Say):
            parts = [{"text": reply.text}]
        else:
            parts = [{"functionCall": {"name": name, "args": arguments}} for name, arguments in reply.calls]
        candidate = {"content": {"role": "model", "parts": parts}, "finishReason": STOPS[reply.stop], "index": 0}
        usage = {"promptTokenCount": 20, "candidatesTokenCount": 5, "totalTokenCount": 25}
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini", "responseId": f"r{number}"}

    def streamed(self, answer: dict[str, Any]) -> tuple[str, str]:
        return "application/json", json.dumps([answer])


STRING, ARRAY, OBJECT = 1, 5, 6
"""Of the enum Type, which the client sends as numbers."""


def _check_schema(schema: dict[str, Any], where: str) -> None:
    kind = schema.get("type")
    need(kind or schema.get("anyOf"), f"{where}: type must be specified")
    need(kind in (OBJECT, "OBJECT") or "properties" not in schema, f"{where}.properties: only allowed for OBJECT type")
    need(kind in (STRING, "STRING") or "enum" not in schema, f"{where}.enum: only allowed for STRING type")
    need(all(schema.get("enum", ["x"])), f"{where}.enum: cannot be empty")
    if kind in (ARRAY, "ARRAY"):
        need(schema.get("items"), f"{where}.items: missing field.")
        _check_schema(schema["items"], f"{where}.items")
    if kind in (OBJECT, "OBJECT"):
        need(schema.get("properties"), f"{where}.properties: should be non-empty for OBJECT type")
        strange = set(schema.get("required", ())) - set(schema["properties"])
        need(not strange, f"{where}.required: property is not defined: {strange}")
        for name, part in schema["properties"].items():
            _check_schema(part, f"{where}.properties[{name}]")


def _check_turns(contents: list[dict[str, Any]]) -> None:
    need(contents, "contents are required")
    calls = 0
    before = ""
    for content in contents:
        need(content.get("role") in ("user", "model"), "Please use a valid role: user, model.")
        need(content.get("parts"), "contents.parts must not be empty.")
        for part in content["parts"]:
            need(part, "contents.parts: must have one initialized field")
            need(part.get("text", "x"), "contents.parts: must have one initialized field")
        responses = sum("functionResponse" in part for part in content["parts"])
        need(
            responses == calls,
            "Please ensure that the number of function response parts is equal to the number of function call parts of "
            "the function call turn.",
        )
        calls = sum("functionCall" in part for part in content["parts"])
        need(not calls or content["role"] == "model", "function calls must be of the model")
        need(
            not calls or before == "user",
            "Please ensure that function call turn comes immediately after a user turn or after a function response "
            "turn.",
        )
        before = content["role"]
    need(not calls, "Please ensure that function response turn comes immediately after a function call turn.")
