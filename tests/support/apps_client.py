"""The official client as a host of MCP Apps connects it."""

from __future__ import annotations

from mcp.client.extension import ClientExtension, advertise
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID


def shows_apps(*mime_types: str) -> list[ClientExtension]:
    """What a client says that shows pages of these kinds; by default of the one that there is."""
    return [advertise(EXTENSION_ID, {"mimeTypes": list(mime_types or (APP_MIME_TYPE,))})]
