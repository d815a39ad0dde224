"""What the page in a conversation calls, and no model: to take a picture in, and to get pictures."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import mcp_types as types
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dermtools.errors import DermtoolsError, ImageError, QueryError
from dermtools.handles import IMAGE_PREFIX
from dermtools.mcp.results import failure, image_content, refusal
from dermtools.mcp.served import ServedCaseBase
from dermtools.prompting.pictures import PictureBudget
from dermtools.tools import DermContext, Workspace
from dermtools.tools.pictures.showing import stored_jpeg
from dermtools.tools.results import validation_message

MAX_BYTES = 500_000
"""Of all pictures of one result; base64 makes a third more of it, and some hosts cut messages off at a megabyte."""
MAX_PICTURES = 24
"""Of one result; what was left out is asked for again."""
_HANDLE = 600


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class UploadArguments(_Arguments):
    """Arguments of `upload_picture`."""

    picture: str = Field(description="The encoded picture in base64")
    name: str = Field("", description="What its owner calls it", max_length=1000)


class PicturesArguments(_Arguments):
    """Arguments of `get_pictures`."""

    handles: list[Annotated[str, Field(max_length=_HANDLE)]] = Field(
        description="img_... or case:ID", min_length=1, max_length=MAX_PICTURES
    )
    side: Literal[192, 512] = Field(192, description="Long side in pixels, at most")


def _upload(workspace: Workspace, arguments: UploadArguments, context: DermContext) -> types.CallToolResult:
    """Bytes alone: what stands there is never taken for a path or an address."""
    try:
        encoded = base64.b64decode(arguments.picture, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImageError("this is no base64; send the picture's bytes in base64") from error
    held = context.images.add(encoded, name=arguments.name)
    workspace.remark(held.handle, context)  # refuses one with writing in it, where the operator wants that
    told = types.TextContent(text=f"taken in as {held.handle}")
    return types.CallToolResult(content=[told], structured_content={"handle": held.handle, "name": held.name})


def _pictures(workspace: Workspace, arguments: PicturesArguments, context: DermContext) -> types.CallToolResult:
    budget = PictureBudget(max_side=arguments.side, quality=80)
    taken: dict[str, bytes] = {}
    left_out: list[str] = []
    missing: list[str] = []
    for handle in dict.fromkeys(arguments.handles):
        try:
            jpeg = budget.fit_stored(stored_jpeg(workspace, context, handle))
        except (QueryError, ImageError):  # the page says of each that there is none; the others are there all the same
            missing.append(handle)
            continue
        if taken and sum(map(len, taken.values())) + len(jpeg) > MAX_BYTES:
            left_out.append(handle)
        else:
            taken[handle] = jpeg
    told = types.TextContent(text=f"{len(taken)} pictures")
    return types.CallToolResult(
        content=[told, *map(image_content, taken.values())],
        structured_content={"handles": list(taken), "left_out": left_out, "missing": missing},
    )


@dataclass(frozen=True)
class AppTool:
    """A tool for the page."""

    name: str
    title: str
    description: str
    arguments: type[_Arguments]
    function: Callable[[Workspace, Any, DermContext], types.CallToolResult]

    def listed(self, uri: str) -> types.Tool:
        """As a client lists it, which keeps it from its model."""
        return types.Tool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=self.arguments.model_json_schema(),
            annotations=types.ToolAnnotations(
                title=self.title,
                read_only_hint=True,
                destructive_hint=False,
                idempotent_hint=True,
                open_world_hint=False,
            ),
            _meta={"ui": {"resourceUri": uri, "visibility": ["app"]}},
        )

    def call(self, served: ServedCaseBase, given: Mapping[str, Any], context: DermContext) -> types.CallToolResult:
        """One call; what fails is a result that says so."""
        try:
            arguments = self.arguments.model_validate(given)
            return served.call(lambda workspace: self.function(workspace, arguments, context))
        except ValidationError as error:
            return refusal(validation_message(error))
        except DermtoolsError as error:
            return failure(served, error)

    def decodes(self, given: Mapping[str, Any]) -> bool:
        """Whether a call may have to decode a picture that nobody vouches for."""
        handles = given.get("handles")
        named = handles if isinstance(handles, list) else []
        return "picture" in given or any(isinstance(one, str) and one.startswith(IMAGE_PREFIX) for one in named)


APP_TOOLS = {
    tool.name: tool
    for tool in (
        AppTool(
            "upload_picture",
            "Take in a picture",
            "Takes in a picture that was dropped on the page, and gives its handle.",
            UploadArguments,
            _upload,
        ),
        AppTool(
            "get_pictures",
            "Pictures of the page",
            "Small pictures of cases and of what was taken in, within a bound of bytes.",
            PicturesArguments,
            _pictures,
        ),
    )
}
"""Tool by its name."""
