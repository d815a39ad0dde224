"""The catalogue's tools as tools of the protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mcp_types as types
from pydantic import ValidationError

from dermtools.errors import DermtoolsError
from dermtools.handles import CASE_PREFIX
from dermtools.mcp import host_files
from dermtools.mcp.resources import JSON, case_uri
from dermtools.mcp.results import failure, image_content, refusal
from dermtools.mcp.served import ServedCaseBase
from dermtools.tools import CATALOG, DermContext, Workspace, offered_tools
from dermtools.tools.pictures.showing import named_pictures
from dermtools.tools.results import shown, validation_message
from dermtools.tools.schemas import input_schema

MAX_LINKS = 20
"""Links to cases in one result, where the operator asked for links; the structured content names all cases."""


def tool_names(served: ServedCaseBase) -> list[str]:
    """The tools that may be called: a model, a granted folder or a host each bring one of their own."""
    folders = bool(served.grants.folders)
    named = [spec.name for spec in offered_tools(with_model=served.model is not None, with_folders=folders)]
    return [*named, host_files.NAME] if served.fetches else named


def tool_schema(served: ServedCaseBase, name: str) -> dict[str, Any] | None:
    """JSON Schema of a tool's arguments; None where there is no such tool."""
    if name == host_files.NAME:
        return host_files.input_schema()
    return input_schema(CATALOG[name], served.offer()) if name in CATALOG else None


def list_tools(served: ServedCaseBase) -> list[types.Tool]:
    """All tools with their schemas. Reads the manifest alone; CaseBaseError where it cannot be read."""
    offer, names = served.offer(), tool_names(served)
    listed = [
        types.Tool(
            name=spec.name,
            title=spec.title,
            description=spec.description,
            input_schema=input_schema(spec, offer),
            output_schema=spec.result.model_json_schema(mode="serialization") if spec.structured else None,
            annotations=types.ToolAnnotations(title=spec.title, **spec.annotations),
        )
        for spec in (CATALOG[name] for name in names if name in CATALOG)
    ]
    return [*listed, host_files.host_file_tool()] if host_files.NAME in names else listed


def brings_picture(given: Mapping[str, Any]) -> bool:
    """Whether arguments name a picture of the client's own, which may have to be read and decoded."""
    several = given.get("handles")
    named = [given.get("image"), *(several if isinstance(several, list) else ())]
    return "file" in given or any(isinstance(one, str) and not one.startswith(CASE_PREFIX) for one in named)


def take_picture(
    served: ServedCaseBase, given: Mapping[str, Any], context: DermContext
) -> dict[str, Any] | types.CallToolResult:
    """Arguments that name the client's picture by its handle; where it cannot be had, the result that says so."""
    try:
        handle = served.call(lambda workspace: workspace.query(given["image"], context).name)
    except DermtoolsError as error:
        return failure(served, error)
    return {**given, "image": handle}


def call_tool(
    served: ServedCaseBase, name: str, given: Mapping[str, Any], context: DermContext | None = None
) -> types.CallToolResult:
    """One call of one of `tool_names`; what fails is a result that says so, and whether to try again.

    `context` is that of the client's session; the server's only one by default.
    """
    context = context or served.context
    if name == host_files.NAME:
        return host_files.take_host_file(served, given, context)
    spec = CATALOG[name]
    try:
        arguments = spec.arguments.model_validate(given)
    except ValidationError as error:
        return refusal(validation_message(error))

    def answer(workspace: Workspace) -> types.CallToolResult:
        if spec.asks_model:
            workspace.vision_model = served.vision_model()
        result = spec.call(workspace, arguments, context)
        content: list[types.ContentBlock] = [types.TextContent(text=result.text)]
        if served.links:
            content += map(_case_link, result.data.case_ids[:MAX_LINKS])
        text, jpegs = named_pictures(workspace, context, result.data.pictures)
        content += [types.TextContent(text=text), *map(image_content, jpegs)] if text else []
        return types.CallToolResult(content=content, structured_content=result.artifact if spec.structured else None)

    try:
        return served.call(answer, repeatable=not spec.asks_model)
    except DermtoolsError as error:
        return failure(served, error)


def _case_link(case_id: str) -> types.ResourceLink:
    return types.ResourceLink(
        uri=case_uri(case_id),
        name=shown([case_id]),
        description="Labels and attributes of the case, and where its picture is",
        mime_type=JSON,
    )
