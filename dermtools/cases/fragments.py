"""Rows that other processes write: each makes files of its own, and one process makes them rows, in one transaction.

What a process that was killed has written is no row of any version, and `CaseTable.clean(leftovers=True)` removes it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dermtools.cases import columns as cols
from dermtools.cases.columns import StoredCase
from dermtools.cases.lance_errors import one_line_errors
from dermtools.cases.lance_table import CaseTable

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class FragmentWriter:
    """Writes rows beside those of a table; it goes to another process, which needs nothing else of the table."""

    uri: str
    schema: pa.Schema
    file_format: str

    @classmethod
    def of(cls, table: CaseTable) -> FragmentWriter:
        """For a table that has the columns of all its tasks and of hashes already."""
        dataset = dataset_of(table)
        return cls(str(dataset.uri), dataset.schema, str(dataset.data_storage_version))

    def write(self, rows: Sequence[StoredCase]) -> list[str]:
        """Write rows into files of the table, and describe them for `append`; no reader sees them before.

        Raises:
            CaseBaseError: they cannot be written.
        """
        from lance.fragment import write_fragments

        with one_line_errors("rows could not be written beside the case base's"):
            found = write_fragments(cols.to_arrow(rows, self.schema), self.uri, data_storage_version=self.file_format)
        return [json.dumps(one.to_json()) for one in found]


def append(table: CaseTable, fragments: Sequence[str]) -> None:
    """Make what writers have written rows of the table, in this order and in one transaction.

    The caller holds the lock, and has made sure that the case ids are new. Raises a CaseBaseError.
    """
    from lance.fragment import FragmentMetadata

    table.add_fragments([FragmentMetadata.from_json(one) for one in fragments])


def dataset_of(table: CaseTable) -> Any:
    """Lance's own view of the version that reads of the table see."""
    return table._dataset
