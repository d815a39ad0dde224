"""Further spaces of a case base, vectors by other embedders in `spaces/NAME/`, kept in step with its table.

A space is a case base itself, of case ids and vectors alone: no pictures, labels or groups. What leaves the table
leaves every space, by the same transactions and from the disk, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dermtools.addresses import Address
from dermtools.cases.columns import StoredCase
from dermtools.cases.manifest import MANIFEST_NAME

if TYPE_CHECKING:
    from dermtools.cases.store import CaseStore

SPACES = "spaces"


def space_folders(case_base: Path) -> list[Path]:
    """Folders of the spaces of a case base, by name; drafts of new ones are none. On an object store there are none."""
    if isinstance(case_base, Address):
        return []
    found = (manifest.parent for manifest in case_base.glob(f"{SPACES}/*/{MANIFEST_NAME}"))
    return sorted(folder for folder in found if not folder.name.startswith("."))


def erase_from_spaces(store: CaseStore) -> None:
    """Erase from every space what the table holds no more, earlier versions and indexes too; under the lock."""
    folders = space_folders(store.path)
    known = store.table.case_ids() if folders else set()
    for folder in folders:
        space = store.open(folder)
        with space.write():
            if not space.delete(space.columns().row_of.keys() - known):
                space.purge()


def forget_changed(store: CaseStore, rows: Sequence[StoredCase]) -> None:
    """Before rows are replaced: drop from every space the cases whose stored picture changes; under the lock."""
    folders = space_folders(store.path)
    row_of = store.columns().row_of if folders else {}
    if not (before := [row for row in rows if row.case.case_id in row_of]):
        return
    jpegs = store.jpegs([row.case.case_id for row in before])
    changed = [row.case.case_id for row in before if jpegs[row.case.case_id] != row.jpeg]
    for folder in folders if changed else ():
        store.open(folder).delete(changed)
