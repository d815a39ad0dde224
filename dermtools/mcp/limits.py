"""How much the clients of a server over HTTP may ask of it, each and all together."""

from __future__ import annotations

from dataclasses import dataclass

from dermtools.errors import DermtoolsError

MAX_BODY = 48 * 1024 * 1024
"""Bytes of one request: a picture of 32 MiB as a `data:` URL still fits."""
LARGE_BODY = 1024 * 1024
"""A request of more bytes waits for one of `LARGE_AT_ONCE` places before it is read."""
LARGE_AT_ONCE = 2
HEAD_SECONDS = 10.0
"""From a connection's start, or the last reply on it, to the end of a request's head."""
PAUSE_SECONDS = 10.0
"""Between two pieces of a body."""
BODY_SECONDS = 120.0
"""From the first piece of a body to the last."""
REST_SECONDS = 10.0
"""For the rest of a body that was refused unread."""
WRITE_SECONDS = 60.0
"""For a client that reads nothing of what it is sent."""
PLACE_SECONDS = 20.0
"""A large request's wait for a place; the official client gives up writing after 30 s."""
RETRY_SECONDS = 5
"""What `Retry-After` says."""
MAX_CONNECTIONS = 512


@dataclass(frozen=True)
class ServerLimits:
    """What an operator may set.

    Args:
        calls: requests under way in all. Clients that cannot be told apart share three quarters of them.
        client_calls: requests under way of one client.
        sessions: sessions that are open, and that pictures are kept for.
        session_minutes: after so long without a request a session ends and its pictures are forgotten.
        session_megabytes: pictures that are kept for one session; the oldest make room.
        megabytes: pictures that are kept in all; the session unused for longest makes room.

    Raises:
        DermtoolsError: one is not positive.
    """

    calls: int = 64
    client_calls: int = 8
    sessions: int = 256
    session_minutes: float = 30
    session_megabytes: int = 96
    megabytes: int = 192

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise DermtoolsError(f"{name} must be more than 0, not {value:g}")

    @property
    def address_calls(self) -> int:
        """Requests under way of all clients at one address that have no session yet."""
        return max(self.calls * 3 // 4, 1)
