"""Many queries at once over 100,000 x 1024: in one batch against FAISS's own, and from 32 threads side by side.

The queries' vectors are close to cases, as real ones are; each is a case with its group, so that the guard works.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import faiss
import numpy as np

from benchmarks.synthetic import beside_bare
from benchmarks.timing import compare, report
from dermtools import CaseBase
from dermtools.prediction import Query

CASES, DIMENSION, K = 100_000, 1024, 5
QUERIES, CLIENTS = 512, 32
BUDGET = 1.2
SCALING = 0.8
"""Of the cores, what 32 searches at once gain at least over one after the other."""


def main() -> bool:
    with beside_bare(cases=CASES, dimension=DIMENSION) as (case_base, bare):
        rng = np.random.default_rng(1)
        queries = [case_base.query(case_id=f"case_{i:06d}") for i in rng.integers(0, CASES, QUERIES)]
        stacked = np.stack([query.vector for query in queries])
        result = compare(lambda: case_base.search_many(queries, K), lambda: bare.search(stacked, K), rounds=5)
        held = report(
            f"{QUERIES} queries in one batch, {CASES:,} x {DIMENSION}, leak guard on",
            f"{result.ours / QUERIES * 1e3:.2f} ms a query against {result.peer / QUERIES * 1e3:.2f} ms bare, "
            f"ratio {result.ratio:.2f}",
            f"{BUDGET} x",
            result.ratio <= BUDGET,
        )
        where = "location IN ('arm', 'back', 'face', 'foot')"
        result = compare(
            lambda: case_base.search_many(queries, K, where=where), lambda: bare.search(stacked, K), rounds=3
        )
        held &= report(
            "the same with a filter that half of the cases satisfy, against bare over all",
            f"ratio {result.ratio:.2f}",
            f"{BUDGET} x",
            result.ratio <= BUDGET,
        )
        return held & _side_by_side(case_base, queries[:64])


def _side_by_side(case_base: CaseBase, queries: list[Query]) -> bool:
    cores = len(os.sched_getaffinity(0))
    faiss.omp_set_num_threads(1)  # as the server's threads have it: one query cannot use more than one well

    def one(query: Query) -> object:
        return case_base.search(query=query, k=K)

    with ThreadPoolExecutor(CLIENTS) as pool:
        result = compare(lambda: list(pool.map(one, queries)), lambda: list(map(one, queries)), rounds=3)
    gain, each = 1 / result.ratio, 1e3 / len(queries)
    return report(
        f"{CLIENTS} searches at once on {cores} cores",
        f"{result.ours * each:.1f} ms a query against {result.peer * each:.1f} ms one by one, {gain:.2f} times as many",
        f"{SCALING * cores:.1f} times",
        gain >= SCALING * cores,
    )


if __name__ == "__main__":
    raise SystemExit(not main())
