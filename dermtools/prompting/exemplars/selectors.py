"""What every exemplar selector promises: LangChain's interface, sync and async, over the cases of a case base."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Literal

from langchain_core.example_selectors import BaseExampleSelector

from dermtools.cases.case import SPLITS, Split, Task
from dermtools.errors import PromptError, QueryError
from dermtools.prediction import Query
from dermtools.prompting.chain_input import read_input
from dermtools.prompting.exemplars.shots import Shot, ShotWriter
from dermtools.prompting.pictures import DEFAULT_BUDGET, PictureBudget
from dermtools.retrieval.case_base import CaseBase


class ExemplarSelector(BaseExampleSelector, ABC):
    """Chooses examples for a query. None is ever of the query's own group, or shows its picture.

    As a LangChain example selector it gives, for `{"query": Query}` or `{"image": ...}`, one dictionary an
    example, with the variables of the exemplar template.
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
        raise QueryError("examples are cases of a case base; add them with CaseBase.add")


class NoExemplars(ExemplarSelector):
    """Zero-shot: no examples."""

    k = 0

    def select(self, query: Query) -> list[Shot]:
        return []

    def select_examples(self, input_variables: dict[str, Any]) -> list[dict[str, str]]:
        return []


class CaseSelector(ExemplarSelector):
    """Chooses among the labelled cases of a case base.

    Args:
        case_base: the case base.
        task: examples need a label of it; None: any case.
        k: how many.
        split: from which split; by default `train` where the case base has one, else all.
        where: further condition on the cases, as for `CaseBase.search`.
        budget: for the pictures of `select_examples`.
        attributes: told by `select_examples`.

    Raises:
        PromptError: k below 1, or no such split.
        QueryError: a bad condition.
    """

    def __init__(
        self,
        case_base: CaseBase,
        task: Task | None,
        k: int,
        *,
        split: Split | Literal["auto", "all"] = "auto",
        where: str | None = None,
        budget: PictureBudget = DEFAULT_BUDGET,
        attributes: Sequence[str] = (),
    ) -> None:
        if k < 1:
            raise PromptError(f"a selector takes 1 example or more, not {k}")
        if split not in (*SPLITS, "auto", "all"):
            raise PromptError(f"split must be {', '.join(SPLITS)}, auto or all, not {split!r}")
        if where is not None:
            # Alone first: a condition that closes the bracket it is put in below could undo the others.
            case_base.snapshot.matching(where)
        self.case_base, self.task, self.k = case_base, task, k
        if split == "auto":
            split = "train" if "train" in case_base.columns.splits else "all"
        self._split, self._where, self._budget = split, where, budget
        self._condition = _condition(task, split, where)
        self._writer = ShotWriter(case_base, task, budget, attributes)

    @property
    def settings(self) -> dict[str, Any]:
        return {"k": self.k, "base_version": self.case_base.version, "split": self._split, "where": self._where}

    def select_examples(self, input_variables: dict[str, Any]) -> list[dict[str, str]]:
        """The template's variables of each example, in order. Other input variables are passed over."""
        keys = ("query", "image", "case_id", "group_id")
        asked: dict[str, Any] = {key: input_variables[key] for key in keys if key in input_variables}
        question = read_input(asked, case_base=self.case_base, budget=self._budget, embed=self.needs_vector)
        return self._writer.variables(self.select(question.query))


def _condition(task: Task | None, split: str, where: str | None) -> str | None:
    """The `where` condition that examples satisfy; None: any case will do."""
    parts = [
        f'"{task.name}" IS NOT NULL' if task is not None else "",
        f"split = '{split}'" if split != "all" else "",
        f"({where}\n)" if where is not None else "",  # on its own line: a comment at its end goes no further
    ]
    return " AND ".join(filter(None, parts)) or None
