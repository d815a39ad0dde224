"""A cheap way to know that nothing was written into a folder since the last look."""

from __future__ import annotations

import time
from pathlib import Path

SETTLED_SECONDS = 3.0
"""A file system's clock may be that coarse: two writes within it can leave one time stamp."""


class FolderWatch:
    """Remembers when files last came into or left a folder; where it cannot tell, it says so.

    Usage: take `stamp`, look at the folder's content thoroughly, `remember` the stamp; as long as
    `unchanged`, looking again would find the same.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._remembered: int | None = None

    def stamp(self) -> int | None:
        """Time of the last change in nanoseconds; None where the folder cannot be read."""
        try:
            return self._folder.stat().st_mtime_ns
        except OSError:
            return None

    def remember(self, stamp: int | None) -> None:
        """Keep a stamp, if the folder has been quiet long enough for another write to give another one."""
        settled = stamp is not None and time.time_ns() - stamp > SETTLED_SECONDS * 1e9
        self._remembered = stamp if settled else None

    def unchanged(self) -> bool:
        """Whether surely nothing came or went since the remembered stamp."""
        return self._remembered is not None and self.stamp() == self._remembered
