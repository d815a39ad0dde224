"""Refusals of parameters, word for word as OpenAI, Azure and servers that speak its language answer them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.support.openai_replies import Body, Fail, Reply
from tests.support.openai_server import HAND

Refusal = Callable[[str], Reply]


def unsupported_value(name: str) -> Reply:
    message = (
        f"Unsupported value: '{name}' does not support 0.0 with this model. Only the default (1) value is supported."
    )
    return Fail(400, message, "unsupported_value", param=name)


def unsupported_parameter(name: str) -> Reply:
    other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}.get(name)
    instead = f" Use '{other}' instead." if other else ""
    message = f"Unsupported parameter: '{name}' is not supported with this model.{instead}"
    return Fail(400, message, "unsupported_parameter", param=name)


def unrecognized(name: str) -> Reply:
    return Fail(400, f"Unrecognized request argument supplied: {name}")


def forbidden_by_vllm(name: str) -> Reply:
    message = f"[{{'type': 'extra_forbidden', 'loc': ('body', '{name}'), 'msg': 'Extra inputs are not permitted'}}]"
    body = {"object": "error", "message": message, "type": "BadRequestError", "param": None, "code": 400}
    return Body(json.dumps(body).encode(), status=400)


def forbidden_by_fastapi(name: str) -> Reply:
    detail = [{"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted", "input": 0}]
    return Body(json.dumps({"detail": detail}).encode(), status=422)


def in_backticks(name: str) -> Reply:
    return Fail(400, f"`{name}` may only be set to its default when thinking is enabled.", "invalid_request_error")


def in_a_200(name: str) -> Reply:
    raw = json.dumps({"error": {"message": f"Unsupported parameter: '{name}'", "param": name}})
    error = {"message": "Provider returned error", "code": 400, "metadata": {"raw": raw, "provider_name": "X"}}
    return Body(json.dumps({"error": error}).encode())


REFUSALS: tuple[Refusal, ...] = (
    unsupported_value,
    unsupported_parameter,
    unrecognized,
    forbidden_by_vllm,
    forbidden_by_fastapi,
    in_backticks,
    in_a_200,
)


def picky(
    *names: str, refusal: Refusal = unsupported_parameter, answer: Reply = HAND
) -> Callable[[str, dict[str, Any]], Reply]:
    """A script that refuses the first of these parameters that a request has, and else answers."""

    def script(api: str, body: dict[str, Any]) -> Reply:
        return next((refusal(name) for name in names if body.get(name) is not None), answer)

    return script
