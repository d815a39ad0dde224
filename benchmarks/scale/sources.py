"""What an ingest and an evaluation of any size read: tables, vectors, pictures and predictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.lib.format import open_memmap

from benchmarks.scale.bases import ATTRIBUTES, DIMENSION, LABELS, TASK, Chunk, case_id, cell, chunk, chunks, new_picture

PLAIN = {"case_id": "case_id", "patient_id": "group_id", "split": "split"}


def table_with_vectors(folder: Path, cases: int) -> tuple[Path, Path]:
    """A CSV of cases and an .npy file of their vectors."""
    table, vectors = folder / f"table-{cases}.csv", folder / f"vectors-{cases}.npy"
    if not table.exists():
        file = open_memmap(vectors, mode="w+", dtype=np.float32, shape=(cases, DIMENSION))
        draft = table.with_suffix(".draft")
        schema = pa.schema([(name, pa.string()) for name in (*PLAIN, TASK)])
        with pyarrow.csv.CSVWriter(draft, schema) as rows:
            for start, count in chunks(cases):
                made = chunk(start, count)
                file[start : start + count] = made.vectors
                rows.write(pa.table({**_plain(made), TASK: made.labels}, schema=schema))
        file.flush()
        draft.rename(table)
    return table, vectors


def with_pictures(folder: Path, cases: int) -> Path:
    """A Parquet file of cases with a vector and a picture each, all different."""
    path = folder / f"pictures-{cases}.parquet"
    if not path.exists():
        draft = path.with_suffix(".draft")
        texts = [(name, pa.string()) for name in (*PLAIN, TASK)]
        others = [("age", pa.int64()), ("sex", pa.string()), ("site", pa.string())]
        data = [("image", pa.binary()), ("vector", pa.list_(pa.float32(), DIMENSION))]
        schema = pa.schema([*texts, *others, *data])
        with pq.ParquetWriter(draft, schema, compression="none") as file:
            for start, count in chunks(cases):
                made = chunk(start, count)
                columns = {
                    **_plain(made),
                    TASK: made.labels,
                    **{name: made.column(name) for name in ATTRIBUTES},
                    "image": [new_picture(row) for row in made.rows],
                    "vector": pa.FixedSizeListArray.from_arrays(pa.array(made.vectors.ravel()), DIMENSION),
                }
                file.write_table(pa.table(columns, schema=schema), row_group_size=1_000)
        draft.rename(path)
    return path


def predicted(folder: Path, cases: int, name: str) -> Path:
    """A CSV of predictions for the test cases, as of some model that was run elsewhere."""
    path = folder / f"predicted-{name}-{cases}.csv"
    if not path.exists():
        rng = np.random.default_rng(len(name))
        asked = [row for row in range(cases) if cell("split", row) == "test"]
        said = [LABELS[one] for one in rng.integers(len(LABELS), size=len(asked))]
        pa.csv.write_csv(pa.table({"case_id": [case_id(row) for row in asked], "prediction": said}), path)
    return path


def _plain(made: Chunk) -> dict[str, list[object]]:
    return {name: made.column(column) for name, column in PLAIN.items()}
