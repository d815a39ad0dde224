"""An earlier version of a case base had back, and what is to be known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dermtools.cases import edits
from dermtools.cases.attributes import shown_attributes
from dermtools.retrieval.editing.outdated import outdated
from dermtools.text import few

if TYPE_CHECKING:
    from dermtools.cases.store import CaseStore


def restore(store: CaseStore, version: int, *, present: int | None = None) -> edits.Edit:
    """Bring back a version, as one new version, see `dermtools.cases.edits.restore`."""
    with store.write():
        before = shown_attributes(store.manifest, store.columns().attributes)
        done = edits.restore(store, version, present=present)
        shown = shown_attributes(store.manifest, store.columns().attributes) - before
    notes = [f"shown again, as in that version: {few(sorted(shown))}"] if shown else []
    return done.model_copy(update={"notes": (*notes, *outdated(store.path, "cases"))})
