"""The newest picture files in the granted folders, by names that may be given as a picture."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import nlargest

from dermtools.images.kinds import SUFFIXES
from dermtools.text import counted, one_line
from dermtools.tools.pictures.grants import ImageGrants

MAX_ENTRIES = 50_000
"""Entries of one folder that are looked at."""


@dataclass(frozen=True)
class PictureFile:
    """A file that its ending calls a picture; nothing of it has been read."""

    file: str
    """FOLDER/NAME, which `ImageGrants.read_file` takes."""
    modified: datetime
    """UTC."""
    size: int
    """Bytes."""


def newest_pictures(grants: ImageGrants, count: int) -> tuple[list[PictureFile], list[str]]:
    """The last changed files of the granted folders, newest first, and what should be known of the list.

    Folders in them are not looked into: their names may be those of patients. Hidden files and links are left out, as
    are names that do not read back as they are shown.
    """
    found: list[PictureFile] = []
    notes: list[str] = []
    for name, grant in grants.names.items():
        unnamed = 0
        try:
            with os.scandir(grant.root) as entries:
                for number, entry in enumerate(entries):
                    if number == MAX_ENTRIES:
                        notes.append(f"of {name} only {MAX_ENTRIES:,} entries were looked at: newer ones may lack")
                        break
                    if entry.name.startswith(".") or os.path.splitext(entry.name)[1].lower() not in SUFFIXES:  # noqa: PTH122
                        continue
                    if one_line(entry.name, 255) != entry.name:
                        unnamed += 1
                    elif (status := _status(entry)) is not None:
                        modified = datetime.fromtimestamp(status.st_mtime, UTC)
                        found.append(PictureFile(f"{name}/{entry.name}", modified, status.st_size))
        except OSError:
            notes.append(f"{name} cannot be read now")
        if unnamed:
            notes.append(f"{counted(unnamed, 'file')} of {name} left out: the name cannot be shown")
    return nlargest(count, found, key=lambda one: (one.modified, one.file)), notes


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Of a regular file; None for a link, anything else, or what is gone by now or has no sane time."""
    try:
        status = entry.stat(follow_symlinks=False)
        datetime.fromtimestamp(status.st_mtime, UTC)
    except (OSError, ValueError, OverflowError):
        return None
    return status if stat.S_ISREG(status.st_mode) else None
