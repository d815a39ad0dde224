"""A loopback server that speaks Mistral's chat completions, held against the types of Mistral's own client.

The order of roles, the ids of calls and their words are those of Mistral's published validator
(mistralai/mistral-common, protocol/instruct/validator.py); the error's body is from reports of the service's errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from tests.support.openai_replies import Call, Say, reply_body
from tests.support.openai_requests import Refused, check_data_url
from tests.support.provider_server import ProviderServer, need

MOST_PICTURES = 8
"""Of a request (docs.mistral.ai/capabilities/vision)."""
FOLLOWS = {
    "": {"system", "user"},
    "system": {"user", "assistant", "system"},
    "user": {"assistant", "system", "user"},
    "assistant": {"assistant", "user", "tool"},
    "tool": {"assistant", "tool"},
}


class MistralServer(ProviderServer):
    def check(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> None:
        from mistralai.client.models import ChatCompletionRequest

        need(path == "/v1/chat/completions", f"no such path {path}")
        need(headers.get("authorization", "").startswith("Bearer "), "Unauthorized")
        known = set(ChatCompletionRequest.model_fields)
        for name in body:
            need(name in known, f"Extra inputs are not permitted: {name}")
        try:
            request = ChatCompletionRequest.model_validate(body)
        except ValidationError as error:
            first = error.errors()[0]
            raise Refused(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
        _check_known(request)
        _check_messages(body["messages"])
        for tool in body.get("tools") or ():
            _check_name(tool["function"]["name"])

    def pictures(self, body: dict[str, Any]) -> Iterator[bytes]:
        contents = [content for one in body["messages"] if isinstance(content := one.get("content"), list)]
        urls = [part["image_url"] for content in contents for part in content if part["type"] == "image_url"]
        need(len(urls) <= MOST_PICTURES, f"Too many images: at most {MOST_PICTURES} in a request")
        for url in urls:
            yield check_data_url(url if isinstance(url, str) else url["url"])

    def error(self, status: int, message: str) -> dict[str, Any]:
        kind = "invalid_request_message_order" if " after role " in message else "invalid_request_error"
        return {"object": "error", "message": message, "type": kind, "param": None, "code": "3230"}

    def answer(self, body: dict[str, Any], reply: Say | Call, number: int) -> dict[str, Any]:
        made = reply_body("chat", reply, body, 0, number)
        message = made["choices"][0]["message"]
        for index, call in enumerate(message.get("tool_calls") or ()):
            call["id"] = f"call{number:03}{index:02}"
        made["choices"][0]["message"] = {**message, "content": message["content"] or ""}
        return made

    def streamed(self, answer: dict[str, Any]) -> tuple[str, str]:
        choice = answer["choices"][0]
        calls = [{**call, "index": index} for index, call in enumerate(choice["message"].get("tool_calls") or ())]
        delta = {"role": "assistant", "content": choice["message"]["content"], "tool_calls": calls or None}
        chunk = {name: answer[name] for name in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
        said = {**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        last = {"index": 0, "delta": {"content": ""}, "finish_reason": choice["finish_reason"]}
        ended = {**chunk, "choices": [last], "usage": answer["usage"]}
        return "text/event-stream", f"data: {json.dumps(said)}\n\ndata: {json.dumps(ended)}\n\ndata: [DONE]\n\n"


def _check_known(part: Any) -> None:
    """The client's types keep what they do not know as `Unknown...`, or beside their fields; the service refuses it."""
    if isinstance(part, list):
        for one in part:
            _check_known(one)
    elif isinstance(part, BaseModel):
        need(not getattr(part, "is_unknown", False), f"Extra inputs are not permitted: {getattr(part, 'raw', part)}")
        for name in part.__class__.model_fields:
            _check_known(getattr(part, name))


def _check_messages(messages: list[dict[str, Any]]) -> None:
    before, asked = "", 0
    for message in messages:
        role = message["role"]
        need(role in FOLLOWS[before], f"Unexpected role '{role}' after role '{before}'")
        calls = message.get("tool_calls") or ()
        for call in calls:
            _check_id(call["id"])
            _check_name(call["function"]["name"])
        if role == "tool":
            _check_id(message.get("tool_call_id") or "")
            asked -= 1
        elif role == "assistant":
            need(bool(message.get("content")) or calls, "Assistant message must have either content or tool_calls.")
            need(asked == 0, "Not the same number of function calls and responses")
            asked = len(calls)
        before = role
    need(asked == 0, "Not the same number of function calls and responses")
    need(
        before != "assistant",
        "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant",
    )


def _check_id(name: str) -> None:
    need(
        re.fullmatch(r"[a-zA-Z0-9]{9}", name), f"Tool call id was {name} but must be a-z, A-Z, 0-9, with a length of 9."
    )


def _check_name(name: str) -> None:
    need(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name), f"Function name was {name} but must be a-z, A-Z, 0-9, or _ and -.")
