"""Methods by several embedders' vectors of the same cases, as arms of one evaluation: which encoder serves best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dermtools.cases.space_store import SpaceStore
from dermtools.errors import QueryError
from dermtools.prediction import Estimate, Method, Prediction, Query, TokenUsage
from dermtools.retrieval.queries import with_vector

if TYPE_CHECKING:
    from dermtools.retrieval import CaseBase


class InSpace:
    """A method over one space of a case base, for queries that come with the vectors of another."""

    def __init__(self, method: Method, case_base: CaseBase) -> None:
        """`case_base` is the one that the method was built over, opened by its embedder.

        Raises:
            QueryError: cases are not embedded there yet, so that it would be asked about other cases than the others.
        """
        store = case_base.store
        if isinstance(store, SpaceStore) and (missing := store.missing):
            raise QueryError(f"{missing} cases are not embedded by {store.manifest.embedder} yet; run: {store.command}")
        self.method, self.case_base = method, case_base
        self.name, self.task, self.remote = method.name, method.task, method.remote

    @property
    def settings(self) -> Mapping[str, Any]:
        """Those of the method, and the embedder."""
        return {**self.method.settings, "embedder": self.case_base.identity.model_dump()}

    def predict(self, query: Query) -> Prediction:
        """The method's prediction, by the vector here. Raises as it does, and as the embedder."""
        return self.method.predict(self._here(query))

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        """As `predict`, in the order of the queries."""
        return self.method.predict_many([self._here(query) for query in queries])

    def estimate(self, query: Query) -> Estimate | None:
        """The method's."""
        return self.method.estimate(self._here(query))

    def price(self, usage: TokenUsage | None) -> float | None:
        """The method's, in US dollars."""
        return self.method.price(usage)

    def _here(self, query: Query) -> Query:
        """The query with its vector here: the stored one of a case, else its picture's or text's."""
        if query.case_id is not None:
            return self.case_base.query(case_id=query.case_id, group_id=query.group_id)
        return with_vector(replace(query, vector=None), self.case_base.embedder)
