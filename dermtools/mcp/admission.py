"""Which requests over HTTP are let in: so many at once, of so many bytes, in so much time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

from dermtools.mcp import limits
from dermtools.mcp.sessions import SESSION_HEADER, Caller, Sessions, session_name

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PLACE = "dermtools.place"
"""Where a request's scope has its `Place`."""
CONTEXT = "dermtools.context"
"""Where a request's scope has what gives the `DermContext` of its session."""


class Place:
    """A request's place among those under way; given back once neither the request nor a call of it goes on."""

    def __init__(self, give_back: Callable[[], None]) -> None:
        self._give_back = [give_back]
        self._holders = 0

    def also(self, give_back: Callable[[], None]) -> None:
        """Something more to give back."""
        self._give_back.append(give_back)

    def __enter__(self) -> Place:
        self._holders += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._holders -= 1
        while not self._holders and self._give_back:
            self._give_back.pop()()


class _RefusedError(Exception):
    def __init__(self, status: int, text: str) -> None:
        retry = {"Retry-After": str(limits.RETRY_SECONDS)} if status == 429 else None
        self.response = PlainTextResponse(text, status, retry)


class Admission:
    """ASGI middleware: refuses, waits for room, reads the body, and lets the request through.

    A large body is read only when there is a place for it, and holds that until its call is over: so many copies of
    so many bytes are in memory at once, and no more.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions, server_limits: limits.ServerLimits) -> None:
        self._app = app
        self._sessions = sessions
        self._limits = server_limits
        self._under_way: Counter[str] = Counter()
        self._large = anyio.Semaphore(limits.LARGE_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller = Caller.of(scope)
        scope[CONTEXT] = partial(self._sessions.context, caller.session)
        if caller.by_cookie or caller.session in self._sessions:
            self._sessions.context(caller.session)  # counts as used
        if scope["method"] != "POST":
            await self._app(scope, receive, self._noting(caller, scope["method"], send))
            return
        try:
            place = self._take(scope, caller)
        except _RefusedError as refused:
            await refused.response(scope, receive, send)
            return
        with place:
            try:
                read = await self._read(scope, receive, place)
            except _RefusedError as refused:
                await refused.response(scope, receive, send)
                return
            scope[PLACE] = place
            await self._app(scope, read, self._noting(caller, "POST", send))

    def _take(self, scope: Scope, caller: Caller) -> Place:
        client, most = caller.session, self._limits.client_calls
        if client not in self._sessions:
            address = scope["client"][0] if scope.get("client") else ""
            client, most = f"address {address}", self._limits.address_calls
        if self._under_way[client] >= most:
            raise _RefusedError(429, f"{most} requests of this client are under way; wait for one to end")
        if self._under_way.total() >= self._limits.calls:
            raise _RefusedError(429, "the server has as many requests as it can take; try again later")
        self._under_way[client] += 1

        def give_back() -> None:
            self._under_way[client] -= 1
            self._under_way += Counter()  # drops those at 0

        return Place(give_back)

    async def _read(self, scope: Scope, receive: Receive, place: Place) -> Receive:
        """The whole body, as a `receive` that gives its pieces and lets go of them."""
        length = Headers(scope=scope).get("content-length", "")
        declared = int(length) if length.isdecimal() and length.isascii() else 0
        if declared > limits.MAX_BODY:
            raise _RefusedError(413, f"a request has at most {limits.MAX_BODY:,} bytes")
        pieces: deque[Message] = deque()
        seen, has_place = 0, False
        deadline = anyio.current_time() + limits.BODY_SECONDS
        while True:
            if not has_place and max(declared, seen) > limits.LARGE_BODY:
                await self._large_place(place)
                has_place, deadline = True, anyio.current_time() + limits.BODY_SECONDS
            message = await _in_time(receive, min(limits.PAUSE_SECONDS, deadline - anyio.current_time()))
            pieces.append(message)
            seen += len(message.get("body", b""))
            if seen > limits.MAX_BODY:
                raise _RefusedError(413, f"a request has at most {limits.MAX_BODY:,} bytes")
            if not message.get("more_body", False):
                break

        async def replay() -> Message:
            return pieces.popleft() if pieces else await receive()

        return replay

    async def _large_place(self, place: Place) -> None:
        with anyio.move_on_after(limits.PLACE_SECONDS) as waited:
            await self._large.acquire()
        if waited.cancelled_caught:
            raise _RefusedError(429, "too many large requests at once; try again later, or with a smaller picture")
        place.also(self._large.release)

    def _noting(self, caller: Caller, method: str, send: Send) -> Send:
        """Sends; opens and ends sessions as the replies say."""

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if method == "DELETE" and message["status"] < 300:
                    self._sessions.forget(caller.session)
                elif method == "POST" and caller.new_cookie is not None:
                    if opened := headers.get(SESSION_HEADER):
                        self._sessions.context(session_name(opened, caller.user))
                    else:
                        headers.append("set-cookie", caller.new_cookie)
                if message["status"] == 503:
                    headers["retry-after"] = str(limits.RETRY_SECONDS)
            await send(message)

        return noting


async def _in_time(receive: Callable[[], Awaitable[Any]], seconds: float) -> Any:
    with anyio.move_on_after(max(seconds, 0)):
        return await receive()
    raise _RefusedError(408, "the body came too slowly")
