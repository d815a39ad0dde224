"""Who may come in: the person who started the server, from a browser on this machine, and no page but ours.

The address that is printed ends in a token, in the part that browsers send nowhere. The page trades it, once, for a
cookie, which scripts cannot read. Cookies do not tell ports apart: another user's server on this machine would be sent
it. So it goes below a random path alone, which our page keeps where only its own origin can read.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from typing import TYPE_CHECKING

from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

NAMES = ("127.0.0.1", "localhost", "[::1]")
COOKIE = "dermtools"
_OUTSIDE = ("cross-site", "same-site")
"""What browsers say of requests that a page of another origin makes; `same-site` is another port of this machine."""


class Access:
    """The token, the cookie and the path of one server."""

    def __init__(self) -> None:
        self.path = f"/at/{secrets.token_urlsafe(12)}"
        self._cookie = secrets.token_urlsafe(32)
        self._token = secrets.token_urlsafe(24)
        self._lock = threading.Lock()
        self._used = False

    def new_token(self) -> str:
        """A token that opens the page once; one given before opens nothing any more."""
        with self._lock:
            if self._used:
                self._token, self._used = secrets.token_urlsafe(24), False
            return self._token

    def trade(self, token: str) -> Response:
        """The cookie and the path for a token that was not used yet; else a refusal."""
        with self._lock:
            fits = hmac.compare_digest(token.encode(), self._token.encode()) and not self._used
            self._used = self._used or fits
        if not fits:
            return refusal(
                "this address was used already, or is of another start; press Enter in the terminal for a new one"
            )
        reply = JSONResponse({"path": self.path}, headers={"Cache-Control": "no-store"})
        reply.set_cookie(COOKIE, self._cookie, path=self.path, httponly=True, samesite="strict")
        return reply

    def holds(self, request: Request) -> bool:
        """Whether a request brings the cookie."""
        return hmac.compare_digest(request.cookies.get(COOKIE, "").encode(), self._cookie.encode())


def refusal(reason: str) -> Response:
    """No entry, and why, in one line."""
    return JSONResponse({"error": {"message": reason, "fixable": False}}, 403, {"Cache-Control": "no-store"})


class Guard:
    """ASGI middleware: hosts and origins but ours are refused, and below the random path all without the cookie."""

    def __init__(self, app: ASGIApp, access: Access, port: int) -> None:
        self._app = app
        self._access = access
        hosts = [f"{name}:{port}" for name in NAMES]
        origins = [f"http://{host}" for host in hosts]
        self._security = TransportSecurityMiddleware(
            TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        refused = await self._security.validate_request(request)
        inside = request.url.path.startswith("/at/")
        if refused is None and inside:
            if request.headers.get("sec-fetch-site") in _OUTSIDE:
                refused = refusal("only this server's own page may ask it")
            elif not request.url.path.startswith(f"{self._access.path}/") or not self._access.holds(request):
                refused = refusal("open the address that the terminal prints")
        await (self._app if refused is None else refused)(scope, receive, send)
