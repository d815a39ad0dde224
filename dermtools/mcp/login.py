"""The bearer token that clients of a server over HTTP carry."""

from __future__ import annotations

import hashlib
import hmac
import logging
from typing import TYPE_CHECKING

import anyio
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from dermtools.mcp.limits import RETRY_SECONDS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

logger = logging.getLogger(__name__)

FAILED_SECONDS = 1.0
"""How long the answer to a wrong token takes; nobody else waits for it."""
FAILED_AT_ONCE = 32
"""Wrong tokens whose answers wait; with more, they are answered at once and otherwise: 429."""


class BearerToken:
    """ASGI middleware: a request without the token is answered 401, slowly, and goes no further."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = _digest(token.encode())
        self._failing = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or not."""
        if scope["type"] == "http" and not self._is_right(Headers(scope=scope).get("authorization", "")):
            await (await self._refusal(scope))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_right(self, authorization: str) -> bool:
        scheme, _, token = authorization.encode("latin-1").partition(b" ")
        # Digests, so that the time says nothing of the length either.
        return hmac.compare_digest(_digest(token.strip()), self._expected) and scheme.lower() == b"bearer"

    async def _refusal(self, scope: Scope) -> PlainTextResponse:
        if self._failing >= FAILED_AT_ONCE:
            return PlainTextResponse("too many failed logins", 429, {"Retry-After": str(RETRY_SECONDS)})
        self._failing += 1
        try:
            logger.warning("a request from %s came without the right token", (scope.get("client") or ("?",))[0])
            await anyio.sleep(FAILED_SECONDS)
        finally:
            self._failing -= 1
        return PlainTextResponse("a bearer token is needed", 401, {"WWW-Authenticate": "Bearer"})


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
