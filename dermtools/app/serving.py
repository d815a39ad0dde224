"""One process that serves the page, until it is stopped."""

from __future__ import annotations

import sys
import webbrowser

import anyio
from anyio import to_thread

from dermtools.app.access import Access
from dermtools.app.server import application
from dermtools.app.session import AppSession
from dermtools.mcp.listening import bound, listener
from dermtools.mcp.stopping import call_on_signal

HOST = "127.0.0.1"


def serve_app(session: AppSession, *, port: int, browser: bool) -> None:
    """Serve until SIGTERM or SIGINT comes; print the address, and open it where `browser`.

    Raises:
        DermtoolsError: the port cannot be listened on.
    """
    anyio.run(_serve, session, port, browser)


async def _serve(session: AppSession, port: int, browser: bool) -> None:
    listening = bound(HOST, port)
    port = listening.getsockname()[1]
    access = Access()
    serving = listener(application(session, access, port))

    def address() -> str:
        return f"http://{HOST}:{port}/#token={access.new_token()}"

    async def further_addresses() -> None:
        """Another for each Enter: one opens the page once, in one browser."""
        while await to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
            print(address(), flush=True)

    async with anyio.create_task_group() as group:
        await group.start(call_on_signal, lambda: setattr(serving, "should_exit", True))
        print(f"{address()}\nOpen it in a browser on this machine; Enter prints another, Ctrl-C ends.", flush=True)
        if browser:
            await to_thread.run_sync(webbrowser.open, address())
        if sys.stdin.isatty():
            group.start_soon(further_addresses)
        group.start_soon(to_thread.run_sync, session.warm)
        await serving.serve(sockets=[listening])
        group.cancel_scope.cancel()
