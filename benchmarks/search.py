"""One query over 100,000 x 1024 with the leak guard, against a bare FAISS flat search of the same vectors."""

from __future__ import annotations

import itertools

import faiss
import numpy as np

from benchmarks.synthetic import beside_bare
from benchmarks.timing import compare, report

CASES, DIMENSION, K = 100_000, 1024, 5
BUDGET = 1.10


def main() -> bool:
    with beside_bare(cases=CASES, dimension=DIMENSION) as (case_base, bare):
        rng = np.random.default_rng(1)
        ids = [f"case_{i:06d}" for i in rng.integers(0, CASES, 256)]
        queries = [case_base.query(case_id=case_id) for case_id in ids]
        ours, peer = itertools.cycle(queries), itertools.cycle(queries)
        # The same thread count for both: one query cannot use more than one well.
        faiss.omp_set_num_threads(1)
        result = compare(
            lambda: case_base.search(query=next(ours), k=K),
            lambda: bare.search(np.ascontiguousarray(next(peer).vector[None]), K),
            rounds=60,
        )
    measured = f"{result.ours * 1e3:.2f} ms against {result.peer * 1e3:.2f} ms bare, ratio {result.ratio:.3f}"
    return report(f"search, {CASES:,} x {DIMENSION}, leak guard on", measured, f"{BUDGET} x", result.ratio <= BUDGET)


if __name__ == "__main__":
    raise SystemExit(not main())
