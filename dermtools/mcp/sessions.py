"""Pictures of the sessions of a server over HTTP: each has its own, by handles that mean nothing to another.

A session is what the protocol calls so. The protocol of 2026 has none: there it is what one cookie comes back from,
and a client that keeps no cookies gives its picture with every call.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

import anyio
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import principal_components
from starlette.datastructures import Headers

from dermtools.handles import IMAGE_PREFIX
from dermtools.mcp.limits import ServerLimits
from dermtools.tools import DermContext
from dermtools.tools.pictures.image_store import KEPT_SIDE, HeldImage
from dermtools.tools.pictures.recent_images import RecentImages

if TYPE_CHECKING:
    from starlette.types import Scope

SESSION_HEADER = "mcp-session-id"
COOKIE = "dermtools-session"
RESOLVED_BYTES = 3 * KEPT_SIDE**2
"""What a picture takes at most once it is decoded, beside its encoded bytes."""

_COOKIE_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Caller:
    """Whose session a request belongs to."""

    session: str
    new_cookie: str | None = None
    """To be set, where the request came with neither session nor cookie."""
    by_cookie: bool = False
    """Whether the request came with a cookie."""
    user: str = ""
    """Who the request's token was issued to; "" where clients are not told apart by their tokens."""

    @classmethod
    def of(cls, scope: Scope) -> Caller:
        """Read from a request's headers and its token."""
        headers, user = Headers(scope=scope), scope.get("user")
        # In each name, since the SDK asks whose a session is in the protocols that have sessions, and in no other.
        who = json.dumps(principal_components(user.access_token)) if isinstance(user, AuthenticatedUser) else ""
        if session := headers.get(SESSION_HEADER):
            return cls(session_name(session, who), user=who)
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            cookie = None
        if cookie is not None and _COOKIE_VALUE.fullmatch(cookie.value):
            return cls(f"cookie {cookie.value} {who}", by_cookie=True, user=who)
        fresh = secrets.token_urlsafe(32)
        return cls(f"cookie {fresh} {who}", f"{COOKIE}={fresh}; HttpOnly; SameSite=Strict", user=who)


def session_name(session: str, user: str) -> str:
    """What a session of the protocol is called here."""
    return f"session {session} {user}"


class SessionImages(RecentImages):
    """Pictures of one session; handles are keyed by a secret of its own, so that they say nothing of the content."""

    def __init__(self, max_bytes: int, added: Callable[[], None]) -> None:
        super().__init__(max_bytes=max_bytes)
        self._secret = secrets.token_bytes(32)
        self._added = added

    @property
    def size(self) -> int:
        """Bytes that they take at most."""
        with self._lock:
            return self._bytes()

    def _handle(self, digest: str) -> str:
        return IMAGE_PREFIX + hmac.digest(self._secret, digest.encode(), "sha256").hex()[:32]

    def _keep(self, held: HeldImage) -> HeldImage:
        kept = super()._keep(held)
        self._added()
        return kept

    def _bytes(self) -> int:
        return super()._bytes() + RESOLVED_BYTES * len(self._held)


class _Session:
    def __init__(self, images: SessionImages, now: float) -> None:
        self.context = DermContext(images=images)
        self.images = images
        self.used = now


class Sessions:
    """All sessions that were heard of lately. Safe for threads."""

    def __init__(self, limits: ServerLimits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, _Session] = {}
        """The one used last stands last."""

    def __contains__(self, name: object) -> bool:
        return name in self._sessions

    def __len__(self) -> int:
        return len(self._sessions)

    def context(self, name: str) -> DermContext:
        """Of a session, which now counts as used; where it is new, others may make room."""
        with self._lock:
            self._forget_idle()
            session = self._sessions.pop(name, None)
            if session is None:
                images = SessionImages(self._limits.session_megabytes << 20, self._make_room)
                session = _Session(images, self._clock())
            session.used = self._clock()
            self._sessions[name] = session
            while len(self._sessions) > self._limits.sessions:
                del self._sessions[next(iter(self._sessions))]
            return session.context

    def forget(self, name: str) -> None:
        """A session has ended."""
        with self._lock:
            self._sessions.pop(name, None)

    def forget_idle(self) -> None:
        """Sessions that have been unused for too long end."""
        with self._lock:
            self._forget_idle()

    async def end_idle(self) -> None:
        """`forget_idle` now and then, for as long as this runs."""
        while True:
            await anyio.sleep(min(60.0, 30 * self._limits.session_minutes))
            self.forget_idle()

    def _forget_idle(self) -> None:
        before = self._clock() - 60 * self._limits.session_minutes
        for name in [name for name, session in self._sessions.items() if session.used < before]:
            del self._sessions[name]

    def _make_room(self) -> None:
        with self._lock:
            sizes = {name: session.images.size for name, session in self._sessions.items()}
            for name in list(sizes)[:-1]:
                if sum(sizes.values()) <= self._limits.megabytes << 20:
                    break
                del self._sessions[name], sizes[name]
