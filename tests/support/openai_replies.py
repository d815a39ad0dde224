"""What the loopback server can be told to answer: good replies and every kind of bad day."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Say:
    """A text. `stop` is the finish reason in chat completions' words."""

    text: str
    stop: str = "stop"


@dataclass(frozen=True)
class Answer:
    """The fields of an answer, in the form the request asks for: JSON, a tool call, or the plain label."""

    label: str
    more: dict[str, Any] = field(default_factory=dict)

    def as_call(self) -> dict[str, Any]:
        return {"label": self.label, **self.more}


@dataclass(frozen=True)
class Call:
    """One or several tool calls: name and arguments (text is sent as it is, broken JSON included)."""

    calls: tuple[tuple[str, dict[str, Any] | str], ...]
    stop: str = "tool_calls"


@dataclass(frozen=True)
class Refuse:
    """OpenAI's refusal field."""

    text: str = "I'm sorry, I can't help with that."


@dataclass(frozen=True)
class Fail:
    """An error reply; `code` and `param` as in OpenAI's error body."""

    status: int
    message: str = "The server had an error."
    code: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    param: str | None = None


@dataclass(frozen=True)
class Body:
    """Any body at all, with a 200 or another status."""

    data: bytes
    content_type: str = "application/json"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drop:
    """Half a reply, then the connection is gone."""


@dataclass(frozen=True)
class Hang:
    """Silence for some seconds, then the connection is gone."""

    seconds: float


@dataclass(frozen=True)
class Hold:
    """A streamed text that never ends; the server's `hung_up` is set once the client has gone."""

    text: str = ""


Reply = Say | Answer | Call | Refuse | Fail | Body | Drop | Hang | Hold


def wants_structure(api: str, body: dict[str, Any]) -> str:
    """How the request asks for its answer: `json_schema`, `tools` or `text`."""
    wanted = body.get("response_format") if api == "chat" else (body.get("text") or {}).get("format")
    if (wanted or {}).get("type") in ("json_schema", "json_object"):
        return "json_schema"
    return "tools" if body.get("tools") else "text"


def reply_body(api: str, reply: Reply, request: dict[str, Any], pictures: int, number: int) -> dict[str, Any]:
    """The JSON of a good reply in one of the two APIs."""
    if isinstance(reply, Answer):
        way = wants_structure(api, request)
        if way == "json_schema":
            reply = Say(json.dumps(reply.as_call()))
        elif way == "tools":
            tool = request["tools"][0]
            reply = Call(((tool["function"]["name"] if api == "chat" else tool["name"], reply.as_call()),))
        else:
            reply = Say(reply.label)
    tokens_in = 20 + 85 * pictures
    return (_chat if api == "chat" else _responses)(reply, request["model"], tokens_in, number)


def _arguments(arguments: dict[str, Any] | str) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def _chat(reply: Reply, model: str, tokens_in: int, number: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    stop, tokens_out = "stop", 5
    match reply:
        case Say(text, stop):
            message["content"] = text
        case Refuse(text):
            message["refusal"] = text
        case Call(calls, stop):
            message["tool_calls"] = [
                {
                    "id": f"call_{number}_{index}",
                    "type": "function",
                    "function": {"name": name, "arguments": _arguments(arguments)},
                }
                for index, (name, arguments) in enumerate(calls)
            ]
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": model,
        "choices": [{"index": 0, "finish_reason": stop, "logprobs": None, "message": message}],
        "usage": {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out},
    }


def _responses(reply: Reply, model: str, tokens_in: int, number: int) -> dict[str, Any]:
    output: list[dict[str, Any]] = []
    status, incomplete = "completed", None

    def message(part: dict[str, Any]) -> dict[str, Any]:
        return {"id": f"msg_{number}", "type": "message", "role": "assistant", "status": status, "content": [part]}

    match reply:
        case Say(text, stop):
            if stop != "stop":
                status = "incomplete"
                incomplete = {"reason": "max_output_tokens" if stop == "length" else stop}
            output = [message({"type": "output_text", "text": text, "annotations": [], "logprobs": []})]
        case Refuse(text):
            output = [message({"type": "refusal", "refusal": text})]
        case Call(calls):
            output = [
                {
                    "id": f"fc_{number}_{index}",
                    "type": "function_call",
                    "call_id": f"call_{number}_{index}",
                    "name": name,
                    "arguments": _arguments(arguments),
                    "status": "completed",
                }
                for index, (name, arguments) in enumerate(calls)
            ]
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 1_760_000_000,
        "status": status,
        "error": None,
        "incomplete_details": incomplete,
        "instructions": None,
        "metadata": {},
        "model": model,
        "output": output,
        "parallel_tool_calls": True,
        "temperature": 0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1,
        "usage": {
            "input_tokens": tokens_in,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 5,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": tokens_in + 5,
        },
    }
