"""The Lance table of a case base. With `lance_columns` the only code that knows Lance and its calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.addresses import Address
from dermtools.cases import columns as cols
from dermtools.cases.columns import CaseColumns, StoredCase
from dermtools.cases.lance_columns import LanceColumns
from dermtools.cases.lance_errors import is_missing, one_line_errors, reading, writing
from dermtools.cases.vector_key import vectors_key
from dermtools.cases.versioned_table import VersionedTable
from dermtools.errors import CaseBaseError, DermtoolsError

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

TABLE = "cases.lance"


class CaseTable(VersionedTable):
    """Rows of one case base, read at a pinned version until `refresh`. Every write is one transaction.

    Everything raises a CaseBaseError where the table is damaged or cannot be written.
    """

    @classmethod
    def create(cls, folder: Path, tasks: Iterable[str], dimension: int) -> None:
        """Make an empty table."""
        import lance

        with one_line_errors(f"{folder} cannot be written", place=folder):
            lance.write_dataset(cols.schema(tasks, dimension).empty_table(), str(folder / TABLE))

    @classmethod
    def open(cls, folder: Path, version: int | None = None) -> CaseTable:
        """Open the table at its latest version, or at an earlier one that is still there."""
        import lance

        with reading(folder):
            try:
                return cls(folder, lance.dataset(str(folder / TABLE), version=version))
            except ValueError as error:
                if isinstance(folder, Address) and not is_missing(error):
                    raise
                raise CaseBaseError(f"{folder} is damaged: its table of cases is missing; restore it") from None

    @classmethod
    def there(cls, folder: Path) -> bool:
        """Whether there is a table."""
        import lance

        with reading(folder):
            try:
                lance.dataset(str(folder / TABLE))
            except ValueError as error:
                if not is_missing(error):
                    raise
                return False
            return True

    def mismatch(self, tasks: Iterable[str], dimension: int) -> str | None:
        """How the columns differ from those that the manifest describes; None if they fit."""
        with reading(self._folder):
            existing = self._dataset.schema
        for column in cols.schema(tasks, dimension):
            if column.name not in existing.names and column.name == cols.PICTURE_HASH:
                continue
            if column.name not in existing.names:
                return f"no column {column.name}"
            if existing.field(column.name).type != column.type:
                return f"column {column.name} holds {existing.field(column.name).type}, not {column.type}"
        return None

    def __len__(self) -> int:
        with reading(self._folder):
            return int(self._dataset.count_rows())

    def case_ids(self) -> set[str]:
        """Ids of all cases."""
        with reading(self._folder):
            return set(self._scan(["case_id"]).to_table()["case_id"].to_pylist())

    def columns(self, tasks: Sequence[str]) -> CaseColumns:
        """All metadata of the version that reads see, in row order, each column read when it is first used."""
        return CaseColumns(self.version, tasks, LanceColumns(self._dataset, partial(reading, self._folder)))

    def vectors_key(self) -> str:
        """See `vector_key.vectors_key`."""
        with reading(self._folder):
            return vectors_key(self._dataset)

    def vectors(self, count: int, dimension: int, out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """All embeddings, float32, shape (count, d), in row order; in `out`, where that has this shape."""
        # Filled batch by batch: one array of the final size, never two.
        fits = out is not None and out.shape == (count, dimension)
        vectors = out if out is not None and fits else np.empty((count, dimension), dtype=np.float32)
        start = 0
        with reading(self._folder):
            for batch in self._scan(["vector"]).to_batches():
                rows = slice(start, start + batch.num_rows)
                vectors[rows] = batch["vector"].flatten().to_numpy().reshape(-1, dimension)
                start = rows.stop
            if start != count:
                raise ValueError(f"{count} rows but {start} vectors")
        return vectors

    def take(self, rows: Sequence[int], names: Sequence[str]) -> list[dict[str, Any]]:
        """Some columns of some rows, in the order of `rows`."""
        taken: list[dict[str, Any]] = self.take_arrow(rows, names).to_pylist()
        return taken

    def take_arrow(self, rows: Sequence[int], names: Sequence[str]) -> pa.Table:
        """The same as an Arrow table."""
        names = [name for name in names if name in self._dataset.schema.names]
        with reading(self._folder):
            taken = self._dataset.take(list(rows), list(names))
            if len(taken) != len(rows):
                raise ValueError(f"{len(rows) - len(taken)} rows are missing")
        return taken

    def add(self, rows: Sequence[StoredCase]) -> None:
        """Append rows; the caller has made sure that their ids are new."""
        self._add_columns([cols.hash_field()])
        self._write(lambda: self._dataset.insert(cols.to_arrow(rows, self._dataset.schema)))

    def add_all(self, parts: Iterable[Sequence[StoredCase]]) -> None:
        """Append rows part by part, in one transaction; all columns are there, and the ids are new.

        Raises what `parts` raises, and nothing is written then.
        """
        import pyarrow as pa

        schema, failed = self._dataset.schema, list[DermtoolsError]()

        def batches() -> Iterator[Any]:
            try:
                for rows in parts:
                    yield from cols.to_arrow(rows, schema).to_batches()
            except DermtoolsError as error:  # Lance would wrap it in a traceback of its own
                failed.append(error)
                raise

        try:
            self._write(lambda: self._dataset.insert(pa.RecordBatchReader.from_batches(schema, batches())))
        except CaseBaseError as error:
            raise (failed or [error])[0] from None

    def add_whole(self, rows: pa.RecordBatchReader) -> None:
        """Append columns as they are, a batch at a time, in one transaction."""
        self._add_columns([cols.hash_field()])
        self._write(lambda: self._dataset.insert(rows))

    def add_fragments(self, fragments: Sequence[Any]) -> None:
        """Append Lance fragments that were written beside the table, as by many machines, in one transaction."""
        import lance

        self._commit(lance.LanceOperation.Append(list(fragments)))

    def merge(self, rows: Sequence[StoredCase]) -> None:
        """Replace rows of the same case id, append the others."""
        self._add_columns([cols.hash_field()])
        merge = self._dataset.merge_insert("case_id").when_matched_update_all().when_not_matched_insert_all()
        self._write(lambda: merge.execute(cols.to_arrow(rows, self._dataset.schema)))

    def delete(self, case_ids: Iterable[str]) -> None:
        """Write all rows anew but those of some case ids, in one transaction.

        Lance's own deletion only marks rows, and joining files drops them from some files but not from others.
        """
        import lance
        from lance.fragment import write_fragments

        gone = _quoted(case_ids)
        with writing(self._folder):
            kept = self._dataset.scanner(filter=f"case_id NOT IN ({gone})" if gone else None, scan_in_order=True)
            at, schema, kind = str(self._dataset.uri), self._dataset.schema, self._dataset.data_storage_version
            new = write_fragments(kept.to_reader(), at, schema, mode="overwrite", data_storage_version=kind)
        # An overwrite that Lance may try again would replace what another writer has committed meanwhile.
        self._commit(lance.LanceOperation.Overwrite(schema, new), tries=0)

    def set_cells(self, case_ids: Sequence[str], cells: Mapping[str, Sequence[Any]]) -> None:
        """Write other cells of some columns, one a case id, in one transaction; all other columns stay as they lie.

        Only the named columns of the files that hold these cases are written anew, beside the former ones: pictures
        and vectors are neither read nor moved, and rows keep their order.
        """
        import lance
        import pyarrow as pa

        with reading(self._folder):
            schema = self._dataset.schema
            new = pa.table({"case_id": case_ids, **cells}, pa.schema([schema.field(n) for n in ("case_id", *cells)]))
            ids, changed, fields = set(case_ids), [], set[int]()
            for fragment in self._dataset.get_fragments():
                if not ids.isdisjoint(fragment.to_table(columns=["case_id"])["case_id"].to_pylist()):
                    updated, modified = fragment.update_columns(new, left_on="case_id")
                    changed.append(updated)
                    fields.update(modified)
        step = lance.LanceOperation.Update(updated_fragments=changed, fields_modified=sorted(fields))
        self._commit(step)

    def hide(self, case_ids: Iterable[str]) -> None:
        """Mark rows as deleted, in one transaction: no later version has them, but they stay on the disk."""
        self._write(lambda: self._dataset.delete(f"case_id IN ({_quoted(case_ids)})"))

    def holds_former(self) -> bool:
        """Whether its files hold rows that are only marked as deleted, or cells that were replaced."""
        with reading(self._folder):
            return any(part.num_deletions or len(part.data_files()) > 1 for part in self._dataset.get_fragments())

    def add_tasks(self, tasks: Iterable[str]) -> None:
        """Add the missing columns of these tasks, and those that an earlier version did not have, all unknown."""
        self._add_columns([cols.hash_field(), *map(cols.label_field, tasks)])

    def _add_columns(self, fields: Iterable[Any]) -> None:
        """Add those of these columns that are missing, all null."""
        if new := [field for field in fields if field.name not in self._dataset.schema.names]:
            self._write(lambda: self._dataset.add_columns(new))

    def _scan(self, names: list[str] | None = None) -> Any:
        """A scanner in row order, the order that `take` counts in."""
        return self._dataset.scanner(columns=names, scan_in_order=True)


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
