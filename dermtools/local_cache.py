"""What this machine keeps of case bases on object stores: indexes and small pictures, up to a number of bytes.

Its owner's only, in the platform's cache folder, or where `DERMTOOLS_CACHE` says. Where it holds more than
`DERMTOOLS_CACHE_BYTES`, what was used longest ago goes. All of it can be deleted at any time, and is then made again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from dermtools.errors import CaseBaseError
from dermtools.files import make_folder, write_whole

PLACE = "DERMTOOLS_CACHE"
SIZE = "DERMTOOLS_CACHE_BYTES"
MOST_BYTES = 5_000_000_000
KEPT = "adapters"
"""Folder of what is not made again by itself, and so never goes: trained classifiers."""
_PICTURES = "pictures"
_BETWEEN = 50_000_000
"""Bytes of pictures that are written before the whole is measured again."""


class LocalCache:
    """Of one address. What cannot be kept, on a full or read-only disk, is done without."""

    def __init__(self, address: str) -> None:
        self._root = cache_root()
        self.folder = self._root / hashlib.sha256(address.encode()).hexdigest()[:32]
        self._limit = most_bytes()
        self._written = 0

    def prepare(self) -> None:
        """Make the folder, mark what is in it as used now, and make room."""
        with suppress(OSError):
            for folder in (self._root, self.folder):
                make_folder(folder)
            for path in self.folder.glob("cache/*"):
                os.utime(path)
            self.make_room()

    def make_room(self) -> None:
        """Delete what was used longest ago until the limit is kept."""
        found = sorted(((path.stat(), path) for path in _files(self._root)), key=lambda one: one[0].st_mtime_ns)
        size = sum(status.st_size for status, _ in found)
        for status, path in found:
            if size <= self._limit:
                break
            with suppress(OSError):
                path.unlink()
                size -= status.st_size

    def pictures(
        self, version: str, case_ids: Sequence[str], fetch: Callable[[Sequence[str]], dict[str, bytes]]
    ) -> dict[str, bytes]:
        """Small pictures of one version by case id, in the order of `case_ids`; those not kept yet are fetched."""
        folder = self.folder / _PICTURES / hashlib.sha256(version.encode()).hexdigest()[:16]
        places = {case_id: folder / hashlib.sha256(case_id.encode()).hexdigest()[:32] for case_id in case_ids}
        found = {case_id: content for case_id, path in places.items() if (content := _read(path)) is not None}
        missing = [case_id for case_id in case_ids if case_id not in found]
        if missing:
            fetched = fetch(missing)
            found |= fetched
            with suppress(OSError):
                self._keep(folder, {places[case_id]: content for case_id, content in fetched.items()})
        return {case_id: found[case_id] for case_id in case_ids}

    def forget(self) -> None:
        """Delete the pictures and indexes of this address: what was erased there leaves this machine, too."""
        for name in (_PICTURES, "cache"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _keep(self, folder: Path, pictures: dict[Path, bytes]) -> None:
        if not folder.exists():
            # Those of other versions: some may have been erased since.
            shutil.rmtree(folder.parent, ignore_errors=True)
            make_folder(folder, within=self.folder)
        for path, content in pictures.items():
            write_whole(path, content, within=self.folder)
            self._written += len(content)
        if self._written > min(_BETWEEN, self._limit):
            self._written = 0
            self.make_room()


def cache_root() -> Path:
    """The folder of all addresses."""
    from platformdirs import user_cache_path

    given = os.environ.get(PLACE)
    return (Path(given).expanduser() if given else user_cache_path("dermtools", appauthor=False)) / "case-bases"


def most_bytes() -> int:
    """The limit that the environment sets. Raises a CaseBaseError where it is no number of bytes."""
    given = os.environ.get(SIZE, "").strip()
    if not given:
        return MOST_BYTES
    if not given.isdecimal():
        raise CaseBaseError(f"{SIZE}={given!r}: write a whole number of bytes, e.g. {MOST_BYTES}")
    return int(given)


def _read(path: Path) -> bytes | None:
    try:
        content = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    return content


def _files(root: Path) -> list[Path]:
    found = []
    for folder, _, names in os.walk(root):
        if KEPT not in Path(folder).relative_to(root).parts:
            found += [path for name in names if (path := Path(folder) / name).is_file()]
    return found
