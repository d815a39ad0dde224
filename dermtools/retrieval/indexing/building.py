"""`dermtools index`: chooses an index, measures what it finds, and keeps it where it is worth having."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.errors import QueryError
from dermtools.progress import Silent
from dermtools.retrieval.indexing.approximate import TUNED_FOR, TunedIndex
from dermtools.retrieval.indexing.held_out import HeldOut, held_out, measured
from dermtools.retrieval.indexing.kept import keep
from dermtools.retrieval.indexing.record import IndexRecord
from dermtools.retrieval.indexing.training import (
    Candidate,
    Tuned,
    built,
    candidates,
    first_five,
    lists_for,
    milliseconds,
    tuned,
)
from dermtools.retrieval.search.cache import key_of, load_index

if TYPE_CHECKING:
    from dermtools.cases.store import CaseStore
    from dermtools.progress import Progress
    from dermtools.retrieval.search.index import FlatIndex

TRIED_ON = 100_000
"""Cases on which all candidates are compared."""
LOOKED_AT = 20_000
"""Cases by which it is seen that no index helps."""
TUNING, MEASURING = 600, 500
"""Queries, of other patients each: what is tuned by some is measured by the others."""
QUICKER = 3.0
"""Times an exact search's speed that an index must have to be worth its error."""
FEWEST = 2_000
"""Cases below which nothing is tried."""
_QUIET = {"min_points_per_centroid": 1, "max_points_per_centroid": TRIED_ON}
"""FAISS warns on standard error of few or many points a list, which nobody here can change."""
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def bytes_of(text: str) -> int:
    """`1.2GB`, `800 MB` or a number of bytes; a QueryError for another text."""
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?B?)\s*", text.upper())
    if found is None or (found[2] and not found[2].endswith("B")):
        raise QueryError(f"no amount of memory: {text!r}; say it like 1.2GB or 800MB")
    return int(float(found[1]) * _UNITS[found[2]])


