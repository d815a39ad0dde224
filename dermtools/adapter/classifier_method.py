"""A trained classifier behind the protocol that every method follows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.adapter.answering import ProbabilisticMethod
from dermtools.embedding.vectors import checked_vector
from dermtools.errors import QueryError
from dermtools.prediction import Prediction, Query

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.adapter.classifier import TrainedClassifier
    from dermtools.cases.identity import EmbedderIdentity


class VectorClassifierMethod(ProbabilisticMethod):
    """Predicts from a query's embedding: calibrated probabilities and a conformal label set.

    Args:
        classifier: what answers.
        abstain: give no label where the confidence is below the classifier's threshold.

    Raises:
        TrainingError: `abstain` is asked for and the classifier has no threshold.
    """

    def __init__(self, classifier: TrainedClassifier, *, abstain: bool = False) -> None:
        record = classifier.record
        super().__init__(record.kind, record.task, record.labels, record.answering, abstain=abstain)
        self.classifier = classifier

    @property
    def settings(self) -> dict[str, Any]:
        """Enough to tell this classifier from one trained again otherwise."""
        record = self.classifier.record
        digest = hashlib.sha256(record.model_dump_json().encode()).hexdigest()
        return {**super().settings, "trained": record.config.model_dump(mode="json"), "training_record": digest[:16]}

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        """Predictions in the order of the queries; a QueryError where one has no embedding, or another embedder's."""
        if not queries:
            return []
        vectors = query_vectors(queries, self.classifier.record.embedder)
        return self._answers(self.classifier.probabilities(vectors))


def query_vectors(queries: Sequence[Query], identity: EmbedderIdentity) -> NDArray[np.float32]:
    """Embeddings, float32, shape (n, d); QueryError where one is missing, or is none of this embedder's."""
    rows = []
    for query in queries:
        if query.vector is None:
            raise QueryError(f"query {query.name!r} has no embedding; embed its picture with the case base's embedder")
        rows.append(checked_vector(query.vector, identity, f"the embedding of query {query.name!r}"))
    return np.array(rows)
