"""The Lance table of a case base. With `lance_columns` the only code that knows Lance and its calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.cases import columns as cols
from dermtools.cases.columns import CaseColumns, StoredCase
from dermtools.cases.lance_columns import LanceColumns
from dermtools.cases.lance_errors import one_line_errors as _one_line_errors
from dermtools.cases.lance_errors import reading as _reading
from dermtools.cases.vector_key import vectors_key
from dermtools.errors import CaseBaseError, DermtoolsError

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

TABLE = "cases.lance"
_TAG = "history-"


class CaseTable:
    """Rows of one case base, read at a pinned version until `refresh`. Every write is one transaction.

    Everything raises a CaseBaseError where the table is damaged or cannot be written.
    """

    def __init__(self, folder: Path, dataset: Any) -> None:
        """Use `create` or `open`."""
        self._folder = folder
        self._dataset = dataset

    @classmethod
    def create(cls, folder: Path, tasks: Iterable[str], dimension: int) -> None:
        """Make an empty table."""
        import lance

        with _one_line_errors(f"{folder} cannot be written"):
            lance.write_dataset(cols.schema(tasks, dimension).empty_table(), folder / TABLE)

    @classmethod
    def open(cls, folder: Path, version: int | None = None) -> CaseTable:
        """Open the table at its latest version, or at an earlier one that is still there."""
        import lance

        with _reading(folder):
            try:
                return cls(folder, lance.dataset(folder / TABLE, version=version))
            except ValueError:
                raise CaseBaseError(f"{folder} is damaged: its table of cases is missing; restore it") from None

    @property
    def version(self) -> int:
        """The version that reads see."""
        return int(self._dataset.version)

    def refresh(self) -> bool:
        """Move to the latest version on disk; whether it was another one. Takes microseconds."""
        before = self.version
        with _reading(self._folder):
            self._dataset.checkout_latest()
        return self.version != before

    def mismatch(self, tasks: Iterable[str], dimension: int) -> str | None:
        """How the columns differ from those that the manifest describes; None if they fit."""
        with _reading(self._folder):
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
        with _reading(self._folder):
            return int(self._dataset.count_rows())

    def case_ids(self) -> set[str]:
        """Ids of all cases."""
        with _reading(self._folder):
            return set(self._scan(["case_id"]).to_table()["case_id"].to_pylist())

    def columns(self, tasks: Sequence[str]) -> CaseColumns:
        """All metadata of the version that reads see, in row order, each column read when it is first used."""
        return CaseColumns(self.version, tasks, LanceColumns(self._dataset, partial(_reading, self._folder)))

    def vectors_key(self) -> str:
        """See `vector_key.vectors_key`."""
        with _reading(self._folder):
            return vectors_key(self._dataset)

    def vectors(self, count: int, dimension: int, out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """All embeddings, float32, shape (count, d), in row order; in `out`, where that has this shape."""
        # Filled batch by batch: one array of the final size, never two.
        fits = out is not None and out.shape == (count, dimension)
        vectors = out if out is not None and fits else np.empty((count, dimension), dtype=np.float32)
        start = 0
        with _reading(self._folder):
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
        with _reading(self._folder):
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

    def merge(self, rows: Sequence[StoredCase]) -> None:
        """Replace rows of the same case id, append the others."""
        self._add_columns([cols.hash_field()])
        merge = self._dataset.merge_insert("case_id").when_matched_update_all().when_not_matched_insert_all()
        self._write(lambda: merge.execute(cols.to_arrow(rows, self._dataset.schema)))

    def delete(self, case_ids: Iterable[str]) -> None:
        """Write all rows anew but those of some case ids, in one transaction.

        Lance's own deletion only marks rows, and joining files drops them from some files but not from others.
        """
        gone = _quoted(case_ids)
        kept = self._dataset.scanner(filter=f"case_id NOT IN ({gone})" if gone else None, scan_in_order=True)
        self._write(lambda: self._dataset.insert(kept, mode="overwrite"))

    def set_cells(self, case_ids: Sequence[str], cells: Mapping[str, Sequence[Any]]) -> None:
        """Write other cells of some columns, one a case id, in one transaction; all other columns stay as they lie.

        Only the named columns of the files that hold these cases are written anew, beside the former ones: pictures
        and vectors are neither read nor moved, and rows keep their order.
        """
        import lance
        import pyarrow as pa

        with _reading(self._folder):
            schema = self._dataset.schema
            new = pa.table({"case_id": case_ids, **cells}, pa.schema([schema.field(n) for n in ("case_id", *cells)]))
            ids, changed, fields = set(case_ids), [], set[int]()
            for fragment in self._dataset.get_fragments():
                if not ids.isdisjoint(fragment.to_table(columns=["case_id"])["case_id"].to_pylist()):
                    updated, modified = fragment.update_columns(new, left_on="case_id")
                    changed.append(updated)
                    fields.update(modified)
        step = lance.LanceOperation.Update(updated_fragments=changed, fields_modified=sorted(fields))
        self._write(lambda: lance.LanceDataset.commit(self._dataset, step, read_version=self.version))
        self.refresh()

    def hide(self, case_ids: Iterable[str]) -> None:
        """Mark rows as deleted, in one transaction: no later version has them, but they stay on the disk."""
        self._write(lambda: self._dataset.delete(f"case_id IN ({_quoted(case_ids)})"))

    def holds_former(self) -> bool:
        """Whether its files hold rows that are only marked as deleted, or cells that were replaced."""
        with _reading(self._folder):
            return any(part.num_deletions or len(part.data_files()) > 1 for part in self._dataset.get_fragments())

    def keep(self, version: int) -> None:
        """Keep a version through every `compact` but one that ends history."""
        if version not in self.kept():
            self._write(lambda: self._dataset.tags.create(f"{_TAG}{version}", version))

    def kept(self) -> set[int]:
        """The versions that are kept."""
        with _reading(self._folder):
            return {int(tag["version"]) for name, tag in self._dataset.tags.list().items() if name.startswith(_TAG)}

    def let_go(self, versions: Iterable[int]) -> None:
        """Keep these versions no longer; what no other version needs of them is gone from the disk with `clean`."""
        for version in sorted(set(versions) & self.kept()):
            self._write(partial(self._dataset.tags.delete, f"{_TAG}{version}"))

    def restore(self, version: int) -> None:
        """Make the rows of a kept version the latest ones, in one transaction."""
        self._write(lambda: self._dataset.checkout_version(f"{_TAG}{version}").restore())
        self.refresh()

    def written(self) -> datetime:
        """When the version that reads see was written."""
        with _reading(self._folder):
            return next(
                datetime.fromtimestamp(one["timestamp"].timestamp(), UTC)
                for one in self._dataset.versions()
                if one["version"] == self.version
            )

    def sizes(self, version: int | None = None) -> dict[str, int]:
        """The data files that a kept version, else the present one, is made of, each with its bytes."""
        with _reading(self._folder):
            at = self._dataset if version is None else self._dataset.checkout_version(f"{_TAG}{version}")
            files = [file for fragment in at.get_fragments() for file in fragment.metadata.files]
            return {file.path: file.file_size_bytes or 0 for file in files}

    def ids_of(self, version: int) -> tuple[set[str], set[str]]:
        """Case ids and group ids in the files of a kept version, those of rows that are only marked as deleted too."""
        with _reading(self._folder):
            options = {"columns": ["case_id", "group_id"], "with_row_id": True, "include_deleted_rows": True}
            at = self._dataset.checkout_version(f"{_TAG}{version}").to_table(**options)
            return set(at["case_id"].to_pylist()), set(at["group_id"].to_pylist())

    def add_tasks(self, tasks: Iterable[str]) -> None:
        """Add the missing columns of these tasks, and those that an earlier version did not have, all unknown."""
        self._add_columns([cols.hash_field(), *map(cols.label_field, tasks)])

    def _add_columns(self, fields: Iterable[Any]) -> None:
        """Add those of these columns that are missing, all null."""
        if new := [field for field in fields if field.name not in self._dataset.schema.names]:
            self._write(lambda: self._dataset.add_columns(new))

    def files(self) -> int:
        """How many data files the rows lie in."""
        with _reading(self._folder):
            return len(self._dataset.get_fragments())

    def compact(self, *, leftovers: bool = False, rows: int = 2**20) -> None:
        """Join small files, but those that have so many rows, then `clean`."""
        self._write(lambda: self._dataset.optimize.compact_files(target_rows_per_fragment=rows))
        self.clean(leftovers=leftovers)

    def clean(self, *, leftovers: bool = False) -> None:
        """Remove all versions but the latest and the kept ones; with `leftovers`, what killed writers left, too."""
        age = timedelta(milliseconds=1)
        options = {"delete_unverified": leftovers, "error_if_tagged_old_versions": False}
        self._write(lambda: self._dataset.cleanup_old_versions(age, **options))

    def _scan(self, names: list[str] | None = None) -> Any:
        """A scanner in row order, the order that `take` counts in."""
        return self._dataset.scanner(columns=names, scan_in_order=True)

    def _write(self, action: Callable[[], object]) -> None:
        with _one_line_errors(f"{self._folder} could not be written"):
            action()


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
