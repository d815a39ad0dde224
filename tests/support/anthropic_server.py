"""A loopback server that speaks Anthropic's Messages API, held against the types of Anthropic's own SDK.

What those types leave open is from Anthropic's documentation: "Handle tool calls" (order of results), "Vision" (media
types), "Messages" (turns), and the service's own words from reports of its errors.
"""

from __future__ import annotations

import collections.abc
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import IO, Any, Union

import typing_extensions as te
from pydantic import ConfigDict, TypeAdapter, ValidationError

from tests.support.openai_replies import Call, Say
from tests.support.openai_requests import Refused, check_picture
from tests.support.provider_server import ProviderServer, need

STOPS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}


class AnthropicServer(ProviderServer):
    def check(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> None:
        need(path == "/v1/messages", f"unknown path {path}")
        key = headers.get("x-api-key") or headers.get("authorization", "").startswith("Bearer ")  # as the SDK sends it
        need(key and headers.get("anthropic-version"), "x-api-key header is required")
        try:
            _request_type().validate_python({name: value for name, value in body.items() if name != "stream"})
        except ValidationError as error:
            deepest = max(error.errors(), key=lambda one: len(one["loc"]))
            raise Refused(f"{'.'.join(map(str, deepest['loc']))}: {deepest['msg']}") from error
        for tool in body.get("tools", ()):
            need(re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", tool["name"]), f"tools.name: {tool['name']} does not match")
            need(not {"anyOf", "oneOf", "allOf"} & set(tool["input_schema"]), "input_schema: no anyOf at the top level")
        _check_turns(_turns(body["messages"]))

    def pictures(self, body: dict[str, Any]) -> Iterator[bytes]:
        for _, blocks in _turns(body["messages"]):
            for block in blocks:
                inner = block.get("content") if block["type"] == "tool_result" else [block]
                for part in inner if isinstance(inner, list) else []:
                    if part["type"] == "image":
                        need(part["source"]["type"] == "base64", "image.source: no server here fetches addresses")
                        yield check_picture(part["source"]["data"], part["source"]["media_type"])

    def error(self, status: int, message: str) -> dict[str, Any]:
        kind = "invalid_request_error" if status == 400 else "api_error"
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}

    def answer(self, body: dict[str, Any], reply: Say | Call, number: int) -> dict[str, Any]:
        content: list[dict[str, Any]]
        if isinstance(reply, Say):
            content = [{"type": "text", "text": reply.text}]
        else:
            content = [
                {"type": "tool_use", "id": f"toolu_{number}_{index}", "name": name, "input": arguments}
                for index, (name, arguments) in enumerate(reply.calls)
            ]
        return {
            "id": f"msg_{number}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": content,
            "stop_reason": STOPS[reply.stop],
            "stop_sequence": None,
            "usage": {"input_tokens": 20, "output_tokens": 5},
        }

    def streamed(self, answer: dict[str, Any]) -> tuple[str, str]:
        begun = {**answer, "content": [], "stop_reason": None, "usage": {"input_tokens": 20, "output_tokens": 1}}
        events: list[dict[str, Any]] = [{"type": "message_start", "message": begun}]
        for index, block in enumerate(answer["content"]):
            if block["type"] == "text":
                blank, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
            else:
                blank = {**block, "input": {}}
                delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            events += [
                {"type": "content_block_start", "index": index, "content_block": blank},
                {"type": "content_block_delta", "index": index, "delta": delta},
                {"type": "content_block_stop", "index": index},
            ]
        ended = {"stop_reason": answer["stop_reason"], "stop_sequence": None}
        events += [
            {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 5}},
            {"type": "message_stop"},
        ]
        return "text/event-stream", "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in events)


Turn = tuple[str, list[dict[str, Any]]]


def _turns(messages: list[dict[str, Any]]) -> list[Turn]:
    """Role and blocks; "consecutive user or assistant turns in your request will be combined into a single turn"."""
    turns: list[Turn] = []
    for message in messages:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
        if turns and turns[-1][0] == message["role"]:
            turns[-1][1].extend(blocks)
        else:
            turns.append((message["role"], blocks))
    return turns


def _check_turns(turns: list[Turn]) -> None:
    need(turns and turns[0][0] == "user", "messages: first message must use the user role")
    asked: list[str] = []
    for number, (role, blocks) in enumerate(turns):
        for block in blocks:
            need(block["type"] != "text" or block["text"].strip(), "messages: text content blocks must be non-empty")
        results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        strange = [one for one in results if one not in asked]
        need(not strange, f"messages.{number}: unexpected `tool_use_id` found in `tool_result` blocks: {strange}")
        # "In the user message containing tool results, the tool_result blocks must come FIRST in the content array."
        first = [block["tool_use_id"] for block in blocks[: len(asked)] if block["type"] == "tool_result"]
        missing = [one for one in asked if one not in first]
        need(
            not missing,
            f"messages.{number - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the next "
            "message.",
        )
        asked = [block["id"] for block in blocks if block["type"] == "tool_use"]
        need(
            role == "assistant" or not asked, f"messages.{number}: `tool_use` blocks can only be in assistant messages"
        )
    need(not asked, f"messages: `tool_use` ids were found without `tool_result` blocks immediately after: {asked}")


@cache
def _request_type() -> TypeAdapter[Any]:
    from anthropic.types.message_create_params import MessageCreateParamsBase

    return TypeAdapter(_strict(MessageCreateParamsBase))


@cache
def _strict(kind: Any) -> Any:
    """A type of the SDK in which unknown fields are refused, and lists are checked to their last item at once."""
    origin, parts = te.get_origin(kind), te.get_args(kind)
    if te.is_typeddict(kind):
        fields = {name: _strict(hint) for name, hint in te.get_type_hints(kind, include_extras=True).items()}
        made: Any = te.TypedDict(kind.__name__, fields, total=kind.__total__)  # type: ignore[operator]
        made.__pydantic_config__ = ConfigDict(extra="forbid")
        return made
    if kind is IO or origin is IO or kind == IO[bytes]:
        return str  # what a file becomes on the wire
    if origin is te.Annotated:
        return _strict(parts[0])
    if origin in (te.Required, te.NotRequired):
        return origin[_strict(parts[0])]
    if origin in (list, collections.abc.Iterable, collections.abc.Sequence):
        return list[_strict(parts[0])]  # type: ignore[misc]
    if origin is dict:
        return dict[_strict(parts[0]), _strict(parts[1])]  # type: ignore[misc]
    if origin is Union:
        return Union[tuple(map(_strict, parts))]  # noqa: UP007
    return kind
