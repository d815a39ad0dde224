"""Fetching a picture from a granted host: the one place where dermtools follows a URL that somebody gave it.

A name is looked up once a connection, every address it has must be public, and the connection goes to that very
address, so that a second lookup cannot lead elsewhere (DNS rebinding). TLS still proves the name. Redirects are
followed only to granted hosts, and each is checked from the start.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from dermtools.errors import ImageError
from dermtools.folders import refuse
from dermtools.images.limits import BYTES_VARIABLE, limit
from dermtools.text import one_line
from dermtools.tools.pictures.addresses import is_public
from dermtools.tools.pictures.grants import HostGrant

if TYPE_CHECKING:
    import httpcore
    import httpx

Resolver = Callable[[str, int], list[str]]

_REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True)
class FetchLimits:
    """How much one fetch may take, redirects included."""

    seconds: float = 15.0
    """From the first connection to the last byte; looking up a name is bounded by the system's resolver."""
    bytes: int = field(default_factory=lambda: limit(BYTES_VARIABLE, 20 * 1024 * 1024))
    redirects: int = 3


def system_resolver(host: str, port: int) -> list[str]:
    """Addresses of a name as the system knows them, in the order to try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PictureFetcher:
    """Fetches encoded pictures over HTTP(S) from granted hosts. Safe for threads: each fetch has its own connection.

    `resolver` turns name and port into addresses; `reachable` says which of them may be connected to.

    `hosts` are those that were granted, `limits` hold for each picture.
    """

    def __init__(
        self,
        hosts: Iterable[HostGrant],
        *,
        limits: FetchLimits | None = None,
        resolver: Resolver = system_resolver,
        reachable: Callable[[str], bool] = is_public,
    ) -> None:
        self.hosts = frozenset(hosts)
        self.limits = limits or FetchLimits()
        self._resolver = resolver
        self._reachable = reachable

    def fetch(self, url: str) -> bytes:
        """The body behind a URL.

        Raises:
            ImageError: not granted, an address that may not be reached, too slow, too large, or no success.
        """
        import httpcore

        deadline = time.monotonic() + self.limits.seconds
        failures = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError, ValueError)
        try:
            target = self._granted(url)
            for _ in range(self.limits.redirects + 1):
                body, location = self._get(target, deadline)
                if location is None:
                    return body
                target = self._granted(location, target)
        except failures as error:
            reason = one_line(str(error), 120) or type(error).__name__
            raise ImageError(f"the picture could not be fetched ({reason}); try another picture") from error
        raise ImageError(f"more than {self.limits.redirects} redirects; give the picture's own URL")

    def _granted(self, url: str, base: httpx.URL | None = None) -> httpx.URL:
        """The URL, where its scheme, host and port are granted."""
        import httpx

        try:
            parsed = httpx.URL(url) if base is None else base.join(url)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise refuse("a URL that cannot be read") from error
        if parsed.userinfo:
            raise refuse("a URL with a user name in it")
        port = parsed.port or {"https": 443, "http": 80}.get(parsed.scheme, 0)
        grant = HostGrant(scheme=parsed.scheme, host=parsed.raw_host.decode("ascii"), port=port)
        if grant not in self.hosts:
            raise refuse(f"{one_line(str(grant), 80)}, a host that was not granted")
        return parsed

    def _get(self, url: httpx.URL, deadline: float) -> tuple[bytes, str | None]:
        """One request: the body, or the location that it redirects to."""
        import httpcore

        backend = _guarded_backend(self._resolver, self._reachable, deadline)
        address = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        headers: dict[str | bytes, str | bytes] = {"Host": url.netloc, "Accept": "image/*"}
        headers |= {"Accept-Encoding": "identity", "User-Agent": "dermtools"}
        with (
            httpcore.ConnectionPool(network_backend=backend) as pool,
            pool.stream("GET", address, headers=headers) as reply,
        ):
            answered = {name.lower(): value for name, value in reply.headers}
            if reply.status in _REDIRECTS:
                location = answered.get(b"location", b"").decode("ascii", "replace")
                if not location:
                    raise ImageError("the host redirects to nowhere; give the picture's own URL")
                return b"", location
            if reply.status != 200:
                raise ImageError(f"the host answered {reply.status}; check the URL, or use another picture")
            if answered.get(b"content-encoding", b"identity").lower() != b"identity":
                raise ImageError("the host sent a compressed reply that was not asked for; use another picture")
            return self._body(reply.iter_stream(), answered.get(b"content-length", b"")), None

    def _body(self, chunks: Iterable[bytes], promised: bytes) -> bytes:
        body, size = bytearray(), int(promised) if promised.isdigit() else 0
        for chunk in chain([b""], chunks):
            body += chunk
            if max(size, len(body)) > self.limits.bytes:
                raise ImageError(
                    f"the picture is larger than {self.limits.bytes:,} bytes; use a smaller one, or raise "
                    f"--max-image-bytes ({BYTES_VARIABLE})"
                )
        return bytes(body)


def _guarded_backend(resolver: Resolver, reachable: Callable[[str], bool], deadline: float) -> httpcore.NetworkBackend:
    """Connects to checked addresses only, and lets no operation wait beyond the deadline."""
    import httpcore

    def left() -> float:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise ImageError("fetching the picture took too long; use another picture")
        return seconds

    class Stream(httpcore.NetworkStream):
        def __init__(self, stream: httpcore.NetworkStream) -> None:
            self._stream = stream

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            return self._stream.read(max_bytes, left())

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            self._stream.write(buffer, left())

        def close(self) -> None:
            self._stream.close()

        def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
            return Stream(self._stream.start_tls(ssl_context, server_hostname, left()))

        def get_extra_info(self, info: str) -> Any:
            return self._stream.get_extra_info(info)

    class Backend(httpcore.NetworkBackend):
        def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:
            addresses = list(resolver(host.strip("[]"), port))
            if not addresses or not all(map(reachable, addresses)):
                raise refuse(f"{one_line(host, 80)}, which leads to an address outside the open internet")
            while True:
                try:
                    return Stream(httpcore.SyncBackend().connect_tcp(addresses.pop(0), port, left()))
                except (httpcore.ConnectError, httpcore.ConnectTimeout):
                    if not addresses:
                        raise

    return Backend()
