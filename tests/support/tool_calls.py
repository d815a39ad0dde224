"""Calling a tool's plain function, as every front end does."""

from __future__ import annotations

from typing import Any

from dermtools.tools import CATALOG, DermContext, ToolResult, Workspace


def called(workspace: Workspace, name: str, context: DermContext | None = None, **arguments: Any) -> ToolResult:
    """What the catalogue's tool gives for these arguments."""
    spec = CATALOG[name]
    return spec.function(workspace, spec.arguments(**arguments), context or DermContext())
