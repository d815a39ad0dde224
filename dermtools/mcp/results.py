"""Results of calls, as the protocol has them."""

from __future__ import annotations

import base64

import mcp_types as types

from dermtools.errors import DermtoolsError
from dermtools.mcp.served import ServedCaseBase
from dermtools.tools.results import error_message


def image_content(jpeg: bytes) -> types.ImageContent:
    """A JPEG as a content block."""
    return types.ImageContent(data=base64.b64encode(jpeg).decode("ascii"), mime_type="image/jpeg")


def refusal(text: str) -> types.CallToolResult:
    """A call that failed, and what a model is told of it."""
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True)


def failure(served: ServedCaseBase, error: DermtoolsError) -> types.CallToolResult:
    """A call that failed with an error of ours, without what no client is told."""
    return refusal(served.discreet(error_message(error, served.known_paths)))
