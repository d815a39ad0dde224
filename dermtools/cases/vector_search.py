"""Vectors of a table that stay where they lie: found by Lance's own index, read a few at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dermtools.cases.fragments import dataset_of
from dermtools.cases.lance_errors import one_line_errors
from dermtools.cases.lance_table import CaseTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

INDEX = "vectors"
"""Name of the index in the table."""
SCANNED = 8192
"""Rows that are read at once where all are: 32 MB of vectors of 1024 numbers."""


def is_indexed(table: CaseTable) -> bool:
    """Whether Lance has an index of the vectors, in the version that reads see."""
    with one_line_errors("the index cannot be read"):
        return any(index.name == INDEX for index in dataset_of(table).describe_indices())


def nearest(
    table: CaseTable, vector: NDArray[np.float32], count: int, *, probes: int, refine: int
) -> tuple[list[str], NDArray[np.float32]]:
    """Case ids and vectors, float32, shape (n, d), of about the `count` nearest rows, fewer where no more are found.

    Rows that came after the index was made are searched exactly. `probes` partitions are looked through, and `refine`
    times as many candidates are compared by their exact vectors.
    """
    how = {"column": "vector", "q": vector, "k": count, "metric": "l2"}
    how |= {"minimum_nprobes": probes, "maximum_nprobes": probes, "refine_factor": refine}
    with one_line_errors("the index cannot be read"):
        found = dataset_of(table).scanner(columns=["case_id", "vector", "_distance"], nearest=how).to_table()
    vectors = found["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return found["case_id"].to_pylist(), vectors.reshape(len(found), -1).astype(np.float32, copy=False)


def taken(table: CaseTable, rows: Sequence[int], dimension: int) -> NDArray[np.float32]:
    """Vectors of some rows, float32, shape (n, d), in the order of `rows`."""
    if not len(rows):
        return np.empty((0, dimension), np.float32)
    column = table.take_arrow(rows, ["vector"])["vector"].combine_chunks()
    return np.asarray(column.flatten().to_numpy(zero_copy_only=False), np.float32).reshape(len(rows), dimension)


def scanned(table: CaseTable) -> Iterator[NDArray[np.float32]]:
    """All vectors in row order, float32, shape (n, d), a few at a time."""
    with one_line_errors("the vectors cannot be read"):
        for batch in dataset_of(table).scanner(columns=["vector"], scan_in_order=True, batch_size=SCANNED).to_batches():
            yield batch["vector"].flatten().to_numpy(zero_copy_only=False).reshape(batch.num_rows, -1)
