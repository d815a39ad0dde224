"""The answer that a prompt asks for, as a JSON schema that OpenAI's strict mode accepts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dermtools.prompting.files.schema import OutputField

SCHEMA_NAME = "answer"


class _Kind(NamedTuple):
    """A type of field: in words for a model, in a JSON schema, and in Python."""

    words: str
    schema: str
    python: type | tuple[type, ...]


_KINDS = {
    "label": _Kind("one class of the list", "string", str),
    "text": _Kind("text", "string", str),
    "number": _Kind("number", "number", (int, float)),
    "boolean": _Kind("true or false", "boolean", bool),
    "choice": _Kind("one of its choices", "string", str),
    "list": _Kind("list of texts", "array", list),
}


def answer_schema(output: Mapping[str, OutputField], labels: Sequence[str]) -> dict[str, Any]:
    """JSON schema of the answer: every field required, nothing else allowed, labels as an enum.

    Source: OpenAI, "Structured outputs: supported schemas".
    """
    return {
        "title": SCHEMA_NAME,
        "description": "The answer to the question about the photograph.",
        "type": "object",
        "properties": {name: _property(field, labels) for name, field in output.items()},
        "required": list(output),
        "additionalProperties": False,
    }


def answer_format(output: Mapping[str, OutputField]) -> str:
    """How to write an answer of several fields as text, for a model without structured output."""
    fields = [f'- "{name}" ({_KINDS[field.type].words}): {field.description}' for name, field in output.items()]
    return "\n".join(["Answer with one JSON object and nothing around it, with these keys:", *fields])


def _property(field: OutputField, labels: Sequence[str]) -> dict[str, Any]:
    allowed: dict[str, Any] = {}
    if field.type in ("label", "choice"):
        allowed = {"enum": list(labels if field.type == "label" else field.choices or ())}
    elif field.type == "list":
        allowed = {"items": {"type": "string"}}
    return {"type": _KINDS[field.type].schema, **allowed, "description": field.description}


def misfit(values: Mapping[str, Any] | None, output: Mapping[str, OutputField]) -> str | None:
    """Why these values are no answer with these fields; None where they are one."""
    if not output:
        return None
    if values is None:
        return "the reply is not one JSON object"
    for name, field in output.items():
        if name not in values:
            return f"the field {name!r} is missing"
        fits = isinstance(values[name], _KINDS[field.type].python)
        fits = fits and not (field.type == "number" and isinstance(values[name], bool))
        if not fits or (field.choices and values[name] not in field.choices):
            return f"the field {name!r} is not {'one of ' + ', '.join(field.choices) if field.choices else field.type}"
    return None
