"""The files of an export with one row a case, and the pictures and vectors beside them; never all in memory."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dermtools.cases.exports import huggingface
from dermtools.cases.exports.delimited import guarded, separator_for, written
from dermtools.cases.exports.extract import Extract
from dermtools.cases.exports.names import safe_names
from dermtools.cases.exports.record import FILE_NAME, IMAGE, VECTOR, VECTOR_ROW, ExportRecord, To
from dermtools.progress import Progress

if TYPE_CHECKING:
    import pyarrow as pa

VECTORS_NAME = "vectors.npy"
NO_CLASS, SEVERAL, NONE = "not-classified", "several-labels", "no-label"
SHARD = 4096
"""Cases of one Parquet file of a Hugging Face data set: 160 MB with pictures of 40 KB."""


class TableWriter:
    """Writes the tables of one export into a folder.

    Args:
        extract: what goes out.
        folder: where to.
        to: the format.
        classes: the task whose labels name the folders of pictures; None puts all into `pictures/`.
        progress: told of every case.
    """

    def __init__(self, extract: Extract, folder: Path, to: To, classes: str | None, progress: Progress) -> None:
        self.extract, self.folder, self.to, self._progress = extract, folder, to, progress
        self.choice = extract.choice
        ids = [extract.cases.case_ids[row] for row in extract.rows]
        names = safe_names(ids) if self.choice.pictures else ids
        folders = ["pictures"] * len(extract) if classes is None else list(self._folders(classes))
        placed = zip(extract.rows, folders, names, extract.has_picture, strict=True)
        self.files = {
            row: f"{place}/{name}.jpg" for row, place, name, there in placed if there and self.choice.pictures
        }
        """Row of a case to where its picture lies below the folder."""
        labels = (label for task in extract.manifest.tasks for label in task.labels)
        self.separator = separator_for(labels) if to in ("csv", "imagefolder") else None

    def write(self) -> ExportRecord:
        """Write everything, and tell what was written."""
        write = {"csv": self._csv, "imagefolder": self._csv, "parquet": self._parquet, "hf": self._hugging_face}
        return ExportRecord(
            to=self.to,
            tables=tuple(write[self.to]()),
            columns=self.extract.columns,
            separator=self.separator,
            vectors=(VECTOR if self.separator is None else VECTORS_NAME) if self.choice.vectors else None,
            identity=self.extract.manifest.identity,
            tasks=self.extract.manifest.tasks,
            sources=self.extract.manifest.sources,
            cases=len(self.extract),
            pictures=self.choice.pictures,
        )

    def _folders(self, classes: str) -> Iterator[str]:
        labels, splits = self.extract.cases.labels[classes], self.extract.cases.splits
        every = list(dict.fromkeys(label for row in self.extract.rows for label in labels[row]))
        names = dict(zip(every, safe_names(every), strict=True))
        for row in self.extract.rows:
            if len(labels[row]) == 1:
                yield f"{splits[row] or huggingface.UNASSIGNED}/{names[labels[row][0]]}"
            else:
                yield f"{NO_CLASS}/{SEVERAL if labels[row] else NONE}"

    def _pieces(self) -> Iterator[tuple[pa.Table, list[str]]]:
        """Pieces of the table, each with the files of its pictures, which are written; "" where a case has none."""
        for rows, piece in self.extract.batches():
            files = [self.files.get(row, "") for row in rows]
            if self.choice.pictures:
                for name, jpeg in zip(files, piece[IMAGE].to_pylist(), strict=True):
                    if name:
                        place = self.folder / name
                        place.parent.mkdir(parents=True, exist_ok=True)
                        place.write_bytes(jpeg)
            yield piece, files
            self._progress.advance(len(piece))

    def _csv(self) -> list[str]:
        name, columns = "cases.csv", self.extract.columns
        further = [FILE_NAME] * self.choice.pictures + [VECTOR_ROW] * self.choice.vectors
        with (self.folder / name).open("w", encoding="utf-8", newline="") as file, self._vectors() as vectors:
            table, done = csv.writer(file), 0
            table.writerow([*(guarded(column.name) for column in columns), *further])
            for piece, files in self._pieces():
                rows = range(done, done + len(piece))
                cells: list[Sequence[object]] = [
                    [written(value, column.kind, self.separator or "") for value in piece[column.name].to_pylist()]
                    for column in columns
                ]
                cells += [files] * self.choice.pictures + [rows] * self.choice.vectors
                table.writerows(zip(*cells, strict=True))
                if vectors is not None:
                    vectors[rows.start : rows.stop] = (
                        piece[VECTOR].combine_chunks().flatten().to_numpy().reshape(len(piece), -1)
                    )
                done = rows.stop
        return [name]

    @contextmanager
    def _vectors(self) -> Iterator[np.memmap[tuple[int, int], np.dtype[np.float32]] | None]:
        """The file of the vectors, float32, shape (n, d), filled in place."""
        if not self.choice.vectors:
            yield None
            return
        shape = (len(self.extract), self.extract.manifest.identity.dimension)
        held = np.lib.format.open_memmap(self.folder / VECTORS_NAME, mode="w+", dtype=np.float32, shape=shape)
        yield held
        held.flush()

    def _parquet(self) -> list[str]:
        import pyarrow as pa

        def pieces() -> Iterator[pa.Table]:
            for piece, files in self._pieces():
                if self.choice.pictures:
                    column = pa.array([file or None for file in files], pa.string())
                    piece = piece.set_column(piece.schema.get_field_index(IMAGE), FILE_NAME, column)
                yield piece

        name = "cases.parquet"
        _write_parquet(self.folder / name, pieces())
        return [name]

    def _hugging_face(self) -> list[str]:
        (self.folder / "data").mkdir()
        tables = []
        for split, every in huggingface.split_rows(self.extract).items():
            shards = [every[start : start + SHARD] for start in range(0, len(every), SHARD)]
            for number, shard in enumerate(shards):
                tables.append(f"data/{split}-{number:05}-of-{len(shards):05}.parquet")
                _write_parquet(self.folder / tables[-1], self._typed(shard))
        return tables

    def _typed(self, shard: Sequence[int]) -> Iterator[pa.Table]:
        for rows, piece in self.extract.batches(shard):
            names = [self.files.get(row, "").rpartition("/")[2] for row in rows]
            yield huggingface.typed(piece, self.extract, names)
            self._progress.advance(len(piece))


def _write_parquet(path: Path, pieces: Iterator[pa.Table]) -> None:
    import pyarrow.parquet

    first = next(pieces)
    with pyarrow.parquet.ParquetWriter(path, first.schema) as file:
        file.write_table(first)
        for piece in pieces:
            file.write_table(piece)
