"""Exemplar selectors: which cases a prompt shows as examples, through LangChain's interface."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from copy import copy
from itertools import islice, zip_longest
from typing import Any, Literal, get_args

import numpy as np
from langchain_core.example_selectors import BaseExampleSelector
from numpy.typing import NDArray

from dermtools.cases.case import SPLITS, Split, Task
from dermtools.embedding.vectors import checked_vector
from dermtools.errors import PromptError, QueryError
from dermtools.numbers import plain, whole_number
from dermtools.prediction import Query
from dermtools.prompting.chain_input import read_input
from dermtools.prompting.exemplars.shots import Shot, ShotWriter
from dermtools.prompting.former_keyword import takes_base
from dermtools.prompting.pictures import DEFAULT_BUDGET, PictureBudget
from dermtools.retrieval.case_base import CaseBase
from dermtools.retrieval.queries import embedded
from dermtools.retrieval.search.diversity import per_group
from dermtools.retrieval.search.index import Ranked
from dermtools.retrieval.search.leak_guard import COMPARED
from dermtools.retrieval.search.snapshot import Snapshot

Order = Literal["nearest-last", "nearest-first"]
"""Where the nearest example stands; last, beside the question, is where models attend to it most."""


class ExemplarSelector(BaseExampleSelector, ABC):
    """Chooses examples for a query. None is ever of the query's own group, or shows its picture.

    As a LangChain example selector it gives, for `{"query": Query}` or `{"image": ...}`, one dictionary an
    example, with the variables of the exemplar template: `image` (a `data:` URL), `label`, `rank`, `distance`,
    `attributes` and `case_id`.

        FewShotChatMessagePromptTemplate(
            example_selector=RagSelector(case_base, "location", 5), example_prompt=..., input_variables=["image"]
        )

    `k` is how many it chooses at most.
    """

    k: int
    needs_vector: bool = False
    """Whether the query has to be embedded."""

    @property
    def settings(self) -> dict[str, Any]:
        """What tells this selection from another, for records. Plain data."""
        return {"k": self.k}

    @abstractmethod
    def select(self, query: Query) -> list[Shot]:
        """Examples in the order in which the prompt shows them; fewer than k where no more are left."""

    @abstractmethod
    def select_examples(self, input_variables: dict[str, Any]) -> list[dict[str, str]]:
        """As `select`, for LangChain's few-shot templates."""

    def add_example(self, example: dict[str, str]) -> None:
        """Raises QueryError: cases are added to the case base."""
        raise QueryError("examples are cases of a case base; add them with CaseBase.add")


class NoExemplars(ExemplarSelector):
    """Zero-shot: no examples.

    `k` is 0.
    """

    k = 0

    def select(self, query: Query) -> list[Shot]:
        """None."""
        return []

    def select_examples(self, input_variables: dict[str, Any]) -> list[dict[str, str]]:
        """None."""
        return []


class CaseSelector(ExemplarSelector):
    """Chooses among the labelled cases of a case base.

    Args:
        task: examples need a label of it, by its name or itself; None: any case.
        k: how many.
        split: from which split; by default `train` where the case base has one, else all.
        where: further condition on the cases, as for `CaseBase.search`.
        budget, attributes: for the pictures of `select_examples`, and what else it shows.

    Raises:
        PromptError: k below 1, or no such split.
        QueryError: a bad condition, or no such task.
    """

    def __init__(
        self,
        case_base: CaseBase,
        task: Task | str | None,
        k: int,
        *,
        split: Split | Literal["auto", "all"] = "auto",
        where: str | None = None,
        budget: PictureBudget = DEFAULT_BUDGET,
        attributes: Sequence[str] = (),
    ) -> None:
        k = whole_number(k, "the number of examples", error=PromptError)
        task = case_base.task(task) if isinstance(task, str) else task
        if split not in (*SPLITS, "auto", "all"):
            raise PromptError(f"split must be {', '.join(SPLITS)}, auto or all, not {split!r}")
        if where is not None:
            # Alone first: a condition that closes the bracket it is put in below could undo the others.
            case_base.snapshot.matching(where)
        if split == "auto":
            split = "train" if "train" in case_base.columns.splits else "all"
        self.case_base, self.task, self.k = case_base, task, k
        self._split, self._where, self._budget = split, where, budget
        self._writer = ShotWriter(case_base, task, budget, attributes)
        conditions = [
            f'"{task.name}" IS NOT NULL' if task is not None else "",
            f"split = '{split}'" if split != "all" else "",
            f"({where}\n)" if where is not None else "",  # on its own line: a comment at its end goes no further
        ]
        self._condition = " AND ".join(filter(None, conditions)) or None

    @property
    def settings(self) -> dict[str, Any]:
        return {"k": self.k, "base_version": self.case_base.version, "split": self._split, "where": self._where}

    def select_examples(self, input_variables: dict[str, Any]) -> list[dict[str, str]]:
        """The template's variables of each example, in order. Other input variables are ignored."""
        keys = ("query", "image", "case_id", "group_id")
        asked: dict[str, Any] = {key: input_variables[key] for key in keys if key in input_variables}
        question = read_input(asked, case_base=self.case_base, budget=self._budget, embed=self.needs_vector)
        return self._writer.variables(self.select(question.query))


