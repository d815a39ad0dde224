"""Pages of what programs and models write: arguments and results of the tools, and the prompt file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dermtools.prompting.files.schema import PromptFile
from dermtools.tools import CATALOG
from docs.generator.cells import cell

TOOLS = "reference/tools.md"
PROMPT_SCHEMA = "reference/prompt-schema.md"


def pages() -> dict[str, str]:
    """Path below docs/ to Markdown."""
    return {TOOLS: "\n".join(_tools()) + "\n", PROMPT_SCHEMA: "\n".join(_prompt_file()) + "\n"}


def _tools() -> Iterator[str]:
    yield "# Tools and their schemas"
    yield ""
    yield "As [the catalogue](python/tools.md) has them. Over a case base, arguments also say which tasks it has and "
    yield "what may be given as a picture there. [Agents](../agents.md) says how they are used, [JSON](../json.md) "
    yield "which fields a program reads first."
    yield ""
    for name, spec in CATALOG.items():
        yield f"## {name}"
        yield ""
        yield f"{spec.description}"
        yield ""
        hints = ", ".join(f"`{hint}`" for hint, holds in spec.annotations.items() if holds)
        yield f"MCP annotations that are true: {hints or 'none'}."
        yield ""
        yield from _fields("argument", spec.arguments.model_json_schema())
        yield '??? note "JSON Schema of its result"'
        yield ""
        yield from _json(spec.result.model_json_schema(), indent="    ")


def _prompt_file() -> Iterator[str]:
    yield "# Schema of a prompt file"
    yield ""
    yield "[Prompt files](../prompts/README.md) says what each key is for. `dermtools prompts check` holds a file "
    yield "to this schema and to what no schema says: that every variable is declared,"
    yield "and that every placeholder can be filled."
    yield ""
    schema = PromptFile.model_json_schema()
    yield from _fields("key", schema)
    yield from _json(schema)


def _fields(kind: str, schema: dict[str, Any]) -> Iterator[str]:
    required = schema.get("required", [])
    if not schema.get("properties"):
        yield f"No {kind}s."
        yield ""
        return
    yield f"| {kind} | type | |"
    yield "| --- | --- | --- |"
    for name, one in schema["properties"].items():
        bounds = [f"{word} {one[key]}" for key, word in (("minimum", "at least"), ("maximum", "at most")) if key in one]
        must = ["required"] if name in required else []
        said = "; ".join([*must, *bounds, *([one["description"]] if "description" in one else [])])
        yield f"| `{name}` | {_kind(one)} | {cell(said).replace('<', '&lt;')} |"
    yield ""


def _kind(one: dict[str, Any]) -> str:
    if "$ref" in one:
        return f"`{one['$ref'].rpartition('/')[2]}`"
    if "anyOf" in one:
        return " or ".join(_kind(each) for each in one["anyOf"] if each.get("type") != "null")
    if "const" in one:
        return f"`{one['const']}`"
    if "enum" in one:
        return ", ".join(f"`{value}`" for value in one["enum"])
    if one.get("type") == "array":
        return f"list of {_kind(one.get('items', {}))}"
    if one.get("type") == "object":
        return "object"
    return str(one.get("type", "any"))


def _json(schema: dict[str, Any], indent: str = "") -> Iterator[str]:
    yield f"{indent}```json"
    yield from (f"{indent}{line}" for line in json.dumps(schema, indent=2, ensure_ascii=False).splitlines())
    yield f"{indent}```"
    yield ""
