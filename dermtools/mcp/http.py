"""The server over streamable HTTP: many clients, on loopback unless there is a token."""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio
from mcp.server.transport_security import TransportSecuritySettings

from dermtools.errors import DermtoolsError
from dermtools.mcp.admission import Admission
from dermtools.mcp.front import Front, open_to
from dermtools.mcp.limits import MAX_BODY, ServerLimits
from dermtools.mcp.login import BearerToken
from dermtools.mcp.pinning import INSTANCE, Pinned
from dermtools.mcp.server import CaseBaseServer
from dermtools.mcp.sessions import Sessions
from dermtools.mcp.stopping import call_on_signal

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from dermtools.mcp.oauth import AuthServer

logger = logging.getLogger(__name__)

TOKEN_VARIABLE = "DERMTOOLS_MCP_TOKEN"
MIN_TOKEN = 16
"""Characters of a bearer token at least."""
PATH = "/mcp"

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_HOST_NAME = re.compile(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]")
_URL = re.compile(rf"https?://(?P<name>{_HOST_NAME.pattern})(:\d{{1,5}})?(?P<path>/[A-Za-z0-9._~/-]*)?")


@dataclass(frozen=True)
class HttpAddress:
    """Where to listen, and who may call.

    Args:
        host: a name or address; loopback needs no token.
        port: 0 for any free one.
        token: bearer token that every request must carry; None for none.
        names: further names that clients call the server by, as in their `Host` and `Origin`.
        url: where clients reach it, as behind a proxy, e.g. `https://derm.example/tools/mcp`: one more name, and a path
            that the proxy may leave before `/mcp`.
        origins: pages of other origins (`https://page.example`) that may call it from a browser.
        auth: the authorization server whose tokens every request must carry, instead of `token`.
        instance: what the process is called among several behind one proxy; see `pinning.py`.

    Raises:
        DermtoolsError: an address other than loopback without a token, a short token, an address that says no name, or
            a name, URL or origin that is none.
    """

    host: str
    port: int
    token: str | None = None
    names: tuple[str, ...] = ()
    url: str | None = None
    origins: tuple[str, ...] = ()
    auth: AuthServer | None = None
    instance: str = ""

    def __post_init__(self) -> None:
        if self.token is not None and (len(self.token) < MIN_TOKEN or not self.token.isascii()):
            raise DermtoolsError(f"the token in {TOKEN_VARIABLE} needs {MIN_TOKEN} ASCII characters or more")
        if self.instance and not INSTANCE.fullmatch(self.instance):
            raise DermtoolsError(f"{self.instance!r} is no name of a process; write e.g. a or server2 (a-z, 0-9)")
        for name in self.names:
            if not _HOST_NAME.fullmatch(name):
                raise DermtoolsError(f"{name!r} is no host name; give it without scheme, port and path")
        if self.url is not None and not (_URL.fullmatch(self.url) and self.url.endswith(PATH)):
            raise DermtoolsError(f"{self.url!r} is no URL of this server; write e.g. https://derm.example/tools{PATH}")
        for origin in self.origins:
            if not (found := _URL.fullmatch(origin)) or found["path"]:
                raise DermtoolsError(f"{origin!r} is no origin; write scheme and host, e.g. https://page.example")
        if self.token is not None and self.auth is not None:
            raise DermtoolsError(f"unset {TOKEN_VARIABLE}, or leave --auth-server out: clients log in by one of them")
        if self.is_loopback:
            return
        if self.token is None and self.auth is None:
            raise DermtoolsError(
                f"{self.host} is not loopback: every client needs a token; set the environment variable "
                f"{TOKEN_VARIABLE}, or listen on 127.0.0.1"
            )
        if self._is_any and not self.names and self.url is None:
            raise DermtoolsError(f"{self.host} is no name; give the one that clients call this server by: --name NAME")

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        token: str | None = None,
        names: Iterable[str] = (),
        url: str | None = None,
        origins: Iterable[str] = (),
        auth: AuthServer | None = None,
        instance: str = "",
    ) -> HttpAddress:
        """Read `HOST:PORT`, `[IPV6]:PORT` or `:PORT`, which is loopback. Raises as the class."""
        host, colon, port = text.rpartition(":")
        if not colon or not port.isdigit() or int(port) > 65535 or (host and not _HOST_NAME.fullmatch(host)):
            raise DermtoolsError(f"{text!r} is no HOST:PORT; write e.g. 127.0.0.1:8765 or [::1]:8765")
        return cls(host or "127.0.0.1", int(port), token, tuple(names), url, tuple(origins), auth, instance)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host.lower() == "localhost" or (self._ip is not None and self._ip.is_loopback)

    @property
    def _is_any(self) -> bool:
        return self._ip is not None and self._ip.is_unspecified

    @property
    def _ip(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        try:
            return ipaddress.ip_address(self.host.strip("[]"))
        except ValueError:
            return None

    @property
    def prefix(self) -> str:
        """What may stand before `/mcp` in a path."""
        return urlsplit(self.url or "").path.removesuffix(PATH)

    @property
    def security(self) -> TransportSecuritySettings:
        """`Host` and `Origin` that are let in: against pages that a browser on this machine has open."""
        names = {
            *self.names,
            *self._public_name,
            *(_LOOPBACK_NAMES if self.is_loopback else ()),
            *(() if self._is_any else (self.host,)),
        }
        # `NAME` alone is what clients send on a scheme's own port, as behind a proxy.
        hosts = sorted(form for name in names for form in (name, f"{name}:*"))
        origins = [f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts]
        return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[*origins, *self.origins])

    @property
    def _public_name(self) -> tuple[str, ...]:
        found = _URL.fullmatch(self.url or "")
        return (found["name"],) if found else ()


def http_app(server: CaseBaseServer, address: HttpAddress, limits: ServerLimits, sessions: Sessions) -> ASGIApp:
    """The server as an ASGI application: `/mcp`, the health route, and where tokens come from.

    Raises:
        DermtoolsError: the authorization server cannot be asked, or does not say how tokens are checked.
    """
    app: ASGIApp = server.protocol.streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=MAX_BODY,
        max_sessions=limits.sessions,
        session_idle_timeout=60 * limits.session_minutes,
        transport_security=address.security,
    )
    app = Pinned(Admission(app, sessions, limits), address.instance)
    if address.token is not None:
        app = BearerToken(app, address.token)
    elif address.auth is not None:
        app = address.auth.guard(app, address.auth.verifier())
    return Front(open_to(app, address.origins), address.prefix)


async def serve_http(server: CaseBaseServer, address: HttpAddress, limits: ServerLimits | None = None) -> None:
    """Serve until SIGTERM or SIGINT comes.

    Raises:
        DermtoolsError: the address cannot be listened on.
    """
    from dermtools.mcp.listening import bound, listener

    limits = limits or ServerLimits()
    sessions = Sessions(limits)
    listening = bound(address.host, address.port)
    host, port = listening.getsockname()[:2]
    serving = listener(http_app(server, address, limits, sessions))
    async with anyio.create_task_group() as group:
        await group.start(call_on_signal, lambda: setattr(serving, "should_exit", True))
        group.start_soon(server.warm_up)
        group.start_soon(sessions.end_idle)
        logger.warning("listening on http://%s:%s%s", f"[{host}]" if ":" in host else host, port, PATH)
        await serving.serve(sockets=[listening])
        group.cancel_scope.cancel()