class RagSelector(CaseSelector):
    """kNN-RAG: the nearest cases, at most one a group.

    It `needs_vector`: the nearest are found by it.

    Args:
        order: see `Order`; ranks count from the nearest, whatever the order.
        diversity: `mmr` for pictures unlike each other, `balanced` for cases of many labels; None for the nearest.
        case_base, task, k, options: see `CaseSelector`.

    Raises:
        PromptError: no such order or diversity, or `balanced` without a task.
    """

    needs_vector = True

    @takes_base
    def __init__(
        self,
        case_base: CaseBase,
        task: Task | str | None,
        k: int,
        *,
        order: Order = "nearest-last",
        diversity: Literal["mmr", "balanced"] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(case_base, task, k, **options)
        if order not in get_args(Order):
            raise PromptError(f"order must be {' or '.join(get_args(Order))}, not {order!r}")
        if diversity not in (None, "mmr", "balanced"):
            raise PromptError(f"diversity must be mmr, balanced or None, not {diversity!r}")
        if diversity == "balanced" and task is None:
            raise PromptError("balanced retrieval needs a task")
        self.order, self.diversity = order, diversity

    @property
    def settings(self) -> dict[str, Any]:
        """What tells this selection from another: k, condition, order, diversity."""
        return {**super().settings, "order": self.order, "diversity": self.diversity}

    def select(self, query: Query) -> list[Shot]:
        """The nearest cases in the prompt's order, fewer than k where no more are left."""
        task = self.task.name if self.task is not None and self.diversity == "balanced" else None
        found = self.case_base.search(
            query=query, k=self.k, where=self._condition, max_per_group=1, diversity=self.diversity, task=task
        )
        shots = [Shot(neighbor.case, neighbor.rank, neighbor.distance) for neighbor in found]
        return shots if self.order == "nearest-first" else shots[::-1]


class RandomSelector(CaseSelector):
    """Draws cases at random; the same for the same query and seed, whatever was asked before.

    Args:
        seed: another seed, another draw.
        stratified: in turns from every label, so that k examples show k labels where there are that many.
        case_base, task, k, options: see `CaseSelector`.
    """

    @takes_base
    def __init__(
        self,
        case_base: CaseBase,
        task: Task | str | None,
        k: int,
        *,
        seed: int = 0,
        stratified: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(case_base, task, k, **options)
        if stratified and task is None:
            raise PromptError("stratified drawing needs a task")
        self.seed, self.stratified = plain(seed), stratified

    @property
    def settings(self) -> dict[str, Any]:
        """What tells this selection from another: k, condition, seed, whether in turns."""
        return {**super().settings, "seed": self.seed, "stratified": self.stratified}

    def drawn_again(self, number: int) -> RandomSelector:
        """The same selector with another seed, and so other draws."""
        made = copy(self)
        made.seed = self.seed + number
        return made

    def select(self, query: Query) -> list[Shot]:
        """The cases drawn for the query, at most one a group, fewer than k where no more are left."""
        snapshot, condition = self.case_base.snapshot, self._condition
        eligible = np.ones(len(snapshot), bool) if condition is None else snapshot.matching(condition)
        rng = np.random.default_rng(_seed_of(self.seed, query))
        own = snapshot.guard.left_out(query, lambda: self._nearest(snapshot, query), self.case_base.store.jpegs)
        others = ((row, 0.0) for row in self._drawn(snapshot, eligible, rng) if row not in own)
        chosen = islice(per_group(others, snapshot.columns.group_ids, 1), self.k)
        return [Shot(snapshot.columns.case(row), rank) for rank, (row, _) in enumerate(chosen, start=1)]

    def _nearest(self, snapshot: Snapshot, query: Query) -> Ranked:
        base = self.case_base
        vector = query.vector if query.vector is not None else embedded(query, base.embedder)
        return snapshot.index.rank(checked_vector(vector, base.identity, "the query vector"), first=COMPARED)

    def _drawn(self, snapshot: Snapshot, eligible: NDArray[np.bool_], rng: np.random.Generator) -> Iterable[int]:
        if not self.stratified or self.task is None:
            return map(int, rng.permutation(np.flatnonzero(eligible)))
        by_label = [np.flatnonzero(rows & eligible) for rows in snapshot.by_label(self.task.name).values()]
        piles = [[int(row) for row in rng.permutation(rows)] for rows in by_label if len(rows)]
        turns = zip_longest(*(piles[index] for index in rng.permutation(len(piles))))
        return dict.fromkeys(row for turn in turns for row in turn if row is not None)


def _seed_of(seed: int, query: Query) -> int:
    """One number for a seed and a query: by its content, else by what else tells it apart."""
    raw = query.image if query.image is not None else query.vector
    known = (
        (query.content_hash or query.case_id or "").encode() or query.jpeg or (b"" if raw is None else raw.tobytes())
    )
    digest = hashlib.sha256(f"{seed}:".encode() + (known or (query.text or query.name).encode())).digest()
    return int.from_bytes(digest[:16], "big")
