"""What a request over HTTP meets first: paths as proxies leave them, pages of other origins, and the health route."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse

from dermtools.mcp.sessions import SESSION_HEADER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

HEALTH = "/healthz"
"""Says that the process answers, to anybody, and nothing else."""
_RESUME = b"last-event-id"


class Front:
    """ASGI middleware.

    A path is served with and without `prefix`, since some proxies take it off and some leave it, and with a slash at
    its end: a redirect would have to know the prefix. No events are kept to be sent again, so that the header which
    asks for those after one is taken off: such a stream begins now.
    """

    def __init__(self, app: ASGIApp, prefix: str = "") -> None:
        self._app = app
        self._prefix = prefix.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        if scope["type"] == "http":
            path: str = scope["path"]
            if self._prefix and f"{path}/".startswith(f"{self._prefix}/"):
                path = path[len(self._prefix) :]
            path = path.rstrip("/") or "/"
            if path == HEALTH:
                await _health(scope["method"])(scope, receive, send)
                return
            headers = [(name, value) for name, value in scope["headers"] if name.lower() != _RESUME]
            scope = {**scope, "path": path, "raw_path": path.encode(), "headers": headers}
        await self._app(scope, receive, send)


def open_to(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """The application, with replies that pages of these origins may read; browsers ask first, without a token."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=("GET", "POST", "DELETE"),
        allow_headers=("*",),
        expose_headers=(SESSION_HEADER, "WWW-Authenticate", "Retry-After"),
    )


def _health(method: str) -> PlainTextResponse:
    if method not in ("GET", "HEAD"):
        return PlainTextResponse("use GET", 405, {"Allow": "GET, HEAD"})
    return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})
