"""Requests to the server over HTTP as they go over the wire, for clients that are not the official one."""

from __future__ import annotations

from typing import Any

HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}
VERSION = "2026-07-28"


def modern_request(method: str, **params: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Body and headers of a request in the protocol of 2026."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    return body, {**HEADERS, "MCP-Protocol-Version": VERSION, "Mcp-Method": method}


def modern_call(name: str, arguments: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Body and headers of a tool's call in the protocol of 2026."""
    body, headers = modern_request("tools/call", name=name, arguments=arguments)
    return body, {**headers, "Mcp-Name": name}
