"""One process that serves the page, until it is stopped."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext

import anyio
from anyio import to_thread

from dermtools.app.access import Access
from dermtools.app.opening import opened_in_browser
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

    def tell_address() -> str:
        address = f"http://{HOST}:{port}/#token={access.new_token()}"
        print(address, flush=True)
        return address

    async with anyio.create_task_group() as group:
        await group.start(call_on_signal, lambda: setattr(serving, "should_exit", True))
        address = tell_address()
        print("It opens the page once, on this machine. Enter: another address. Ctrl-C: end.", flush=True)
        if sys.stdin.isatty():
            # A thread that ends with the process: nothing can call it back from its wait for a line.
            threading.Thread(target=_tell_at_each_enter, args=[tell_address], daemon=True).start()
        group.start_soon(to_thread.run_sync, session.warm)
        with session, opened_in_browser(address) if browser else nullcontext():
            await serving.serve(sockets=[listening])
        group.cancel_scope.cancel()


def _tell_at_each_enter(tell: Callable[[], object]) -> None:
    while sys.stdin.readline():
        tell()
