"""Erasing: what is deleted leaves the disk, from the table, its earlier versions and all that was derived from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from dermtools.cases.history import forget, note
from dermtools.cases.in_step import erase_from_spaces
from dermtools.text import counted

if TYPE_CHECKING:
    from dermtools.cases.store import CaseStore

UNFINISHED = ".deleting"
"""Empty file: there may be remains of deleted cases in earlier versions and in the cache."""


def put_away(store: CaseStore, ids: Collection[str]) -> set[str]:
    """Of these ids of cases or groups, those that earlier versions hold: put away, restorably, and not erased yet."""
    wanted = set(ids)
    held = (store.table.ids_of(version) for version in store.table.kept()) if wanted else ()
    return wanted & {one for both in held for names in both for one in names}


def erase(store: CaseStore, case_ids: Iterable[str]) -> None:
    """Erase cases that there are, in one transaction; the caller holds the lock.

    Killed meanwhile, the cases are all there or all gone, and the next write removes what is left of them.
    """
    gone = sorted(case_ids)
    _begin(store)
    store.table.delete(gone)
    purge(store, f"{counted(len(gone), 'case')} erased for good, and earlier versions with them")


def purge(store: CaseStore, what: str, command: str = "delete") -> None:
    """Erase earlier versions, what interrupted writes left, and all that was derived; the history says `what`.

    Joining files leaves the rows that are only marked as deleted, and former cells, in some: all is written anew then.
    """
    _begin(store)
    forget(store)
    if store.table.holds_former():
        store.table.delete(())
    store.table.compact(leftovers=True)
    erase_from_spaces(store)
    store.backend.forget_derived()
    store.backend.remove(UNFINISHED)
    note(store, command, what)


def _begin(store: CaseStore) -> None:
    """From now on the next write ends what is killed."""
    if not store.backend.has(UNFINISHED):
        store.backend.write(UNFINISHED, "")
