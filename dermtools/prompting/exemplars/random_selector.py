"""Random few-shot: examples drawn by chance, the same for the same query and seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dermtools.cases.case import Task
from dermtools.errors import PromptError
from dermtools.prediction import Query
from dermtools.prompting.exemplars.selectors import CaseSelector
from dermtools.prompting.exemplars.shots import Shot
from dermtools.prompting.former_keyword import takes_base
from dermtools.retrieval.case_base import CaseBase
from dermtools.retrieval.queries import embedded
from dermtools.retrieval.search.index import Ranking
from dermtools.retrieval.search.leak_guard import COMPARED
from dermtools.retrieval.search.snapshot import Snapshot


class RandomSelector(CaseSelector):
    """Draws cases at random; the same for the same query and seed, whatever was asked before.

    Args:
        seed: another seed, another draw.
        stratified: in turns from every label, so that k examples show k labels where there are that many.
        case_base, task, k, split, where, budget, attributes: see `CaseSelector`.
    """

    @takes_base
    def __init__(
        self, case_base: CaseBase, task: Task | None, k: int, *, seed: int = 0, stratified: bool = False, **options: Any
    ) -> None:
        super().__init__(case_base, task, k, **options)
        if stratified and task is None:
            raise PromptError("stratified drawing needs a task")
        self.seed, self.stratified = seed, stratified

    @property
    def settings(self) -> dict[str, Any]:
        """Seed and stratification besides."""
        return {**super().settings, "seed": self.seed, "stratified": self.stratified}

    def select(self, query: Query) -> list[Shot]:
        """Examples in the order in which they were drawn."""
        snapshot = self.case_base.snapshot
        condition = self._condition
        eligible = np.ones(len(snapshot), bool) if condition is None else snapshot.matching(condition)
        rng = np.random.default_rng(_seed_of(self.seed, query))
        own = snapshot.guard.left_out(query, lambda: self._nearest(snapshot, query), self.case_base.jpegs)
        rows: list[int] = []
        groups: set[str] = set()
        for row in self._drawn(snapshot, eligible, rng):
            if len(rows) == self.k:
                break
            group = snapshot.columns.group_ids[row]
            if row not in own and group not in groups:
                rows.append(row)
                groups.add(group)
        return [Shot(snapshot.columns.case(row), rank) for rank, row in enumerate(rows, start=1)]

    def _nearest(self, snapshot: Snapshot, query: Query) -> Ranking:
        vector = query.vector if query.vector is not None else embedded(query, self.case_base.embedder)
        return snapshot.index.rank(vector, first=COMPARED)

    def _drawn(self, snapshot: Snapshot, eligible: NDArray[np.bool_], rng: np.random.Generator) -> Iterable[int]:
        if not self.stratified or self.task is None:
            return (int(row) for row in rng.permutation(np.flatnonzero(eligible)))
        by_label = [np.flatnonzero(rows & eligible) for rows in snapshot.by_label(self.task.name).values()]
        piles = [[int(row) for row in rng.permutation(rows)] for rows in by_label if len(rows)]
        return _in_turns([piles[index] for index in rng.permutation(len(piles))])


def _seed_of(seed: int, query: Query) -> int:
    """One number for a seed and a query: by its content, else by what else tells it apart."""
    digest = hashlib.sha256(f"{seed}:".encode())
    if query.content_hash or query.case_id:
        digest.update((query.content_hash or query.case_id or "").encode())
    elif query.jpeg is not None or query.image is not None:
        digest.update(query.jpeg or (query.image.tobytes() if query.image else b""))
    elif query.vector is not None:
        digest.update(np.ascontiguousarray(query.vector).tobytes())
    else:
        digest.update((query.text or query.name).encode())
    return int.from_bytes(digest.digest()[:16], "big")


def _in_turns(piles: Sequence[Sequence[int]]) -> Iterator[int]:
    seen: set[int] = set()
    for turn in range(max(map(len, piles), default=0)):
        for pile in piles:
            if turn < len(pile) and pile[turn] not in seen:
                seen.add(pile[turn])
                yield pile[turn]
