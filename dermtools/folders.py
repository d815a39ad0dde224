"""Folders that an operator granted: the one way in which a path that somebody named is read.

Toolkit, MCP server and retriever share it, so that a path is judged alike at every door.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dermtools.errors import DermtoolsError, ImageError

_INSTEAD = "use the handle of an attached picture (img_...), a case (case:...), or a place that was granted"


class NotGrantedError(ImageError):
    """A reference that may not be followed, or that leads to nothing."""


def refuse(what: str) -> NotGrantedError:
    """The error for a reference that may not be followed; it reveals nothing about what exists."""
    return NotGrantedError(f"not allowed: {what}; {_INSTEAD}")


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

    def read(self, relative: Path, max_bytes: int) -> bytes | None:
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
                if status.st_size > max_bytes:
                    raise ImageError(
                        f"{status.st_size:,} bytes are more than the {max_bytes:,} allowed; use a smaller one, or "
                        "raise --max-image-bytes (DERMTOOLS_MAX_IMAGE_BYTES)"
                    )
                with os.fdopen(os.dup(descriptor), "rb") as file:
                    return file.read(max_bytes)
        except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a name that no file system can hold
            return None
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return None
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


def read_granted(folders: Sequence[FolderGrant], reference: str, max_bytes: int) -> bytes:
    """Content of a file by its path, absolute or relative to a granted folder.

    Raises:
        NotGrantedError: outside the granted folders, there is no such file, or different ones in several folders.
        ImageError: it cannot be read.
    """
    path = Path(reference)
    # Before anything is asked of the file system: on Windows, asking for a UNC path already connects.
    if "\0" in reference or reference.startswith(("\\\\", "//")) or ".." in path.parts:
        raise refuse("a path with '..', a network path, or a NUL character")
    inside = [(grant, below) for grant in folders if (below := grant.below(path)) is not None]
    if not inside:
        raise refuse("a path outside the granted folders" if folders else "a path, since no folder is granted")
    found = {content for grant, below in inside if (content := grant.read(below, max_bytes)) is not None}
    if len(found) > 1:
        raise NotGrantedError("several granted folders have such a file; write its folder before it, FOLDER/NAME")
    for content in found:
        return content
    raise NotGrantedError("no such file in the granted folders; check its name, or use another picture")
