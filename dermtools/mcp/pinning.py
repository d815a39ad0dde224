"""One of several processes behind a proxy: its sessions and cookies begin with its name, by which the proxy finds it.

Pictures and sessions are in the memory of the process that took them. So the id of a session is `NAME.ID`, and the
cookie of a client of the protocol of 2026 `NAME.VALUE`; the proxy sends both to the process of that name, and what has
neither to any. Where that process has died, another is asked, and knows nothing of them: it answers 404, after which
clients initialise again (basic/transports, "Session Management"), or sets a cookie of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

from dermtools.mcp.sessions import COOKIE, SESSION_HEADER

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENDED = "the session has ended, by time or with the process that held it; initialise again, and give its pictures anew"
INSTANCE = re.compile(r"[a-z0-9]{1,16}")
"""What a process may be called."""


class Pinned:
    """ASGI middleware around one process; `name` is "" for one that stands alone. A session that it has not is 404."""

    def __init__(self, app: ASGIApp, name: str = "") -> None:
        self._app = app
        self._prefix = f"{name}." if name else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the name off what comes, and put it before what goes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        session = Headers(scope=scope).get(SESSION_HEADER)
        if self._prefix:
            scope = {**scope, "headers": [(name, self._own(name, value)) for name, value in scope["headers"]]}
        ended = False

        async def naming(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                if message["status"] == 404 and session is not None:
                    ended = True
                    error = {"code": -32600, "message": ENDED}
                    await JSONResponse({"jsonrpc": "2.0", "id": None, "error": error}, 404)(scope, receive, send)
                    return
                self._name(MutableHeaders(scope=message))
            if not ended:
                await send(message)

        await self._app(scope, receive, naming)

    def _own(self, name: bytes, value: bytes) -> bytes:
        """A header as this process itself would have it; another's session and cookie stay as they are, and unknown."""
        prefix = self._prefix.encode()
        if name == SESSION_HEADER.encode():
            return value.removeprefix(prefix)
        return value.replace(f"{COOKIE}=".encode() + prefix, f"{COOKIE}=".encode()) if name == b"cookie" else value

    def _name(self, headers: MutableHeaders) -> None:
        if not self._prefix:
            return
        if session := headers.get(SESSION_HEADER):
            headers[SESSION_HEADER] = self._prefix + session
        if (cookie := headers.get("set-cookie")) and cookie.startswith(f"{COOKIE}="):
            headers["set-cookie"] = cookie.replace("=", f"={self._prefix}", 1)
