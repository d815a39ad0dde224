"""A chain as a method: the protocol that evaluation and fusion know, `zero-shot`, `random-5`, `rag-5` and so on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dermtools.prediction import Prediction, Query
from dermtools.prompting.chain import PromptChain


class PromptedMethod:
    """Predicts by asking a vision model. Implements `dermtools.prediction.Method`.

    Args:
        chain: what asks, from `chain_for`.
        name: what to call it; by default the method's name, e.g. `rag-5`.
        concurrency: questions at once in `predict_many`.
    """

    def __init__(self, chain: PromptChain, *, name: str | None = None, concurrency: int = 8) -> None:
        self.chain = chain
        self._name = name or str(chain.builder.method)
        self._concurrency = concurrency

    @property
    def name(self) -> str:
        return self._name

    @property
    def task(self) -> str:
        return self.chain.task

    @property
    def settings(self) -> dict[str, Any]:
        """What a record has to name besides: prompt id, version and hash, model, budget, selection."""
        return {**self.chain.settings, "method": self.name}

    def predict(self, query: Query) -> Prediction:
        """One prediction; a failed call has outcome `error`.

        Raises:
            QueryError: the query has no picture.
        """
        return self._named(self.chain.invoke(query))

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        """Predictions in the order of the queries, several questions at once."""
        predictions = self.chain.batch(list(queries), config={"max_concurrency": self._concurrency})
        return [self._named(prediction) for prediction in predictions]

    def _named(self, prediction: Prediction) -> Prediction:
        return prediction.model_copy(update={"method": self._name})
