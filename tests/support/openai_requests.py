"""What OpenAI's service refuses: requests held against its published schemas, and what those leave open."""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
from PIL import Image

REQUESTS = {"chat": "CreateChatCompletionRequest", "responses": "CreateResponse"}
REPLIES = {"chat": "CreateChatCompletionResponse", "responses": "Response"}

_UNSUPPORTED_IN_STRICT = {"allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "patternProperties"}
_MIME = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}


class Refused(Exception):  # noqa: N818  (the service's word)
    """A request that the real service answers with 400."""


class OpenAISchemas:
    """OpenAI's schemas from `shared/reference/openai-schemas.json`."""

    def __init__(self, path: Path) -> None:
        self._document = json.loads(path.read_text(encoding="utf-8"))
        self._validators: dict[str, jsonschema.Draft202012Validator] = {}
        self._fields: dict[str, set[str]] = {}

    def _validator(self, name: str) -> jsonschema.Draft202012Validator:
        if name not in self._validators:
            schema = {"$ref": f"#/components/schemas/{name}", "components": self._document["components"]}
            self._validators[name] = jsonschema.Draft202012Validator(schema)
        return self._validators[name]

    def fields(self, name: str) -> set[str]:
        """Top-level fields that a schema knows."""
        if name not in self._fields:
            self._fields[name] = set(self._properties({"$ref": f"/{name}"}))
        return self._fields[name]

    def _properties(self, schema: dict[str, Any]) -> Iterator[str]:
        if "$ref" in schema:
            yield from self._properties(self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        yield from schema.get("properties", {})
        for part in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
            yield from self._properties(part)

    def check_request(self, api: str, body: dict[str, Any]) -> None:
        """Raises Refused with the first thing that the real service would not take."""
        name = REQUESTS[api]
        for field in body:
            if field not in self.fields(name):
                raise Refused(f"Unknown parameter: '{field}'.")
        for message in body.get("messages", ()):
            if message.get("role") == "tool" and has_pictures(message.get("content")):
                raise Refused("Image URLs are only allowed for messages with role 'user', but this message is 'tool'.")
            if message.get("role") != "user" and has_pictures(message.get("content")):
                raise Refused(
                    f"Image URLs are only allowed for messages with role 'user', not {message.get('role')!r}."
                )
        self._conforms(name, body)
        for url, detail in pictures(body):
            check_data_url(url)
            if detail not in (None, "auto", "low", "high", "original"):
                raise Refused(f"Invalid value for detail: {detail!r}.")
        _check_structured(api, body)
        _check_tool_results(body)

    def check_reply(self, api: str, body: dict[str, Any]) -> None:
        """Raises Refused if a scripted reply is none that the service could send: a mistake in the test."""
        self._conforms(REPLIES[api], body)

    def _conforms(self, name: str, body: dict[str, Any]) -> None:
        error = jsonschema.exceptions.best_match(self._validator(name).iter_errors(body))
        if error is not None:
            place = ".".join(str(part) for part in error.absolute_path) or "body"
            raise Refused(f"Invalid '{place}': {error.message[:300]}")


def has_pictures(content: Any) -> bool:
    return isinstance(content, list) and any(part.get("type") in ("image_url", "input_image") for part in content)


def pictures(body: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Every picture of a request, in order: URL and detail."""
    messages = body.get("messages") or body.get("input") or []
    for message in messages if isinstance(messages, list) else []:
        parts = message.get("content") or message.get("output") or []
        for part in parts if isinstance(parts, list) else []:
            if part.get("type") == "image_url":
                if set(part) - {"type", "image_url"} or set(part["image_url"]) - {"url", "detail"}:
                    raise Refused("Unknown parameter in image_url.")
                yield part["image_url"]["url"], part["image_url"].get("detail")
            elif part.get("type") == "input_image":
                yield part.get("image_url", ""), part.get("detail")


def check_data_url(url: str) -> bytes:
    """The encoded picture of a data URL; Refused where it is broken or not what it says."""
    match = re.fullmatch(r"data:(image/[a-z]+);base64,([A-Za-z0-9+/]+={0,2})", url)
    if match is None:
        raise Refused(f"Invalid base64 image_url: {url[:60]!r}")
    return check_picture(match[2], match[1])


def check_picture(text: str, mime: str | None = None) -> bytes:
    """The picture that base64 text holds; Refused where it is broken, or not of the type stated."""
    try:
        encoded = base64.b64decode(text, validate=True)
        with Image.open(io.BytesIO(encoded)) as image:
            image.load()
            found = _MIME.get(image.format or "")
    except (binascii.Error, OSError) as error:
        raise Refused("You uploaded an unsupported image. Please make sure your image is valid.") from error
    if mime not in (None, found):
        raise Refused(f"The image is {found}, not {mime} as stated.")
    return encoded


def _check_structured(api: str, body: dict[str, Any]) -> None:
    if api == "chat":
        wanted = body.get("response_format") or {}
        formats = [wanted["json_schema"]] if wanted.get("type") == "json_schema" else []
        tools = [tool["function"] for tool in body.get("tools", ()) if tool["type"] == "function"]
    else:
        wanted = (body.get("text") or {}).get("format") or {}
        formats = [wanted] if wanted.get("type") == "json_schema" else []
        tools = [tool for tool in body.get("tools", ()) if tool["type"] == "function"]
    for item in formats:
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", item.get("name", "")):
            raise Refused(f"Invalid 'response_format.json_schema.name': {item.get('name')!r}.")
        if item.get("strict"):
            _check_strict(item["schema"], "response_format")
    for tool in tools:
        if tool.get("strict"):
            _check_strict(tool["parameters"], tool["name"])


def _check_strict(schema: dict[str, Any], where: str) -> None:
    if _UNSUPPORTED_IN_STRICT & set(schema):
        raise Refused(f"Invalid schema for response_format '{where}': unsupported keyword.")
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            raise Refused(f"Invalid schema for response_format '{where}': 'additionalProperties' must be false.")
        if set(schema.get("required", ())) != set(schema.get("properties", {})):
            raise Refused(f"Invalid schema for response_format '{where}': 'required' must name every property.")
    nested = [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), *schema.get("$defs", {}).values()]
    for part in (*nested, *([schema["items"]] if isinstance(schema.get("items"), dict) else [])):
        _check_strict(part, where)


def _check_tool_results(body: dict[str, Any]) -> None:
    """Every call has its result right behind it, and every result its call (OpenAI, "Function calling")."""
    open_calls: list[str] = []
    for message in [*body.get("messages", ()), {"role": "end"}]:
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_calls:
                raise Refused("messages with role 'tool' must be a response to a preceding message with 'tool_calls'.")
            open_calls.remove(message["tool_call_id"])
        elif open_calls:
            raise Refused(
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(open_calls)}"
            )
        open_calls += [call["id"] for call in message.get("tool_calls") or ()]
    items = body.get("input") if isinstance(body.get("input"), list) else []
    called = {item["call_id"] for item in items or () if item.get("type") == "function_call"}
    given = {item["call_id"] for item in items or () if item.get("type") == "function_call_output"}
    for call_id in sorted(called - given):
        raise Refused(f"No tool output found for function call {call_id}.")
    for call_id in sorted(given - called):
        raise Refused(f"No tool call found for function call output with call_id {call_id}.")
