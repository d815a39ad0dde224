"""A picture that a host hands over as a file, where the operator granted the host that it is fetched from.

No assistant gives an attachment to a tool of its own accord. ChatGPT does where a tool's `_meta` names the argument:
"openai/fileParams", a list of top-level fields of the shape {download_url, file_id}; see "Tool descriptor parameters"
of https://developers.openai.com/apps-sdk/reference. Other hosts pass the hint over. The tools take a picture as text,
so that one tool apart turns such a file into the handle that all others take.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mcp_types as types
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dermtools.errors import DermtoolsError
from dermtools.mcp.results import failure, refusal
from dermtools.mcp.served import ServedCaseBase
from dermtools.tools import DermContext
from dermtools.tools.results import validation_message

NAME = "take_picture"
_URL, _WORD = 8192, 300


class HostFile(BaseModel):
    """A file as the host describes it; it is fetched from its URL, and all else is passed over."""

    model_config = ConfigDict(extra="ignore")

    download_url: str = Field(max_length=_URL)
    file_id: str = Field(max_length=_WORD)
    mime_type: str = Field(default="", max_length=_WORD)
    file_name: str = Field(default="", max_length=_WORD)


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    file: HostFile


def input_schema() -> dict[str, Any]:
    """With the file's shape where it is used: not every host follows a reference to it."""
    text = {"type": "string"}
    names = ("download_url", "file_id", "mime_type", "file_name")
    file = {
        "type": "object",
        "description": "The attached picture; the host fills it in",
        "properties": dict.fromkeys(names, text),
        "required": list(names[:2]),
    }
    return {"type": "object", "properties": {"file": file}, "required": ["file"], "additionalProperties": False}


def host_file_tool() -> types.Tool:
    """The tool, with the hint for its host."""
    return types.Tool(
        name=NAME,
        title="Take a picture that is attached to the chat",
        description="Takes in a picture attached to the chat and gives its handle (img_...) for other tools' image.",
        input_schema=input_schema(),
        output_schema={"type": "object", "properties": {"image": {"type": "string"}}, "required": ["image"]},
        annotations=types.ToolAnnotations(
            title="Take a picture that is attached to the chat",
            read_only_hint=True,
            destructive_hint=False,
            idempotent_hint=True,
            open_world_hint=True,
        ),
        _meta={"openai/fileParams": ["file"]},
    )


def take_host_file(served: ServedCaseBase, given: Mapping[str, Any], context: DermContext) -> types.CallToolResult:
    """The handle of the picture, or why it cannot be had; its URL, which may be secret, is in neither."""
    try:
        url = _Arguments.model_validate(given).file.download_url
        if url.partition(":")[0].lower() not in ("http", "https"):
            return refusal("the file's download_url must be an http(s) URL; attach the picture again")
        handle = served.call(lambda workspace: workspace.query(url, context).name)
    except ValidationError as error:
        return refusal(validation_message(error))
    except DermtoolsError as error:
        return failure(served, error)
    told = types.TextContent(text=f"the picture is {handle}; give it as image to the other tools")
    return types.CallToolResult(content=[told], structured_content={"image": handle})
