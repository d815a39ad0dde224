"""Columns of one version of a Lance table, read when they are asked for, even after another process removed it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from dermtools.cases.case_columns import IDS, PICTURE_HASH
from dermtools.errors import CaseBaseError
from dermtools.images.picture_hash import HASH_BYTES

if TYPE_CHECKING:
    import pyarrow as pa


class LanceColumns:
    """Reads columns of the version that a dataset is at now, wherever it moves to.

    Where that version's files are gone by then, the latest version is read in its place, row by row of the ids that
    were read at first: what was erased meanwhile has no labels and no attributes any more, and nobody waits or fails.
    """

    def __init__(self, dataset: Any, reading: Callable[[], AbstractContextManager[None]]) -> None:
        """Of a lance.LanceDataset; `reading` says in one line what Lance raises, as a CaseBaseError."""
        self.reading = reading
        with reading():
            # Two handles: the first stays where it is, the second follows what is written.
            self._pinned, self._latest = (dataset.checkout_version(dataset.version) for _ in range(2))
        self._ids: pa.ChunkedArray | None = None

    def read(self, names: Sequence[str]) -> pa.Table:
        """Columns by name, all rows in order; a CaseBaseError where the table is damaged."""
        try:
            table = self._read(self._pinned, names)
        except CaseBaseError:
            if self._ids is None or not self._moved():
                raise
            table = self._aligned(names)
        if self._ids is None and IDS[0] in names:
            self._ids = table[IDS[0]]
        return table

    def take(self, rows: Sequence[int], names: Sequence[str]) -> pa.Table:
        """Some rows of them, in the order of `rows`."""
        try:
            with self.reading():
                taken = self._pinned.take(list(rows), list(names))
                if len(taken) != len(rows):
                    raise ValueError(f"{len(rows) - len(taken)} rows are missing")
                return taken
        except CaseBaseError:
            if not self._moved():
                raise
            return self.read(names).take(list(rows))

    def _read(self, dataset: Any, names: Sequence[str]) -> pa.Table:
        import pyarrow as pa

        with self.reading():
            there = [name for name in names if name != PICTURE_HASH or name in dataset.schema.names]
            table = dataset.scanner(columns=there, scan_in_order=True).to_table()
            table.validate(full=True)  # texts that are not UTF-8 are found now, not when one is looked at
            if len(there) < len(names):
                table = table.append_column(PICTURE_HASH, pa.nulls(len(table), pa.binary(HASH_BYTES)))
            return table

    def _aligned(self, names: Sequence[str]) -> pa.Table:
        """The latest version in the order of the pinned ids, null where a case is gone."""
        from pyarrow import compute

        table = self._read(self._latest, [*dict.fromkeys([IDS[0], *names])])
        found = table.take(compute.index_in(self._ids, value_set=table[IDS[0]]).combine_chunks())
        for place, column in enumerate(found.schema):
            if not column.nullable:  # ids and hashes of what is gone: those of nobody
                nobody = "{}" if column.name == "attributes" else "" if str(column.type) == "string" else 0
                found = found.set_column(place, column, compute.fill_null(found[column.name], nobody))
        return found

    def _moved(self) -> bool:
        """Whether another version was written since."""
        with self.reading():
            self._latest.checkout_latest()
            return bool(self._latest.version != self._pinned.version)
