"""The tuned index over a million clustered vectors of 1024, against an exact scan of the same case base.

`python -m benchmarks.tuned_index [CASES] [FOLDER]`; recall is counted by brute force on fresh queries, which the
index has never met, and has to lie in the interval that it tells of itself, widened by the error of this count.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.clustered import Clustered, drawn, written
from benchmarks.timing import report, seconds
from dermtools import CaseBase
from dermtools.embedding import GivenVectors
from dermtools.progress import bar

DIMENSION, FRESH, TIMED = 1024, 200, 40
FASTER, BYTES, RECALL, MINUTES = 200, 1200, 0.99, 8


def main(cases: int = 1_000_000, kept: str | None = None) -> bool:
    with tempfile.TemporaryDirectory(dir=kept) as name:
        folder = Path(name)
        vectors = written(folder / "vectors.npy", Clustered(DIMENSION), cases)
        case_base = CaseBase.create(folder / "base", embedder=GivenVectors("m", DIMENSION, normalized=True))
        case_base.add(_table(cases), vectors=folder / "vectors.npy")
        with bar(log_seconds=10) as progress:
            made = case_base.build_index(progress=progress)
        print(f"{made.kind}: {made.note}", flush=True)
        index = case_base.snapshot.index
        queries = drawn(Clustered(DIMENSION), 3 * FRESH, sample=1)[::3]
        found = [[row for row, _ in islice(index.rank(query, first=5), 5)] for query in queries]
        shares = [len(set(a) & set(b)) / 5 for a, b in zip(found, _nearest(vectors, queries), strict=True)]
        error = 2 * float(np.std(shares)) / FRESH**0.5
        recall = float(np.mean(shares))
        ours = [seconds(lambda q=query: list(islice(index.rank(q, first=5), 5))) for query in queries[:TIMED]]
        exact = [seconds(lambda q=query: list(islice(index.exact.rank(q, first=5), 5))) for query in queries[:5]]
        times = float(np.median(exact) / np.median(ours))
        code = f"from dermtools import CaseBase; c = CaseBase.open({str(case_base.path)!r}); c.columns"
        bare = seconds(lambda: subprocess.run([sys.executable, "-c", code.rpartition(";")[0]], check=True))
        opened = seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True)) - bare
    what = f"tuned index, {cases:,} x {DIMENSION}"
    fits = made.low - error <= recall <= made.high + error
    speed = f"{np.median(ours) * 1e3:.2f} ms against {np.median(exact) * 1e3:.0f} ms exact, {times:.0f} times as fast"
    told = f"{recall:.4f}, told {made.recall:.4f} ({made.low:.4f} to {made.high:.4f})"
    held = [
        report(f"{what}, speed", speed, f"{FASTER} x", times >= FASTER),
        report(f"{what}, recall@5 of fresh queries", told, f"{RECALL}, and as told", recall >= RECALL - error and fits),
        report(
            f"{what}, memory", f"{made.bytes_per_vector:.0f} B a case", f"{BYTES} B", made.bytes_per_vector <= BYTES
        ),
        report(f"{what}, made", f"{made.seconds:.0f} s", f"{MINUTES} minutes", made.seconds <= 60 * MINUTES),
        report(f"{what}, opened", f"{opened:.2f} s, columns included", "1 s", opened <= 1),
    ]
    return all(held)


def _table(cases: int) -> pa.Table:
    groups = np.arange(cases) // 3
    columns = {"case_id": [f"c{row}" for row in range(cases)], "patient_id": [f"p{group}" for group in groups]}
    columns |= {"diagnosis": ["abcdefgh"[group % 8] for group in groups], "split": ["train"] * cases}
    return pa.table(columns)


def _nearest(vectors: np.ndarray, queries: np.ndarray, block: int = 20_000) -> list[list[int]]:
    """The five nearest rows of each query, by brute force."""
    best, at = np.full((len(queries), 5), np.inf), np.zeros((len(queries), 5), np.int64)
    for start in range(0, len(vectors), block):
        apart = 2 - 2 * (queries @ vectors[start : start + block].T).astype(np.float64)
        rows = np.argpartition(apart, 5, axis=1)[:, :5]
        best, at = np.hstack([best, np.take_along_axis(apart, rows, axis=1)]), np.hstack([at, rows + start])
        order = np.argsort(best, axis=1)[:, :5]
        best, at = np.take_along_axis(best, order, axis=1), np.take_along_axis(at, order, axis=1)
    return at.tolist()


if __name__ == "__main__":
    raise SystemExit(not main(*[int(text) for text in sys.argv[1:2]], *sys.argv[2:3]))