def build_index(
    store: CaseStore,
    *,
    recall: float = 0.99,
    memory: int | str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> IndexRecord:
    """Choose, train, tune and measure an index, and put it in place of the former one; see `CaseBase.build_index`.

    Raises:
        QueryError: the recall is not in [0.5, 1), or the memory is no amount of bytes.
        CaseBaseError: the index cannot be written.
    """
    if not 0.5 <= recall < 1:
        raise QueryError(f"recall must lie from 0.5 to below 1, not {recall!r}; 1 is exact search, without an index")
    room = bytes_of(memory) if isinstance(memory, str) else memory
    start, progress = time.perf_counter(), progress or Silent()
    columns, exact = load_index(store)
    key = key_of(store, store.columns_and_key()[1])
    groups = np.unique(np.asarray(columns.group_ids), return_inverse=True)[1]
    work = _Work(exact, groups.astype(np.intp), recall, room, seed, progress)
    record, index = work.chosen(key)
    record = record.model_copy(update={"seconds": round(time.perf_counter() - start, 1)})
    return keep(store, record, index, exact)


class _Work:
    """One run over one version of a case base."""

    def __init__(
        self, exact: FlatIndex, groups: np.ndarray, wanted: float, room: int | None, seed: int, progress: Progress
    ) -> None:
        self.exact, self.groups, self.wanted, self.room = exact, groups, wanted, room
        self.seed, self.progress = seed, progress

    def chosen(self, key: str) -> tuple[IndexRecord, Any | None]:
        """The record, and the index unless exact search is best."""
        count = len(self.exact)
        about: dict[str, Any] = {"key": key, "cases": count, "dimension": self.exact.dimension, "wanted": self.wanted}
        vectors = self.exact.vectors
        patients = len(np.unique(self.groups))
        if patients < FEWEST // 3 or count < FEWEST or not self._helps():
            return self._exact_record(about), None
        tried = self._sample(TRIED_ON)
        # No query that measures later: of few patients fewer choose.
        held = self._held(tried, min(TUNING, patients * TUNING // (TUNING + MEASURING)))
        part = (
            self.exact
            if len(tried) == count
            else type(self.exact).build(vectors[tried], [self.exact.case_ids[row] for row in tried.tolist()])
        )
        ranking = sorted(self._compared(part, held), key=lambda pair: pair[1].milliseconds)
        if not ranking:
            return self._exact_record(about), None
        everything = np.arange(count)
        held = self._held(everything, TUNING + MEASURING)
        parts = (
            held.part(0, len(held) * TUNING // (TUNING + MEASURING)),
            held.part(len(held) * TUNING // (TUNING + MEASURING), len(held)),
        )
        slow = milliseconds(lambda i: first_five(self.exact, held, i), len(held), times=5)
        for candidate, _ in ranking[: 2 if self.room is None else None]:
            index = built(candidate, vectors, self.seed, self.progress)
            size = _size(index)
            if self.room is not None and size > self.room:
                continue  # centres and padding come on top of the codes
            found = tuned(index, self.exact, parts[0], self.wanted)
            if found is not None and QUICKER * found.milliseconds < slow:
                kind = candidate.kind(self.exact.dimension, lists_for(count))
                return self._record(about, kind, index, found, parts[1], slow, size / count), index
        return self._exact_record(about, slow), None

    def _sample(self, most: int) -> np.ndarray:
        """Rows of whole groups as they come, from a place to place: about so many, in order."""
        if len(self.groups) <= most:
            return np.arange(len(self.groups))
        numbers = np.random.default_rng(self.seed).permutation(int(self.groups.max()) + 1)
        return np.flatnonzero(numbers[self.groups] < most / len(self.groups) * len(numbers))

    def _held(self, rows: np.ndarray, queries: int) -> HeldOut:
        return held_out(self.exact.vectors, self.groups, rows, queries, TUNED_FOR, self.seed + 1, self.progress)

    def _helps(self) -> bool:
        """Whether near cases lie together: in how many lists the nearest are found, of a sample."""
        import faiss

        rows = self._sample(LOOKED_AT)
        held = self._held(rows, TUNING)
        vectors = np.ascontiguousarray(self.exact.vectors[rows])
        lists = lists_for(len(rows))
        means = faiss.Kmeans(vectors.shape[1], lists, niter=5, seed=self.seed, **_QUIET)
        means.train(vectors)
        own = means.index.search(vectors, 1)[1][:, 0]
        order = means.index.search(held.vectors, lists)[1]
        place = np.argsort(order, axis=1)
        at = np.take_along_axis(place, own[held.nearest], axis=1)
        return bool(np.quantile(at, self.wanted) < lists / 2)

    def _compared(self, part: FlatIndex, held: HeldOut) -> list[tuple[Candidate, Tuned]]:
        found = []
        for candidate in candidates(self.exact.dimension):
            if self.room is not None and candidate.bytes_per_vector(self.exact.dimension) * len(self.exact) > self.room:
                continue
            index = built(candidate, part.vectors, self.seed, self.progress)
            one = tuned(index, part, held, self.wanted)
            if one is not None:
                found.append((candidate, one))
        return found

    def _record(
        self, about: dict[str, Any], kind: str, index: Any, found: Tuned, held: HeldOut, slow: float, size: float
    ) -> IndexRecord:
        import faiss

        lists = int(faiss.extract_index_ivf(index).nlist)
        probes = found.probes
        while True:
            trial = TunedIndex(index, self.exact, None, probes, found.refined, "")
            self.progress.start(len(held), "measuring recall")
            shares = held.shares(self._each(trial, held))
            recall, interval = measured(shares)
            if recall >= self.wanted or probes >= lists:
                break
            probes = min(lists, probes * 3 // 2)  # what was tuned on others falls short on these
        took = milliseconds(lambda i: first_five(trial, held, i), len(held))
        return IndexRecord(
            **about, kind=kind, file="", lists=lists, probes=probes, refined=found.refined, recall=recall,
            low=interval.low, high=interval.high, queries=len(held), bytes_per_vector=round(size, 1),
            milliseconds=took, exact_milliseconds=slow,
        )  # fmt: skip

    def _each(self, trial: TunedIndex, held: HeldOut) -> Any:
        for i in range(len(held)):
            yield first_five(trial, held, i)
            self.progress.advance()

    def _exact_record(self, about: dict[str, Any], slow: float | None = None) -> IndexRecord:
        if slow is None:
            vector = self.exact.vectors[0] if len(self.exact) else None
            slow = 0.0 if vector is None else milliseconds(lambda _: next(iter(self.exact.rank(vector))), 1, times=5)
        return IndexRecord(
            **about, kind="exact", file=None, recall=1.0, low=1.0, high=1.0, queries=0, bytes_per_vector=0.0,
            milliseconds=slow, exact_milliseconds=slow,
        )  # fmt: skip


def _size(index: Any) -> int:
    """Bytes of an index in memory: those of its file."""
    import faiss

    return int(faiss.serialize_index(index).nbytes)
