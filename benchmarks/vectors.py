"""Vectors with a table into a new case base, against Lance's own bulk write of the same Arrow table.

The peer is `lance.write_dataset`, which is what a LanceDB table is written with, without checks, hashes and report.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import lance
import numpy as np
import pyarrow as pa

from benchmarks.timing import compare, report
from dermtools import CaseBase
from dermtools.embedding import GivenVectors

ROWS, DIMENSION = 100_000, 1024
BUDGET = 2.0


def main() -> bool:
    vectors = np.random.default_rng(0).standard_normal((ROWS, DIMENSION), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    patients = np.arange(ROWS) // 3
    table = pa.table(
        {
            "case_id": [f"c{row}" for row in range(ROWS)],
            "patient_id": [f"p{patient}" for patient in patients],
            "diagnosis": ["abcdefgh"[patient % 8] for patient in patients],
            "split": [("train", "valid", "test")[patient % 3] for patient in patients],
        }
    )
    flat = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), DIMENSION)
    whole = table.append_column("vector", flat)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def ours() -> None:
            shutil.rmtree(folder / "base", ignore_errors=True)
            case_base = CaseBase.create(folder / "base", embedder=GivenVectors("m", DIMENSION, normalized=True))
            assert case_base.add(table, vectors=vectors).added == ROWS

        def peer() -> None:
            shutil.rmtree(folder / "peer.lance", ignore_errors=True)
            lance.write_dataset(whole, folder / "peer.lance")

        result = compare(ours, peer, rounds=3)
    measured = f"{result.ours:.1f} s against {result.peer:.1f} s, ratio {result.ratio:.2f}"
    return report(f"{ROWS:,} vectors of {DIMENSION} into a case base", measured, f"{BUDGET} x", result.ratio <= BUDGET)


if __name__ == "__main__":
    raise SystemExit(not main())
