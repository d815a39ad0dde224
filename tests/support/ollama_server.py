"""A loopback server that speaks Ollama's /api/chat, held against the types of Ollama's own client.

Its documentation (docs/api.md of ollama/ollama) has `images` as "a list of base64-encoded images" of a message, and
content as text; anything else its Go server cannot unmarshal, in the words that are given here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from tests.support.openai_replies import Call, Say
from tests.support.openai_requests import Refused, check_picture
from tests.support.provider_server import ProviderServer, need

CANNOT = "json: cannot unmarshal {} into Go struct field ChatRequest.{} of type {}"


class OllamaServer(ProviderServer):
    def check(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> None:
        from ollama._types import ChatRequest, Message

        need(path == "/api/chat", f"no such path {path}")
        need(body.get("model"), "model is required")
        try:
            ChatRequest.model_validate(body)
            for message in body["messages"]:
                Message.model_validate({name: value for name, value in message.items() if name != "images"})
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"]))
            raise Refused(CANNOT.format("value", where, error.errors()[0]["msg"])) from error
        called = 0
        for message in body["messages"]:
            need(message["role"] in ("system", "user", "assistant", "tool"), f"invalid role: {message['role']!r}")
            need(isinstance(message.get("content", ""), str), CANNOT.format("array", "messages.content", "string"))
            for image in message.get("images") or ():
                need(isinstance(image, str), CANNOT.format("object", "messages.images", "api.ImageData"))
            called += len(message.get("tool_calls") or ()) - (message["role"] == "tool")
            need(called >= 0, "a tool message without a call")
        for tool in body.get("tools") or ():
            _check_properties(tool["function"]["parameters"])

    def pictures(self, body: dict[str, Any]) -> Iterator[bytes]:
        for message in body["messages"]:
            for image in message.get("images") or ():
                yield check_picture(image)

    def error(self, status: int, message: str) -> dict[str, Any]:
        return {"error": message}

    def answer(self, body: dict[str, Any], reply: Say | Call, number: int) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": reply.text if isinstance(reply, Say) else ""}
        if isinstance(reply, Call):
            message["tool_calls"] = [
                {"function": {"name": name, "arguments": arguments}} for name, arguments in reply.calls
            ]
        return {
            "model": body["model"],
            "created_at": "2026-01-01T00:00:00Z",
            "message": message,
            "done": True,
            "done_reason": "stop" if reply.stop == "tool_calls" else reply.stop,
            "total_duration": 1,
            "prompt_eval_count": 20,
            "eval_count": 5,
        }

    def streamed(self, answer: dict[str, Any]) -> tuple[str, str]:
        said = {name: answer[name] for name in ("model", "created_at", "message")} | {"done": False}
        ended = {**answer, "message": {"role": "assistant", "content": ""}}
        return "application/x-ndjson", "".join(json.dumps(one) + "\n" for one in (said, ended))


def _check_properties(schema: dict[str, Any]) -> None:
    """`type` of a property is a string or a list of strings, `enum` a list (ollama/ollama, api/types.go)."""
    need(schema.get("type") == "object", CANNOT.format("value", "tools.function.parameters.type", "string"))
    for name, part in schema.get("properties", {}).items():
        kinds = part.get("type", "")
        listed = [kinds] if isinstance(kinds, str) else kinds
        need(all(isinstance(kind, str) for kind in listed), CANNOT.format("object", f"tools.{name}.type", "string"))
        need(isinstance(part.get("enum", []), list), CANNOT.format("value", f"tools.{name}.enum", "[]interface"))
