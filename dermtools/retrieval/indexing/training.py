"""Candidates for the index of a case base: built by FAISS, tuned to a recall, and timed where they will run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from math import log2, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.retrieval.indexing.approximate import TUNED_FOR, TunedIndex, search_parameters
from dermtools.retrieval.indexing.held_out import HeldOut, own_left_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.progress import Progress
    from dermtools.retrieval.search.index import FlatIndex

TRAINED_A_LIST = 40
"""Vectors of the sample that k-means has for each list."""
ROUNDS = 8
BLOCK_ROWS = 32_768
REFINED = (10, 20, 30, 50, 75, 100, 150, 200, 300, 400, 800)
TIMED = 30
"""Searches whose median counts."""


@dataclass(frozen=True)
class Candidate:
    """An inverted file over vectors that are reduced first, each kept as a short code."""

    code: str
    """FAISS's name: SQ8 (8 bits a number), PQ (fast scan, 4 bits a number), RaBitQ (1 bit a number)."""
    reduced: int
    """Principal components that are kept; 0 for the vectors as they are."""

    def kind(self, dimension: int, lists: int) -> str:
        """FAISS's factory string."""
        kept = self.reduced or dimension
        # RaBitQ wants the variance spread over all numbers, which a random rotation does.
        turned = "RR" if self.code == "RaBitQ" else ""
        before = f"PCA{'R' if turned else ''}{kept}," if self.reduced else f"RR{kept}," if turned else ""
        code = f"PQ{kept}x4fs" if self.code == "PQ" else self.code
        return f"{before}IVF{lists},{code}"

    def bytes_per_vector(self, dimension: int) -> float:
        """Of its codes and row numbers, in memory."""
        kept = self.reduced or dimension
        return 8 + {"SQ8": kept, "PQ": kept / 2, "RaBitQ": kept / 8 + 8}[self.code]


def candidates(dimension: int) -> list[Candidate]:
    """What is tried for vectors of this many numbers."""
    tried = [Candidate("PQ", size) for size in (64, 96, 128)] + [Candidate("SQ8", 128), Candidate("RaBitQ", 512)]
    fewer = [one for one in tried if one.reduced < dimension]
    whole = [Candidate(code, 0) for code, most in (("PQ", 256), ("SQ8", 256), ("RaBitQ", 512)) if dimension <= most]
    return fewer + whole


def lists_for(count: int) -> int:
    """Lists of the inverted file: four times the root, as a power of two."""
    return int(2 ** max(2, round(log2(4 * sqrt(max(count, 4))))))


def built(candidate: Candidate, vectors: NDArray[np.float32], seed: int, progress: Progress) -> Any:
    """The candidate over vectors, float32, shape (n, d), trained on a sample of them; entry i is row i."""
    import faiss

    count, dimension = vectors.shape
    lists = lists_for(count)
    index = faiss.index_factory(dimension, candidate.kind(dimension, lists))
    ivf: Any = faiss.downcast_index(faiss.extract_index_ivf(index))
    ivf.cp.niter, ivf.cp.seed, ivf.cp.max_points_per_centroid = ROUNDS, seed, TRAINED_A_LIST
    ivf.cp.min_points_per_centroid = 1
    if candidate.code == "PQ":
        ivf.pq.cp.niter = ROUNDS
    places = np.sort(np.random.default_rng(seed).permutation(count)[: TRAINED_A_LIST * lists])
    progress.start(2 + count, f"training {candidate.kind(dimension, lists)}")
    index.train(np.ascontiguousarray(vectors[places]))
    progress.advance(2)
    for start in range(0, count, BLOCK_ROWS):
        block = vectors[start : start + BLOCK_ROWS]
        index.add(np.ascontiguousarray(block))
        progress.advance(len(block))
    return index


@dataclass(frozen=True)
class Tuned:
    """How a built candidate reaches the recall soonest."""

    probes: int
    refined: int
    recall: float
    milliseconds: float


def tuned(index: Any, exact: FlatIndex, held: HeldOut, wanted: float) -> Tuned | None:
    """The quickest way to search that finds the `wanted` share by one standard error; None where none does.

    A candidate is right where it is one of the true nearest, since refinement puts those first.
    """
    import faiss

    lists = faiss.extract_index_ivf(index).nlist
    best: Tuned | None = None
    for probes in _probes(lists):
        places = _places(index, held, probes)
        reached = [refined for refined in REFINED if _surely(places < refined) >= wanted]
        if not reached:
            continue
        trial = TunedIndex(index, exact, None, probes, reached[0], "")
        took = milliseconds(lambda i, on=trial: first_five(on, held, i), len(held))  # type: ignore[misc]
        found = Tuned(probes, reached[0], float((places < reached[0]).mean()), took)
        if best is not None and took > 1.2 * best.milliseconds:
            break  # more lists only take longer from here on
        best = found if best is None or took < best.milliseconds else best
    return best


def _probes(lists: int) -> Iterator[int]:
    probes = 4.0
    while probes <= lists:
        yield int(probes)
        probes *= 2**0.5


def _surely(right: NDArray[np.bool_]) -> float:
    """Share of what is right, shape (queries, five), less one standard error over queries."""
    shares = right.mean(axis=1)
    return float(shares.mean() - (shares.std() + 0.5 / len(shares)) / sqrt(len(shares)))


def _places(index: Any, held: HeldOut, probes: int) -> NDArray[np.int64]:
    """The place of each query's true nearest among the candidates, shape (queries, five); beyond all if not there."""
    _, found = index.search(held.vectors, REFINED[-1], params=search_parameters(index, probes))
    same = held.nearest[:, :, None] == found[:, None, :]
    return np.where(same.any(axis=2), same.argmax(axis=2), REFINED[-1])


def first_five(index: TunedIndex | FlatIndex, held: HeldOut, i: int) -> list[tuple[int, float]]:
    """The five nearest rows to a held-out query, without its own group, as a search with the leak guard finds them."""
    return list(islice(own_left_out(index.rank(held.vectors[i], first=TUNED_FOR), held.own[i]), TUNED_FOR))


def milliseconds(search: Callable[[int], object], count: int, times: int = TIMED) -> float:
    """Median of so many searches, after one that does not count."""
    search(0)
    taken = []
    for i in range(times):
        start = time.perf_counter()
        search(i % count)
        taken.append(time.perf_counter() - start)
    return 1000 * float(np.median(taken))
