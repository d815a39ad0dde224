"""kNN-RAG: the most similar cases as examples."""

from __future__ import annotations

from typing import Any, Literal, get_args

from dermtools.cases.case import Task
from dermtools.errors import PromptError
from dermtools.prediction import Query
from dermtools.prompting.exemplars.selectors import CaseSelector
from dermtools.prompting.exemplars.shots import Shot
from dermtools.prompting.former_keyword import takes_base
from dermtools.retrieval.case_base import CaseBase

Order = Literal["nearest-last", "nearest-first"]
"""Where the nearest example stands; last, beside the question, is where models attend to it most."""


class RagSelector(CaseSelector):
    """The nearest cases, at most one a group.

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
        task: Task | None,
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
        return {**super().settings, "order": self.order, "diversity": self.diversity}

    def select(self, query: Query) -> list[Shot]:
        found = self.case_base.search(
            query=query,
            k=self.k,
            where=self._condition,
            max_per_group=1,
            diversity=self.diversity,
            task=self.task.name if self.task is not None and self.diversity == "balanced" else None,
        )
        shots = [Shot(neighbor.case, neighbor.rank, neighbor.distance) for neighbor in found]
        return shots if self.order == "nearest-first" else shots[::-1]
