"""Which backend a case base has, by where it lies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dermtools.addresses import Address

if TYPE_CHECKING:
    from dermtools.cases.backend import Backend


def backend_of(path: Path) -> Backend:
    """The backend of a case base by where it lies; nothing is asked of a store yet."""
    if isinstance(path, Address):
        from dermtools.cases.object_backend import ObjectBackend

        return ObjectBackend(path)
    from dermtools.cases.folder_backend import FolderBackend

    return FolderBackend(path)
