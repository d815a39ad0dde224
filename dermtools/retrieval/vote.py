"""`knn-vote-K`: the labels of the K nearest cases, weighted by how near they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dermtools.cases.case import SPLITS
from dermtools.errors import QueryError
from dermtools.numbers import whole_number
from dermtools.prediction import LocalMethod, Outcome, Prediction, Query, ranked
from dermtools.retrieval.search.votes import shares, voters

if TYPE_CHECKING:
    from dermtools.retrieval.case_base import CaseBase
    from dermtools.retrieval.search.neighbors import Neighbors


class KNNVote(LocalMethod):
    """Nearest-neighbour vote, weighted by inverse distance; see `search/votes.py`.

    A label's probability is its share of all votes, over the closed set of the task. Only cases that carry a
    label of the task are neighbours, so K cases vote wherever K are left.

    `name` is `knn-vote-K`, `task` what it predicts, `k` how many vote.
    """

    def __init__(
        self,
        case_base: CaseBase,
        task: str,
        k: int = 5,
        *,
        splits: Sequence[str] | None = None,
        max_per_group: int | None = None,
        where: str | None = None,
    ) -> None:
        """Let the `k` nearest cases vote; a QueryError where there is no such task or split, or k is below 1.

        Args:
            case_base, task: the cases, and what to predict.
            k: how many cases vote, at least 1.
            splits: which splits vote; by default `train` where the case base has it, else all cases.
            max_per_group: at most so many votes from one group.
            where: condition that voting cases must satisfy besides.
        """
        case_base.task(task)
        k = whole_number(k, "k of knn-vote")
        if splits is None:
            splits = ("train",) if "train" in case_base.columns.splits else ()
        if isinstance(splits, str) or not set(splits) <= set(SPLITS):
            raise QueryError(f"splits must be a list of {', '.join(SPLITS)}, not {splits!r}")
        self.name = f"knn-vote-{k}"
        self.task = task
        self.k = k
        self._case_base = case_base
        self._max_per_group = max_per_group
        self._chosen = {"splits": list(splits), "max_per_group": max_per_group, "where": where}
        self._where = [f'"{task}" IS NOT NULL']
        if splits:
            self._where.append("split IN ({})".format(", ".join(f"'{split}'" for split in splits)))
        if where is not None:
            self._where.append(where)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Which cases vote: splits, most a group, condition."""
        return self._chosen

    def predict(self, query: Query) -> Prediction:
        """Vote of the query's neighbours; abstained where no labelled case is left."""
        return self.predict_many([query])[0]

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        """As `predict`, searched together, in the order of the queries."""
        chosen: dict[str, Any] = {"where": self._where, "max_per_group": self._max_per_group}
        return [self._voted(found) for found in self._case_base.search_many(queries, self.k, **chosen)]

    def _voted(self, neighbors: Neighbors) -> Prediction:
        if not neighbors:
            reason = f"no case with a {self.task} label is left to vote"
            return Prediction(method=self.name, task=self.task, outcome=Outcome.ABSTAINED, reason=reason)
        exemplars = voters(neighbors, self.task)
        given = shares(exemplars)
        labels = self._case_base.task(self.task).labels
        probabilities = ranked({label: given.get(label, 0.0) for label in labels})
        return Prediction(
            method=self.name,
            task=self.task,
            label=next(iter(probabilities)),
            probabilities=probabilities,
            exemplars=exemplars,
        )
