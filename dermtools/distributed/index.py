"""Lance's index of a case base that no memory holds: built by many machines, tuned and measured on its own cases."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from dermtools.cases.fragments import dataset_of
from dermtools.cases.lance_errors import one_line_errors
from dermtools.cases.manifest import LanceSearch
from dermtools.cases.vector_search import INDEX, scanned, taken
from dermtools.distributed.cluster import SHARE, cluster
from dermtools.errors import CaseBaseError
from dermtools.intervals import share_interval
from dermtools.retrieval.search.lance_index import LanceIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.cases.store import CaseStore

K = 5
LEAST_ROWS = 10_000
"""Of a case base that is worth it; fewer are searched exactly in a moment."""
NUMBERS_A_CODE = 8
"""Of a vector, that product quantisation (Jegou et al. 2011) makes one byte of."""
REFINE = (5, 20)
"""Candidates for each row that is wanted, compared exactly; tried in this order for each number of partitions."""


@dataclass(frozen=True)
class Tuned:
    """What came of it."""

    search: LanceSearch
    reached: bool
    """Whether the recall that was asked for is reached; else these are the widest settings that were tried."""


def index_over(address: str, store: CaseStore, *, recall: float = 0.99, queries: int = 500, seed: int = 0) -> Tuned:
    """Build the index over the Ray cluster at an address, tune it and measure it.

    From then on, a search goes through it: the manifest says how, and what it was found to find. Queries are cases of
    the case base, drawn with `seed`; their own groups are left out, as in a search. Half of them choose the settings,
    the others measure what these find, so that the choice does not flatter the measurement.

    Raises:
        CaseBaseError: the case base is small, another process is writing, or Lance cannot build the index.
        ClusterError: Ray cannot be reached.
    """
    with store.write():
        count, dimension = len(store), store.manifest.identity.dimension
        if count < LEAST_ROWS:
            raise CaseBaseError(f"{store.path} holds {count} cases; below {LEAST_ROWS} an exact search is as quick")
        parts = max(16, min(int(4 * math.sqrt(count)), count // 40))
        with cluster(address) as found, one_line_errors("the index could not be built"):
            import lance_ray

            lance_ray.create_index(
                str(dataset_of(store.table).uri),
                column="vector",
                index_type="IVF_PQ",
                name=INDEX,
                num_workers=found.workers,
                num_partitions=parts,
                num_sub_vectors=_codes(dimension),
                sample_rate=min(256, count // max(parts, 256)),
                ray_remote_args={"num_cpus": SHARE},
            )
        store.table.follow()
        done = tuned(store, parts, recall=recall, queries=queries, seed=seed)
        store.update_manifest(lance_search=done.search)
        return done


def tuned(store: CaseStore, parts: int, *, recall: float, queries: int, seed: int) -> Tuned:
    """The narrowest settings that reach a recall on half of the queries, and what they find on the other half."""
    columns, dimension = store.columns(), store.manifest.identity.dimension
    random = np.random.default_rng(seed)
    rows = np.sort(random.choice(len(columns), min(2 * (queries // 2), len(columns)), replace=False))
    vectors = taken(store.table, rows.tolist(), dimension)
    groups = np.unique(np.array(list(columns.group_ids)), return_inverse=True)[1]
    truth = _nearest(store, vectors, groups[rows], groups)
    # Whole groups on one side: patients apart.
    chooses = (groups[rows] % 2) == 0
    made, found = (0, 0), np.zeros(0)
    for probes, refine in _settings(parts):
        index = LanceIndex(store.table, columns.case_ids, columns.row_of, dimension, probes, refine)
        made, found = (probes, refine), _hits(index, vectors, groups, rows, truth, chooses)
        if found.mean() >= recall:
            break
    index = LanceIndex(store.table, columns.case_ids, columns.row_of, dimension, *made)
    told = _hits(index, vectors, groups, rows, truth, ~chooses)
    interval = share_interval(told, np.unique(groups[rows[~chooses]], return_inverse=True)[1])
    search = LanceSearch(
        probes=made[0],
        refine=made[1],
        recall=float(told.mean()),
        low=float(interval.low),
        high=float(interval.high),
        queries=len(told),
    )
    return Tuned(search, bool(found.mean() >= recall))


def _codes(dimension: int) -> int:
    """Bytes of a vector in the index: about a byte for NUMBERS_A_CODE, and a divisor, as Lance asks for."""
    wanted = max(1, dimension // NUMBERS_A_CODE)
    return max(codes for codes in range(1, wanted + 1) if dimension % codes == 0)


def _settings(parts: int) -> Iterator[tuple[int, int]]:
    probes = 1
    while probes < parts:
        yield from ((probes, refine) for refine in REFINE)
        probes *= 2
    yield parts, 4 * REFINE[-1]


def _hits(
    index: LanceIndex,
    vectors: NDArray[np.float32],
    groups: NDArray[np.intp],
    rows: NDArray[np.int64],
    truth: NDArray[np.int64],
    chosen: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Of the nearest K cases of other groups, the share that is found, for each chosen query; shape (m,)."""
    shares = []
    for place in np.flatnonzero(chosen):
        ranking = index.rank(vectors[place], groups != groups[rows[place]], first=K)
        found = {row for row, _ in islice(ranking, K)}
        shares.append(len(found & set(truth[place].tolist())) / K)
    return np.array(shares)


def _nearest(
    store: CaseStore, queries: NDArray[np.float32], own: NDArray[np.intp], groups: NDArray[np.intp]
) -> NDArray[np.int64]:
    """Rows of the nearest K cases of other groups by all vectors, shape (m, K): one pass, a few vectors at a time."""
    wide = queries.astype(np.float64)
    squares = np.square(wide).sum(axis=1)[:, None]
    best = np.full((len(queries), K), np.inf)
    rows = np.full((len(queries), K), -1, np.int64)
    start = 0
    for part in scanned(store.table):
        block = part.astype(np.float64)
        distances = squares - 2 * wide @ block.T + np.square(block).sum(axis=1)
        distances[own[:, None] == groups[start : start + len(part)]] = np.inf
        both = np.concatenate([best, distances], axis=1)
        places = np.argpartition(both, K - 1, axis=1)[:, :K]
        numbers = np.concatenate([rows, np.broadcast_to(np.arange(start, start + len(part)), distances.shape)], axis=1)
        best, rows = np.take_along_axis(both, places, axis=1), np.take_along_axis(numbers, places, axis=1)
        start += len(part)
    return rows
