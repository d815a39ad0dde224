"""The spaces of a case base: its own vectors, and those that `reembed` made with other embedders."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from dermtools.cases.in_step import SPACES, space_folders
from dermtools.cases.space_store import SpaceStore
from dermtools.cases.store import CaseStore
from dermtools.embedding import Embedder, TextEmbedder, load_embedder
from dermtools.errors import CaseBaseError
from dermtools.files import make_folder
from dermtools.retrieval.queries import same_embedder


def chosen(store: CaseStore, embedder: str | Embedder | None) -> tuple[CaseStore, Embedder | None]:
    """The case base by the vectors of an embedder, and the embedder where it was loaded.

    The case base's own where nobody else's fit; whether those do is for the caller to check (`accepted`).
    """
    if embedder is None or embedder == store.manifest.embedder:
        return store, None
    spaces = [CaseStore.open(folder) for folder in space_folders(store.path)]
    if isinstance(embedder, str):
        if found := next((space for space in spaces if space.manifest.embedder == embedder), None):
            return SpaceStore(store, found), None
        embedder = load_embedder(embedder)
    if same_embedder(embedder.identity, store.manifest.identity):
        return store, embedder
    found = next((space for space in spaces if same_embedder(embedder.identity, space.manifest.identity)), None)
    return (store, embedder) if found is None else (SpaceStore(store, found), embedder)


def own(store: CaseStore) -> CaseStore:
    """The case base itself, whichever space it is seen through."""
    return store.base if isinstance(store, SpaceStore) else store


def described(store: CaseStore) -> list[dict[str, Any]]:
    """Each further space as plain data: name, embedder, how many cases are embedded there and how many are not."""
    views = [SpaceStore(own(store), CaseStore.open(folder)) for folder in space_folders(store.path)]
    return [
        {
            "name": view.own_folder.name,
            "embedder": {"spec": view.manifest.embedder, **view.manifest.identity.model_dump()},
            "cases": len(view),
            "missing": view.missing,
        }
        for view in views
    ]


def remarks(store: CaseStore) -> list[str]:
    """What a search through a space has to say of it: cases that are not embedded there."""
    if not isinstance(store, SpaceStore) or not (missing := store.missing):
        return []
    return [f"{missing} cases not embedded yet by {store.manifest.identity.name}; run: {store.command}"]


def space_for(store: CaseStore, embedder: Embedder) -> CaseStore:
    """The space of an embedder, made where there is none; its folder is as open as the case base's."""
    for folder in space_folders(store.path):
        if same_embedder((space := CaseStore.open(folder)).manifest.identity, embedder.identity):
            return space
    try:
        make_folder(store.path / SPACES, within=store.path)
    except OSError as error:
        raise CaseBaseError(f"{store.path} cannot be written: {error.strerror}") from error
    return CaseStore.create(
        store.path / SPACES / _name(embedder),
        embedder_spec=embedder.spec,
        identity=embedder.identity,
        reads_text=isinstance(embedder, TextEmbedder),
        shared=bool(store.path.stat().st_mode & 0o070),
    )


def _name(embedder: Embedder) -> str:
    """A folder's name from an embedder's: readable, and another for every identity."""
    word = re.sub("[^a-z0-9]+", "-", Path(embedder.identity.name).name.lower()).strip("-")[:40]
    return f"{word}-{hashlib.sha256(embedder.identity.model_dump_json().encode()).hexdigest()[:8]}"
