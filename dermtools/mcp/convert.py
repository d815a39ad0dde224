"""The toolkit's plain functions as MCP tools: the one place where the two forms meet."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import mcp_types as types
from pydantic import ValidationError

from dermtools.errors import DermtoolsError
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.uris import case_uri
from dermtools.tools.catalog import FUNCTIONS
from dermtools.tools.classifying import ClassifyResult
from dermtools.tools.describing import CaseResult, DescribeResult
from dermtools.tools.exemplars import ExemplarResult
from dermtools.tools.pictures.showing import TEXT_IN_PICTURES, small_jpegs
from dermtools.tools.prompt_running import PromptResult
from dermtools.tools.results import Result, ToolResult, quoted, shown
from dermtools.tools.searching import SearchResult
from dermtools.tools.tool_errors import error_message, validation_message
from dermtools.tools.workspace import Workspace

ASKS_A_MODEL = "run_prompt"
MAX_LINKS = 20
"""Links to cases in one result; the structured content names all cases."""

TITLES_AND_RESULTS: dict[str, tuple[str, type[Result]]] = {
    "search_similar_cases": ("Search similar cases", SearchResult),
    "classify_with_adapter": ("Classify with a trained classifier", ClassifyResult),
    "format_exemplars": ("Format cases as examples", ExemplarResult),
    "run_prompt": ("Ask a vision model", PromptResult),
    "get_case": ("Get a case", CaseResult),
    "describe_case_base": ("Describe the case base", DescribeResult),
}


def tool_names(served: ServedCaseBase) -> list[str]:
    """The tools that there are: without a model, none that asks one."""
    return [name for name in FUNCTIONS if name != ASKS_A_MODEL or served.model is not None]


def input_schema(name: str) -> dict[str, Any] | None:
    """JSON Schema of a tool's arguments; None where there is no such tool."""
    return FUNCTIONS[name][1].model_json_schema() if name in FUNCTIONS else None


def list_tools(served: ServedCaseBase) -> list[types.Tool]:
    """All tools with their schemas. Reads nothing from the case base."""
    return [_tool(name) for name in tool_names(served)]


def _tool(name: str) -> types.Tool:
    _, arguments, description = FUNCTIONS[name]
    title, result = TITLES_AND_RESULTS[name]
    asks_a_model = name == ASKS_A_MODEL
    return types.Tool(
        name=name,
        title=title,
        description=description,
        input_schema=arguments.model_json_schema(),
        output_schema=result.model_json_schema(mode="serialization"),
        annotations=types.ToolAnnotations(
            title=title,
            read_only_hint=True,
            destructive_hint=False,
            idempotent_hint=not asks_a_model,  # each call of it costs, and may be answered otherwise
            open_world_hint=asks_a_model,
        ),
    )


def call_tool(served: ServedCaseBase, name: str, given: Mapping[str, Any]) -> types.CallToolResult:
    """One call. What goes wrong on purpose is a result that says so, and whether to try again.

    Args:
        served: the case base.
        name: one of `tool_names`.
        given: arguments as the client sent them.
    """
    function, schema, _ = FUNCTIONS[name]
    try:
        arguments = schema.model_validate(given)
    except ValidationError as error:
        return _failed(validation_message(error))
    asks_a_model = name == ASKS_A_MODEL

    def answer(workspace: Workspace) -> types.CallToolResult:
        if asks_a_model:
            workspace.vision_model = served.vision_model()
        return _converted(served, workspace, function(workspace, arguments, served.context))

    try:
        return served.call(answer, repeatable=not asks_a_model)
    except DermtoolsError as error:
        return _failed(error_message(error, served.path))


def _converted(served: ServedCaseBase, workspace: Workspace, result: ToolResult) -> types.CallToolResult:
    content: list[types.ContentBlock] = [types.TextContent(text=result.text)]
    content += [_case_link(case_id) for case_id in result.data.case_ids[:MAX_LINKS]]
    content += _pictures(served, workspace, result.data.pictures)
    return types.CallToolResult(content=content, structured_content=result.artifact)


def _case_link(case_id: str) -> types.ResourceLink:
    return types.ResourceLink(
        uri=case_uri(case_id),
        name=shown([case_id]),
        description="Labels and attributes of the case, and where its picture is",
        mime_type="application/json",
    )


def _pictures(served: ServedCaseBase, workspace: Workspace, handles: list[str]) -> list[types.ContentBlock]:
    jpegs, left_out = small_jpegs(workspace, served.context, handles)
    lines = [f"pictures in this order: {shown(jpegs)}"] if jpegs else []
    lines += [f"left out, since they are too large together: {shown(left_out)}"] if left_out else []
    if not lines:
        return []
    return [types.TextContent(text=f"{quoted(lines)}\n{TEXT_IN_PICTURES}"), *map(image_content, jpegs.values())]


def image_content(jpeg: bytes) -> types.ImageContent:
    """A JPEG as a content block."""
    return types.ImageContent(data=base64.b64encode(jpeg).decode("ascii"), mime_type="image/jpeg")


def _failed(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True)
