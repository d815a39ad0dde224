"""Tables of clustered vectors, three a patient, for case bases that are searched by an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

CASES, DIMENSION = 6_000, 32


def patients(vectors: np.ndarray, start: int = 0) -> pa.Table:
    """The rows of a table that go with vectors, shape (n, d); case ids count from `start`."""
    import pyarrow as pa

    rows = range(start, start + len(vectors))
    return pa.table(
        {
            "case_id": [f"c{row:05d}" for row in rows],
            "patient_id": [f"p{row // 3:05d}" for row in rows],
            "diagnosis": ["abcd"[row // 3 % 4] for row in rows],
            "split": ["train"] * len(rows),
        }
    )
