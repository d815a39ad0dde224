"""Perceptual hashes for pictures that an earlier version stored without."""

from __future__ import annotations

from dataclasses import replace

from dermtools.cases.store import CaseStore
from dermtools.errors import ImageError
from dermtools.images.picture_hash import NO_HASH, picture_hash

ROWS = 1024
"""Rows that are written together."""


def add_hashes(store: CaseStore) -> int:
    """Hash every stored picture that has no perceptual hash, and return how many; a CaseBaseError as of any write.

    One that cannot be decoded counts as a picture without features, so that it is not tried again.
    """
    with store.write():
        columns = store.columns()
        case_ids = [columns.case_ids[row] for row in columns.unhashed]
        for start in range(0, len(case_ids), ROWS):
            rows = store.rows(case_ids[start : start + ROWS])
            store.update([replace(row, picture_hash=_hash(row.jpeg)) for row in rows])
        return len(case_ids)


def _hash(jpeg: bytes) -> bytes:
    try:
        return picture_hash(jpeg)
    except ImageError:
        return NO_HASH
