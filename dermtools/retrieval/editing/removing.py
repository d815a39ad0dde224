"""Cases put away: gone from every search, list and training, and had back by one command."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dermtools.cases.edits import Edit, edit, unchanged
from dermtools.retrieval.editing.choice import chosen
from dermtools.retrieval.editing.outdated import outdated
from dermtools.text import counted

if TYPE_CHECKING:
    from dermtools.cases.store import CaseStore

NO_ERASURE = "this erases nothing: pictures and rows stay on the disk until `dermtools delete` without --restorable"


def remove(store: CaseStore, case_ids: Iterable[str] = (), groups: Iterable[str] = ()) -> Edit:
    """Put cases and whole groups away, in one transaction that one command undoes. It is no erasure.

    Raises:
        QueryError: a case or group is unknown, or one text was given for a list.
        CaseBaseError: another process is writing.
    """
    with store.write():
        columns = store.columns()
        ids = chosen(columns, case_ids, groups)
        if not ids:
            return unchanged(store, "delete")
        learned = {columns.splits[columns.row_of[case_id]] for case_id in ids} & {"train", "valid"}
        what = f"{counted(len(ids), 'case')} put away, restorably"
        done = edit(store, "delete", what, len(ids), lambda table: table.hide(sorted(ids)))
    notes = [NO_ERASURE, *(outdated(store.path, "cases") if learned else ())]
    return done.model_copy(update={"notes": tuple(notes)})
