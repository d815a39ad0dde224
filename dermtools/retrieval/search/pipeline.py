"""One search: leak guard, filter, ranking and diversity, in that order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Protocol

import numpy as np

from dermtools.errors import QueryError
from dermtools.numbers import plain, whole_number
from dermtools.retrieval.search.diversity import Pair, label_balanced, maximal_marginal_relevance, per_group
from dermtools.retrieval.search.index import by_distance
from dermtools.retrieval.search.leak_guard import Jpegs, allowed_rows
from dermtools.retrieval.search.neighbors import Neighbors
from dermtools.text import counted, instead

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.prediction import Query
    from dermtools.retrieval.search.index import Ranked
    from dermtools.retrieval.search.snapshot import Snapshot

ADD_HASHES = "add them with dermtools check --fix --yes no-picture-hash, or CaseBase.add_hashes"
DIVERSITY = ("mmr", "balanced")
POOL_FACTOR = 4
"""MMR chooses k among this many times k of the nearest, by default."""
FEW = 8
"""So many own cases are passed over in the ranking of all; more are left out by a bitmap inside FAISS."""


class Ranks(Protocol):
    """What gives the cases from the nearest to the farthest; see `VectorIndex.rank`."""

    def rank(
        self, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None = None, *, first: int = 1
    ) -> Ranked: ...


@dataclass(frozen=True)
class SearchOptions:
    """What to search for beside the query; see `CaseBase.search`. A QueryError where one is out of range."""

    k: int = 5
    where: str | Collection[str] | None = None
    exclude_groups: Collection[str] = ()
    exclude_cases: Collection[str] = ()
    max_per_group: int | None = None
    diversity: str | None = None
    task: str | None = None
    leak_guard: bool = True
    mmr_relevance: float = 0.5
    mmr_pool: int | None = None
    where_shown: str | Collection[str] | None = None

    def __post_init__(self) -> None:
        for name in ("k", "max_per_group", "mmr_pool"):
            if (value := getattr(self, name)) is not None or name == "k":
                object.__setattr__(self, name, whole_number(value, name))
        for name in ("exclude_groups", "exclude_cases"):
            if isinstance(getattr(self, name), str):
                raise QueryError(f"{name} takes a list of ids, not one text")
        if self.diversity not in (None, *DIVERSITY):
            raise QueryError(f"no diversity {self.diversity!r}; {instead(str(self.diversity), DIVERSITY)}")
        if self.diversity == "balanced" and self.task is None:
            raise QueryError("diversity balanced spreads over the labels of a task; name it (--task, task='location')")
        relevance = plain(self.mmr_relevance)
        if not isinstance(relevance, int | float) or not 0 <= relevance <= 1:
            raise QueryError(f"mmr_relevance must lie between 0 and 1, not {self.mmr_relevance!r}")

    @property
    def looked_at(self) -> int:
        """How many of the nearest cases are needed to choose k of them."""
        return max(self.k, self.mmr_pool or POOL_FACTOR * self.k) if self.diversity == "mmr" else self.k


def search(
    snapshot: Snapshot,
    query: Query,
    vector: NDArray[np.float32],
    options: SearchOptions,
    jpegs: Jpegs,
    shown: frozenset[str] = frozenset(),
) -> Neighbors:
    """Neighbours in one version of a case base of a query with this embedding, float32, shape (d,).

    `shown` are the attributes that may leave the machine.

    A QueryError where the vector does not fit, or an option names what does not exist.
    """
    return search_jointly(snapshot, query.name, [(query, vector)], options, jpegs, shown)


def search_jointly(
    snapshot: Snapshot,
    name: str,
    views: Sequence[tuple[Query, NDArray[np.float32]]],
    options: SearchOptions,
    jpegs: Jpegs,
    shown: frozenset[str] = frozenset(),
    index: Ranks | None = None,
) -> Neighbors:
    """As `search`, of several queries that are one patient's: a case is as near as it is to the nearest of them.

    What is any view's own is left out of the whole result: a copy of one view tells whose all of them are. `index`
    stands for the snapshot's own where that has ranked already.
    """
    columns = snapshot.columns
    index = snapshot.index if index is None else index
    if options.task is not None:
        snapshot.task(options.task)
    eligible, notes = eligible_rows(snapshot, options, shown)
    read: list[Ranked] = []

    def ranked(allowed: NDArray[np.bool_] | None = None, first: int = options.looked_at) -> Iterable[Pair]:
        rankings = [index.rank(vector, allowed, first=first) for _, vector in views]
        read.extend(rankings)
        return rankings[0] if len(rankings) == 1 else _Joined(rankings, columns.case_ids)

    own: dict[int, str] = {}
    if options.leak_guard:
        for query, vector in views:
            nearest = partial(index.rank, vector, first=options.looked_at)
            own |= snapshot.guard.reasons(query, snapshot.guard.left_out(query, nearest, jpegs))
        if own:
            notes.append(f"leak guard: {counted(len(own), 'case')} of the query's own group or picture left out")
        elif any(query.image is not None and query.group_id is None for query, _ in views) and len(columns.unhashed):
            missing = len(columns.unhashed)
            notes.append(f"leak guard: {missing} pictures have no hash by which edited copies are found; {ADD_HASHES}")
    else:
        notes.append("leak guard off: the query's own picture and group may be among the neighbours")

    if options.diversity != "balanced" and eligible is None and len(own) <= FEW:
        # Passed over while reading: the ranking continues until enough are found, so nothing comes out short.
        found = _nearest(snapshot, (pair for pair in ranked() if pair[0] not in own), options)
    else:
        allowed = _both(eligible, allowed_rows(len(snapshot), own) if own else None)
        if options.diversity == "balanced":
            by_label = {
                label: ranked(_both(allowed, rows), options.k)
                for label, rows in snapshot.by_label(options.task or "").items()
            }
            found = label_balanced(by_label, columns.group_ids, options.k, options.max_per_group)
        else:
            found = _nearest(snapshot, ranked(allowed), options)
    found = by_distance(found, columns.case_ids)
    notes += dict.fromkeys(ranking.note for ranking in read if ranking.note)
    if len(found) < options.k:
        notes.append(f"{len(found)} neighbours instead of {options.k}: no more are left")
    left_out = {columns.case_ids[row]: reason for row, reason in own.items()}
    cases = columns.cases([row for row, _ in found])
    near = [(case, distance) for case, (_, distance) in zip(cases, found, strict=True)]
    return Neighbors(name, near, notes, jpegs, shown, left_out)


@dataclass(frozen=True)
class _Joined:
    """Each row once, at the smallest of its distances, nearest first, ties by case id, however often it is read."""

    rankings: Sequence[Iterable[Pair]]
    case_ids: Sequence[str]

    def __iter__(self) -> Iterator[Pair]:
        met = set[int]()
        for row, distance in merge(*self.rankings, key=lambda pair: (pair[1], self.case_ids[pair[0]])):
            if row not in met:
                met.add(row)
                yield row, distance


def eligible_rows(
    snapshot: Snapshot, options: SearchOptions, shown: frozenset[str]
) -> tuple[NDArray[np.bool_] | None, list[str]]:
    """Rows that the options allow, None for all; and notes on them."""
    eligible: NDArray[np.bool_] | None = None
    notes = []
    satisfied = [snapshot.matching(condition) for condition in _conditions(options.where)]
    satisfied += [snapshot.matching(condition, shown) for condition in _conditions(options.where_shown)]
    if satisfied:
        eligible = reduce(np.logical_and, satisfied)
        notes.append(f"where: {np.count_nonzero(eligible)} of {len(snapshot)} cases satisfy it")
    if options.exclude_groups or options.exclude_cases:
        row_of = snapshot.columns.row_of
        excluded = {row_of[case_id] for case_id in options.exclude_cases if case_id in row_of}
        excluded |= snapshot.guard.rows_of_groups(options.exclude_groups)
        eligible = _both(eligible, allowed_rows(len(snapshot), excluded))
    return eligible, notes


def _conditions(given: str | Collection[str] | None) -> list[str]:
    return [given] if isinstance(given, str) else list(given or ())


def _both(a: NDArray[np.bool_] | None, b: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    """Rows in both masks, where None stands for all rows."""
    return b if a is None else a if b is None else a & b


def _nearest(snapshot: Snapshot, pairs: Iterable[Pair], options: SearchOptions) -> list[Pair]:
    nearest = per_group(pairs, snapshot.columns.group_ids, options.max_per_group)
    if options.diversity == "mmr":
        pool = list(islice(nearest, options.looked_at))
        return maximal_marginal_relevance(pool, snapshot.index.vectors, options.k, options.mmr_relevance)
    return list(islice(nearest, options.k))
