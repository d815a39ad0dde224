"""The answer that a prompt asks for, as a JSON schema that OpenAI's strict mode accepts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dermtools.prompting.files.schema import OutputField

SCHEMA_NAME = "answer"


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
    fields = "\n".join(f'- "{name}" ({_KINDS[field.type]}): {field.description}' for name, field in output.items())
    return f"Answer with one JSON object and nothing around it, with these keys:\n{fields}"


_KINDS = {
    "label": "one class of the list",
    "text": "text",
    "number": "number",
    "boolean": "true or false",
    "choice": "one of its choices",
    "list": "list of texts",
}


def _property(field: OutputField, labels: Sequence[str]) -> dict[str, Any]:
    described = {"description": field.description}
    match field.type:
        case "label":
            return {"type": "string", "enum": list(labels), **described}
        case "choice":
            return {"type": "string", "enum": list(field.choices or ()), **described}
        case "list":
            return {"type": "array", "items": {"type": "string"}, **described}
        case "number":
            return {"type": "number", **described}
        case "boolean":
            return {"type": "boolean", **described}
        case "text":
            return {"type": "string", **described}
