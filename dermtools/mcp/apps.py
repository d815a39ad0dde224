"""The page in the conversation: an MCP App, where the client's host shows such pages; others get what they always got.

The MCP Apps extension (`io.modelcontextprotocol/ui`, revision 2026-01-26): tools name the page in `_meta.ui`, the host
reads it, shows it in a sandboxed frame beside their results, and hands on what it asks for. Two more
tools are for the page alone and no model is shown them: one takes a picture in, one gives pictures, since a sandboxed
page reaches no network.
"""

from __future__ import annotations

from typing import Any

import mcp_types as types
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID, ResourceCsp, ResourcePermissions, client_supports_apps

from dermtools.mcp.app_tools import APP_TOOLS
from dermtools.pages import app_page

__all__ = ["APP_MIME_TYPE", "EXTENSION_ID", "URI", "app_resource", "client_supports_apps", "read_app", "with_app"]

URI = "ui://dermtools/cases"
SHOWN_BY = ("search_similar_cases", "classify_with_adapter", "format_exemplars", "run_prompt", "get_case")
"""Tools whose results the page shows."""
_ABOUT: dict[str, Any] = {
    "ui": {
        # No origin at all: what the page shows comes through the host.
        "csp": ResourceCsp(connect_domains=[], resource_domains=[], frame_domains=[], base_uri_domains=[]).model_dump(
            by_alias=True
        ),
        "permissions": ResourcePermissions(camera={}).model_dump(by_alias=True, exclude_none=True),
        "prefersBorder": True,
    }
}
"""In the list and in what is read: some hosts look at one, some at the other."""


def app_resource() -> types.Resource:
    """The page as a resource; it is read from the disk only once a client asks for it."""
    return types.Resource(
        uri=URI,
        name="cases",
        title="Similar cases",
        description="Shows what the tools found, takes pictures in, and tells the assistant what was chosen",
        mime_type=APP_MIME_TYPE,
        _meta=_ABOUT,
    )


def read_app() -> types.ReadResourceResult:
    """The whole page: style and script are in it."""
    page = types.TextResourceContents(uri=URI, mime_type=APP_MIME_TYPE, text=app_page(), _meta=_ABOUT)
    return types.ReadResourceResult(contents=[page])


def with_app(tools: list[types.Tool]) -> list[types.Tool]:
    """The tools as an Apps client lists them: bound to the page, and with those that the page alone may call."""
    shown = {"ui": {"resourceUri": URI}}
    bound = [
        tool.model_copy(update={"meta": {**(tool.meta or {}), **shown}}) for tool in tools if tool.name in SHOWN_BY
    ]
    names = {tool.name: tool for tool in bound}
    return [*(names.get(tool.name, tool) for tool in tools), *(tool.listed(URI) for tool in APP_TOOLS.values())]
