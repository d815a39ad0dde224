"""What an operator lets tools read beside handles: folders, hosts, data URLs. Nothing by default."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dermtools.errors import DermtoolsError
from dermtools.folders import FolderGrant, NotGrantedError, read_granted
from dermtools.handles import IMAGE_PREFIX
from dermtools.images import ImageLimits
from dermtools.images.limits import BYTES_VARIABLE, PIXELS_VARIABLE, limit
from dermtools.text import one_line


def picture_limits() -> ImageLimits:
    """Of one picture that a conversation takes in: 32 MiB and 60 megapixels, or what the environment says."""
    return ImageLimits(limit(BYTES_VARIABLE, 32 * 1024 * 1024), limit(PIXELS_VARIABLE, 60_000_000))


_HOST = re.compile(r"[A-Za-z0-9._:-]+")


@dataclass(frozen=True)
class HostGrant:
    """One scheme, host and port that pictures may be fetched from."""

    host: str
    """In lower case, as it stands in a URL."""
    scheme: str = "https"
    port: int = 443

    def __str__(self) -> str:
        usual = {"https": 443, "http": 80}.get(self.scheme)
        return f"{self.scheme}://{self.host}" + ("" if self.port == usual else f":{self.port}")

    @classmethod
    def parse(cls, text: str) -> HostGrant:
        """Read `images.example.org`, `images.example.org:8443`, or, without TLS, `http://HOST[:PORT]`.

        Raises:
            DermtoolsError: it is none of these.
        """
        url = urlsplit(text if "://" in text else f"https://{text}")
        try:
            host, port = url.hostname, url.port
        except ValueError:
            host, port = None, None
        more = url.path.rstrip("/") or url.query or url.fragment or url.username
        if url.scheme not in ("https", "http") or not host or more or not _HOST.fullmatch(host):
            raise DermtoolsError(f"{text!r} names no host; write e.g. images.example.org or http://10.example:8080")
        return cls(host=host.lower(), scheme=url.scheme, port=port or (443 if url.scheme == "https" else 80))


@dataclass(frozen=True)
class ImageGrants:
    """Where tools may read pictures from. Make one with `allow`; by default nothing is granted.

    `folders` and `hosts` are what was granted; files below, and addresses of them, may be read.
    """

    folders: tuple[FolderGrant, ...] = ()
    hosts: frozenset[HostGrant] = frozenset()
    data_urls: bool = False
    """Whether a `data:` URL may stand in a tool's arguments."""
    limits: ImageLimits = field(default_factory=picture_limits)
    """Of one picture, before it is decoded."""

    @classmethod
    def allow(
        cls, *, folders: Iterable[str | Path] = (), hosts: Iterable[str] = (), data_urls: bool = False
    ) -> ImageGrants:
        """Grant folders by path and hosts by name (HTTPS, or `http://HOST:PORT` where it must be).

        Raises:
            DermtoolsError: a folder does not exist, or a host cannot be read.
        """
        if isinstance(folders, str) or isinstance(hosts, str):
            raise DermtoolsError("folders and hosts are lists, not one text")
        return cls(tuple(map(FolderGrant, folders)), frozenset(map(HostGrant.parse, hosts)), data_urls)

    @property
    def names(self) -> dict[str, FolderGrant]:
        """The granted folders by what a model or a client calls them: their last part, numbered if need be.

        A home folder's own name is its owner's, and is not told.
        """
        home = os.path.realpath(Path.home())
        named: dict[str, FolderGrant] = {}
        for grant in {grant.root: grant for grant in self.folders}.values():
            base = "home" if str(grant.root) == home else one_line(grant.named.name, 60) or "root"
            # What stands before a file of it must be neither an address, nor a handle.
            base = re.sub(r"[:/\\]", "-", f"folder-{base}" if base.startswith(IMAGE_PREFIX) else base)
            names = (base, *(f"{base}-{number}" for number in range(2, len(self.folders) + 1)))
            named[next(name for name in names if name not in named)] = grant
        return named

    def read_file(self, reference: str) -> bytes:
        """Content of a file by its path, absolute or relative to a granted folder, whose name may stand before it.

        Raises:
            ImageError: outside the granted folders, several folders have one of that name, or it cannot be read.
        """
        name, _, rest = reference.partition("/")
        if rest and (grant := self.names.get(name)) is not None:
            with suppress(NotGrantedError):  # a folder in a granted one may have the name of another
                return read_granted((grant,), rest, self.limits.max_bytes)
        return read_granted(self.folders, reference, self.limits.max_bytes)
