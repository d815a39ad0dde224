"""How a server of this project listens: on one socket, guarded connections, signals left to us."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from dermtools.errors import DermtoolsError
from dermtools.mcp.connections import GuardedConnection

if TYPE_CHECKING:
    from starlette.types import ASGIApp

STOP_SECONDS = 3
"""How long requests under way may take to end when the server stops."""


class Listener(uvicorn.Server):
    """Leaves signals to us: its own way ends the process with the signal's exit code."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing."""
        yield


def listener(app: ASGIApp) -> Listener:
    """Serves an application once its `serve` is given a socket."""
    return Listener(
        uvicorn.Config(
            app,
            http=GuardedConnection,
            ws="none",
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=STOP_SECONDS,
            server_header=False,
        )
    )


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there; 0 stands for any free port.

    Raises:
        DermtoolsError: it cannot, as where another process does already.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, place = found[0]
        both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
        return socket.create_server(place[:2], family=family, backlog=socket.SOMAXCONN, dualstack_ipv6=both)
    except OSError as error:
        reason = str(error.strerror).partition(" (while")[0]
        raise DermtoolsError(f"cannot listen on {host}:{port}: {reason}; choose another") from error
