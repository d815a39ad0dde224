"""What an operator lets tools read beside handles: folders, hosts, data URLs. Nothing by default."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dermtools.errors import DermtoolsError, ImageError
from dermtools.images import ImageLimits

PICTURE_LIMITS = ImageLimits(max_bytes=32 * 1024 * 1024, max_pixels=60_000_000)
"""Of one picture that a conversation takes in."""

_HOST = re.compile(r"[A-Za-z0-9._:-]+")
_INSTEAD = "use the handle of an attached picture (img_...), a case (case:...), or a place that was granted"


def refuse(what: str) -> ImageError:
    """The error for a reference that may not be followed; it tells nothing about what is there."""
    return ImageError(f"not allowed: {what}; {_INSTEAD}")


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
        """Read `images.example.org`, `images.example.org:8443`, or, where TLS is not wanted, `http://HOST[:PORT]`.

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


class FolderGrant:
    """A folder whose files may be read, and those of the folders in it.

    A symbolic link is followed only to a file in the folder. A file that is swapped for a link while it is being
    opened is refused: every step from the granted folder down is opened without following links.

    Args:
        folder: resolved once, now.

    Raises:
        DermtoolsError: there is no such folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self.named = Path(os.path.abspath(folder))  # noqa: PTH100 - Path.absolute keeps `..`
        self.root = Path(os.path.realpath(folder))
        if not self.root.is_dir():
            raise DermtoolsError(f"{folder} is no folder that could be granted; name one that exists")

    def below(self, path: Path) -> Path | None:
        """The path relative to the folder, by its letters alone; None where it lies outside."""
        if not path.is_absolute():
            return path
        return next((path.relative_to(root) for root in (self.named, self.root) if path.is_relative_to(root)), None)

    def read(self, relative: Path, limits: ImageLimits) -> bytes | None:
        """Content of a file in the folder; None where there is none.

        Raises:
            ImageError: a link that leaves the folder, not a regular file, unreadable, or too large.
        """
        try:
            real = Path(os.path.realpath(self.root / relative))
            if not real.is_relative_to(self.root):
                raise refuse("a link that leaves the granted folder")
            with _opened(self.root, real.relative_to(self.root).parts) as descriptor:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise refuse("something that is not a file")
                if status.st_size > limits.max_bytes:
                    raise ImageError(f"{status.st_size:,} bytes are more than the {limits.max_bytes:,} allowed")
                with os.fdopen(os.dup(descriptor), "rb") as file:
                    return file.read(limits.max_bytes)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:  # ValueError: a name that no file system can hold
            raise ImageError(f"the file cannot be read ({type(error).__name__}); use another picture") from error


@contextmanager
def _opened(root: Path, parts: tuple[str, ...]) -> Iterator[int]:
    """Descriptor of the file at `parts` below `root`; every step without following a link."""
    # O_NONBLOCK: opening a pipe must not wait for its writer.
    flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if os.open not in os.supports_dir_fd:  # Windows
        descriptor = os.open(root.joinpath(*parts), flags)
    else:
        descriptor = os.open(root, flags)
        for part in parts:
            parent = descriptor
            try:
                descriptor = os.open(part, flags | os.O_NOFOLLOW, dir_fd=parent)
            finally:
                os.close(parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class ImageGrants:
    """Where tools may read pictures from. Make one with `allow`; by default nothing is granted."""

    folders: tuple[FolderGrant, ...] = ()
    hosts: frozenset[HostGrant] = frozenset()
    data_urls: bool = False
    """Whether a `data:` URL may stand in a tool's arguments."""
    limits: ImageLimits = PICTURE_LIMITS
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

    def read_file(self, reference: str) -> bytes:
        """Content of a file by its path, absolute or relative to a granted folder.

        Raises:
            ImageError: outside the granted folders, or it cannot be read.
        """
        path = Path(reference)
        # Before anything is asked of the file system: on Windows, asking for a UNC path already connects.
        if "\0" in reference or reference.startswith(("\\\\", "//")) or ".." in path.parts:
            raise refuse("a path with '..', a network path, or a NUL character")
        inside = [(grant, below) for grant in self.folders if (below := grant.below(path)) is not None]
        if not inside:
            raise refuse("a path outside the granted folders" if self.folders else "a path, since no folder is granted")
        for grant, below in inside:
            content = grant.read(below, self.limits)
            if content is not None:
                return content
        raise ImageError("no such file in the granted folders; check its name, or use another picture")
