"""Pictures of conversations in a folder, which several processes may use at once and which outlasts them."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from dermtools.errors import DermtoolsError, ImageError
from dermtools.files import file_mode, make_folder, sweep, writable, write_whole
from dermtools.tools.pictures.image_store import ImageStore, check_room
from dermtools.tools.pictures.shelves import MAX_BYTES, MAX_PICTURES, ShelvedImages
from dermtools.tools.pictures.threads import Thread

_LOCK = ".lock"
_SECRET = ".secret"
_DAY = 86_400.0
_WAIT = 30.0
"""Seconds for another process to write one picture."""


class PicturesInFolder:
    """Each conversation in a folder of its own, which is removed when it has been unused for `days`.

    Files are written as a whole, and open to their owner alone. Safe for threads and processes of one machine.

    Args:
        folder: made where there is none. It holds nothing else.
        days: None keeps them until `forget`.
        max_pictures: of one conversation.
        max_bytes: of one conversation, as they lie there.

    Raises:
        DermtoolsError: the folder cannot be written.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        days: float | None = 30,
        max_pictures: int = MAX_PICTURES,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        if days is not None and not days > 0:
            raise DermtoolsError(f"pictures are kept for a positive number of days, not {days}; or None, to keep them")
        self.folder = writable(folder, folder=True).absolute()
        self._days = days
        self._max_pictures = max_pictures
        self._max_bytes = max_bytes
        try:
            make_folder(self.folder)
            with _locked(self.folder):
                if not (self.folder / _SECRET).exists():
                    write_whole(self.folder / _SECRET, secrets.token_hex(32), within=self.folder)
                self._secret = (self.folder / _SECRET).read_text(encoding="ascii")
        except (OSError, UnicodeError) as error:
            raise DermtoolsError(f"{folder} cannot be used for pictures ({error}); choose another folder") from error
        self.forget_unused()

    def of(self, thread: Thread) -> ImageStore:
        """Those of one conversation, which now counts as used."""
        place = self.folder / thread.key
        with suppress(OSError):  # there is none yet
            os.utime(place)
        self.forget_unused()
        shelf = _FolderShelf(place, self.folder)
        return ShelvedImages(
            shelf, self._secret + thread.key, max_pictures=self._max_pictures, max_bytes=self._max_bytes
        )

    def forget(self, thread: Thread) -> None:
        """Remove the pictures of one conversation."""
        shutil.rmtree(self.folder / thread.key, ignore_errors=True)

    def forget_unused(self) -> None:
        """Remove those of every conversation that has been unused for too long."""
        if self._days is None:
            return
        before = time.time() - self._days * _DAY
        for place in self.folder.iterdir():
            with suppress(OSError):  # another process was quicker
                if place.is_dir() and not place.name.startswith(".") and place.stat().st_mtime < before:
                    shutil.rmtree(place)


class _FolderShelf:
    """A `Shelf`: one file a picture."""

    def __init__(self, place: Path, within: Path) -> None:
        self._place = place
        self._within = within

    def read(self, handle: str) -> str | None:
        try:
            return self._file(handle).read_bytes().decode("utf-8", "replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            _cannot("read", error)

    def write(self, handle: str, text: str, *, max_pictures: int, max_bytes: int) -> None:
        try:
            make_folder(self._place, within=self._within)
            with _locked(self._place):
                sweep(self._place)
                sizes = [one.stat().st_size for one in self._files() if one != self._file(handle)]
                check_room(len(sizes) + 1, sum(sizes) + len(text), max_pictures=max_pictures, max_bytes=max_bytes)
                write_whole(self._file(handle), text, within=self._within)
        except OSError as error:
            _cannot("written", error)

    def handles(self) -> list[str]:
        try:
            return [one.stem for one in sorted(self._files(), key=lambda file: file.stat().st_mtime_ns)]
        except OSError as error:
            _cannot("read", error)

    def _file(self, handle: str) -> Path:
        return self._place / f"{handle}.json"

    def _files(self) -> list[Path]:
        return list(self._place.glob("*.json"))


def _cannot(what: str, error: OSError) -> NoReturn:
    # A model reads this: it names no place of the machine.
    raise ImageError(f"the folder of the conversation's pictures cannot be {what}: {error.strerror}") from error


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    from filelock import FileLock

    # A Timeout of it is an OSError.
    with FileLock(place / _LOCK, timeout=_WAIT, mode=file_mode(place)):
        yield
