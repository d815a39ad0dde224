"""Random few-shot: examples drawn by chance, the same for the same query and seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import islice, zip_longest
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
from dermtools.retrieval.search.diversity import per_group
from dermtools.retrieval.search.index import Ranking
from dermtools.retrieval.search.leak_guard import COMPARED
from dermtools.retrieval.search.snapshot import Snapshot


class RandomSelector(CaseSelector):
    """Draws cases at random; the same for the same query and seed, whatever was asked before.

    Args:
        seed: another seed, another draw.
        stratified: in turns from every label, so that k examples show k labels where there are that many.
        case_base, task, k, options: see `CaseSelector`.
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
        return {**super().settings, "seed": self.seed, "stratified": self.stratified}

    def select(self, query: Query) -> list[Shot]:
        snapshot = self.case_base.snapshot
        condition = self._condition
        eligible = np.ones(len(snapshot), bool) if condition is None else snapshot.matching(condition)
        rng = np.random.default_rng(_seed_of(self.seed, query))
        own = snapshot.guard.left_out(query, lambda: self._nearest(snapshot, query), self.case_base.jpegs)
        others = ((row, 0.0) for row in self._drawn(snapshot, eligible, rng) if row not in own)
        chosen = islice(per_group(others, snapshot.columns.group_ids, 1), self.k)
        return [Shot(snapshot.columns.case(row), rank) for rank, (row, _) in enumerate(chosen, start=1)]

    def _nearest(self, snapshot: Snapshot, query: Query) -> Ranking:
        vector = query.vector if query.vector is not None else embedded(query, self.case_base.embedder)
        return snapshot.index.rank(vector, first=COMPARED)

    def _drawn(self, snapshot: Snapshot, eligible: NDArray[np.bool_], rng: np.random.Generator) -> Iterable[int]:
        if not self.stratified or self.task is None:
            return map(int, rng.permutation(np.flatnonzero(eligible)))
        by_label = [np.flatnonzero(rows & eligible) for rows in snapshot.by_label(self.task.name).values()]
        piles = [[int(row) for row in rng.permutation(rows)] for rows in by_label if len(rows)]
        turns = zip_longest(*(piles[index] for index in rng.permutation(len(piles))))
        return dict.fromkeys(row for turn in turns for row in turn if row is not None)


def _seed_of(seed: int, query: Query) -> int:
    """One number for a seed and a query: by its content, else by what else tells it apart."""
    known = (query.content_hash or query.case_id or "").encode() or query.jpeg
    if not known and query.image is not None:
        known = query.image.tobytes()
    elif not known and query.vector is not None:
        known = query.vector.tobytes()
    digest = hashlib.sha256(f"{seed}:".encode() + (known or (query.text or query.name).encode())).digest()
    return int.from_bytes(digest[:16], "big")
