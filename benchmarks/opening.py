"""Opening a case base of 2,500 cases until it can be searched, against reading the bare vectors with NumPy.

The libraries are imported beforehand: their cost is one process's, not one case base's. It is printed apart.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import faiss
import numpy as np

from benchmarks.synthetic import random_case_base
from benchmarks.timing import compare, report, seconds
from dermtools.retrieval import CaseBase

CASES, DIMENSION = 2_500, 1024
BUDGET = 0.5


def main() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "casebase"
        vectors = random_case_base(path, cases=CASES, dimension=DIMENSION)
        np.save(Path(folder) / "vectors.npy", vectors)

        def ours() -> None:
            CaseBase.open(path).search(vector=vectors[7], k=5)

        def peer() -> None:
            index = faiss.IndexFlatL2(DIMENSION)
            index.add(np.load(Path(folder) / "vectors.npy"))
            index.search(vectors[7:8], 5)

        result = compare(ours, peer, rounds=15)
        code = f"from dermtools.retrieval import CaseBase; CaseBase.open({str(path)!r}).search(case_id='case_000007')"
        fresh = seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True))
    measured = f"{result.ours:.3f} s against {result.peer:.3f} s for bare vectors; {fresh:.1f} s in a fresh process"
    return report(f"opening {CASES:,} x {DIMENSION} and one search", measured, f"{BUDGET} s", result.ours <= BUDGET)


if __name__ == "__main__":
    raise SystemExit(not main())
