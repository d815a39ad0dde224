"""What a client that named a level is told of its calls beside their results: `notifications/message`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, get_args
from weakref import WeakKeyDictionary

import mcp_types as types
from mcp.server.context import CallNext, HandlerResult
from mcp.shared.exceptions import MCPError
from mcp_types import LOG_LEVEL_META_KEY

from dermtools.mcp.threads import Context
from dermtools.text import one_line
from dermtools.tools import DermContext

LEVELS: tuple[types.LoggingLevel, ...] = get_args(types.LoggingLevel)
"""From the least to the most severe."""
TOLD = ("tools/call", "prompts/get", "resources/read")
"""Requests whose end is told; those that take time."""


class ClientLog:
    """Sends what a client asked for, and nothing to one that named no level.

    Until 2025 a client names its level once, by `logging/setLevel`; in the protocol of 2026, with each request.

    Args:
        session: finds the context of the session that a request belongs to.
    """

    def __init__(self, session: Callable[[Context], DermContext]) -> None:
        self._session = session
        self._levels: WeakKeyDictionary[DermContext, types.LoggingLevel] = WeakKeyDictionary()

    async def set_level(self, context: Context, params: types.SetLevelRequestParams) -> types.EmptyResult:
        """From now on the session is told of what is as severe, or more so."""
        self._levels[self._session(context)] = params.level
        return types.EmptyResult()

    async def middleware(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """Tells how a request ended and how long it took; what was asked and what failed is in its reply."""
        if ctx.method not in TOLD:
            return await call_next(ctx)
        start = time.monotonic()
        try:
            result = await call_next(ctx)
        except MCPError as error:
            level: types.LoggingLevel = "error" if error.error.code == types.INTERNAL_ERROR else "warning"
            await self._tell(ctx, level, start, "failed")
            raise
        refused = isinstance(result, dict) and result.get("isError")
        await self._tell(ctx, "warning" if refused else "info", start, "refused" if refused else "ok")
        return result

    async def _tell(self, context: Context, level: types.LoggingLevel, start: float, outcome: str) -> None:
        wanted = (context.meta or {}).get(LOG_LEVEL_META_KEY) or self._levels.get(self._session(context))
        if wanted not in LEVELS or LEVELS.index(level) < LEVELS.index(wanted):
            return
        data: dict[str, Any] = {"request": context.method}
        if isinstance(name := (context.params or {}).get("name"), str):
            data["name"] = one_line(name, 80)
        data |= {"outcome": outcome, "seconds": round(time.monotonic() - start, 3)}
        message = types.LoggingMessageNotificationParams(level=level, logger="dermtools", data=data)
        await context.session.send_notification(
            types.LoggingMessageNotification(params=message), related_request_id=context.request_id
        )
