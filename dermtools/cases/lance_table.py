"""The Lance table of a case base. The only code that knows Lance, its calls and its errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from dermtools.cases import columns as cols
from dermtools.cases.columns import CaseColumns, StoredCase
from dermtools.errors import CaseBaseError

if TYPE_CHECKING:
    from numpy.typing import NDArray

TABLE = "cases"

# Lance raises RuntimeError for what is wrong with its files, ValueError for a missing table or a bad
# argument; garbled cells come as ValueError (Arrow, UTF-8, JSON) or KeyError.
_LANCE_ERRORS = (RuntimeError, ValueError, OSError, KeyError)

T = TypeVar("T")


class CaseTable:
    """Rows of one case base, read at a pinned version until `refresh`. Every write is one transaction."""

    def __init__(self, folder: Path, lance: Any) -> None:
        """Use `create` or `open`."""
        self._folder = folder
        self._lance = lance
        self._version: int | None = None

    @classmethod
    def create(cls, folder: Path, tasks: Iterable[str], dimension: int) -> None:
        """Make an empty table. Raises CaseBaseError where the folder cannot be written."""
        import lancedb

        try:
            lancedb.connect(folder).create_table(TABLE, schema=cols.schema(tasks, dimension))
        except _LANCE_ERRORS as error:
            raise CaseBaseError(f"{folder} cannot be written: {_short(error)}") from error

    @classmethod
    def open(cls, folder: Path) -> CaseTable:
        """Open the table at its latest version. Raises CaseBaseError where it is missing or damaged."""
        import lancedb

        try:
            lance = lancedb.connect(folder).open_table(TABLE)
        except ValueError:
            raise CaseBaseError(f"{folder} is damaged: its table of cases is missing; restore it") from None
        except (RuntimeError, OSError) as error:
            raise CaseBaseError(_damage(folder, error)) from error
        return cls(folder, lance)

    @property
    def version(self) -> int:
        """The version that reads see."""
        # Kept between writes and refreshes: asking Lance takes a third of a millisecond, several times a search.
        if self._version is None:
            self._version = int(self._lance.version)
        return self._version

    def refresh(self) -> bool:
        """Move to the latest version on disk; whether it was another one."""
        before = self.version
        try:
            self._version = None
            self._lance.checkout_latest()
        except _LANCE_ERRORS as error:
            raise CaseBaseError(_damage(self._folder, error)) from error
        return self.version != before

    def mismatch(self, tasks: Iterable[str], dimension: int) -> str | None:
        """In what the columns differ from those that the manifest wants; None if they fit."""
        there = self._read(lambda: self._lance.schema)
        for column in cols.schema(tasks, dimension):
            if column.name not in there.names:
                return f"no column {column.name}"
            if there.field(column.name).type != column.type:
                return f"column {column.name} holds {there.field(column.name).type}, not {column.type}"
        return None

    def __len__(self) -> int:
        return int(self._read(lambda: self._lance.count_rows()))

    def case_ids(self) -> set[str]:
        """Ids of all cases."""
        return self._read(lambda: set(self._lance.search().select(["case_id"]).to_arrow()["case_id"].to_pylist()))

    def columns(self, tasks: Sequence[str]) -> CaseColumns:
        """All metadata, in row order."""

        def scan() -> CaseColumns:
            query = self._lance.search().select(cols.metadata_names(tasks)).with_row_id(True)
            return cols.from_arrow(query.to_arrow(), tasks, self.version)

        return self._read(scan)

    def vectors(self, row_ids: NDArray[np.int64], dimension: int) -> NDArray[np.float32]:
        """All embeddings, float32, shape (n, d), in the order of `row_ids`, which are all rows there are."""

        def scan() -> NDArray[np.float32]:
            # Filled batch by batch: one array of the final size, never two.
            vectors = np.empty((len(row_ids), dimension), dtype=np.float32)
            start = 0
            for batch in self._lance.search().select(["vector"]).with_row_id(True).to_batches():
                rows = slice(start, start + batch.num_rows)
                if not np.array_equal(batch[cols.ROW_ID].to_numpy(), row_ids[rows]):
                    raise ValueError("two scans of one version gave different rows")
                vectors[rows] = batch["vector"].flatten().to_numpy().reshape(-1, dimension)
                start = rows.stop
            if start != len(row_ids):
                raise ValueError(f"{len(row_ids)} rows but {start} vectors")
            return vectors

        return self._read(scan)

    def take(self, row_ids: Sequence[int], names: Sequence[str]) -> list[dict[str, Any]]:
        """Some columns of some rows, in no particular order."""
        taken: list[dict[str, Any]] = self._read(
            lambda: self._lance.take_row_ids(list(row_ids)).select(list(names)).to_arrow().to_pylist()
        )
        if len(taken) != len(set(row_ids)):
            raise CaseBaseError(_damage(self._folder, f"{len(set(row_ids)) - len(taken)} rows are missing"))
        return taken

    def add(self, rows: Sequence[StoredCase]) -> None:
        """Append rows; the caller has seen to it that their ids are new."""
        self._write(lambda: self._lance.add(cols.to_arrow(rows, self._lance.schema)))

    def merge(self, rows: Sequence[StoredCase]) -> None:
        """Replace rows of the same case id, append the others."""
        merge = self._lance.merge_insert("case_id").when_matched_update_all().when_not_matched_insert_all()
        self._write(lambda: merge.execute(cols.to_arrow(rows, self._lance.schema)))

    def delete(self, case_ids: Iterable[str]) -> None:
        """Delete rows by case id."""
        quoted = ", ".join("'" + case_id.replace("'", "''") + "'" for case_id in case_ids)
        self._write(lambda: self._lance.delete(f"case_id IN ({quoted})"))

    def rewrite(self) -> None:
        """Write all rows anew and remove every earlier version: what was deleted is gone from the disk.

        Lance only marks deleted rows, and joining files drops them from some files but not from others.
        """
        import pyarrow as pa

        rows = pa.RecordBatchReader.from_batches(self._lance.schema, iter(self._lance.search().to_batches()))
        self._write(lambda: self._lance.add(rows, mode="overwrite"))
        self.compact()

    def add_tasks(self, tasks: Iterable[str]) -> None:
        """Add the label columns that are not there yet, without labels."""
        new = [cols.label_field(task) for task in tasks if cols.LABEL_PREFIX + task not in self._lance.schema.names]
        if new:
            self._write(lambda: self._lance.add_columns(new))

    def files(self) -> int:
        """How many data files the rows lie in."""
        return int(self._read(lambda: self._lance.stats()["fragment_stats"]["num_fragments"]))

    def compact(self) -> None:
        """Join small files and remove all versions but the latest."""
        self._write(lambda: self._lance.optimize(cleanup_older_than=timedelta(milliseconds=1)))

    def _read(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except _LANCE_ERRORS as error:
            raise CaseBaseError(_damage(self._folder, error)) from error

    def _write(self, action: Callable[[], object]) -> None:
        self._version = None
        try:
            action()
        except _LANCE_ERRORS as error:
            raise CaseBaseError(f"{self._folder} could not be written: {_short(error)}") from error


def _damage(folder: Path, error: Exception | str) -> str:
    return f"{folder} is damaged: {_short(error)}; restore it, or ingest again into a new folder"


def _short(error: Exception | str) -> str:
    """One line of an error, without the places in Lance's sources that it ends with."""
    text = str(error).partition("\n")[0]
    return re.sub(r",? ?/\S+\.rs:\d+:\d+", "", text).removeprefix("lance error: ")
