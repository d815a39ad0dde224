"""An empty case base, which is there completely or not at all."""

from __future__ import annotations

from pathlib import Path

from dermtools.addresses import Address
from dermtools.cases.backends import backend_of
from dermtools.cases.lance_table import CaseTable
from dermtools.cases.manifest import MANIFEST_NAME, Manifest, write_manifest
from dermtools.errors import CaseBaseError
from dermtools.files import new_folder


def is_there(path: Path) -> bool:
    """Whether there is a case base, or something else that none can be made over."""
    if isinstance(path, Address):
        return backend_of(path).has(MANIFEST_NAME)
    return path.exists() and (not path.is_dir() or any(path.iterdir()))


def make(path: Path, manifest: Manifest, *, shared: bool) -> None:
    """Make it. In a folder it is its owner's only, unless `shared`; on a store the bucket says whose it is.

    Raises:
        CaseBaseError: there is something already, or it cannot be written.
    """
    if isinstance(path, Address):
        _make_there(path, manifest)
        return
    with new_folder(path, shared=shared, otherwise="open it") as folder:
        CaseTable.create(folder, (task.name for task in manifest.tasks), manifest.identity.dimension)
        write_manifest(folder, manifest)


def _make_there(path: Address, manifest: Manifest) -> None:
    """The manifest comes last: killed before, there is no case base yet, and the next try makes it."""
    from dermtools.cases.object_backend import ObjectBackend

    backend = ObjectBackend(path)
    backend.records.create()
    with backend.held(lambda: None):
        if backend.has(MANIFEST_NAME):
            raise CaseBaseError(f"{path} exists already; choose another address, or open it")
        if not CaseTable.there(path):
            CaseTable.create(path, (task.name for task in manifest.tasks), manifest.identity.dimension)
        write_manifest(path, manifest, backend)
