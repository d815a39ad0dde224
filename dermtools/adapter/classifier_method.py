"""A trained classifier behind the protocol that every method follows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.adapter.answering import ProbabilisticMethod
from dermtools.errors import QueryError
from dermtools.prediction import Prediction, Query

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.adapter.classifier import TrainedClassifier


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
        return {"trained": record.config.model_dump(mode="json"), "training_record": digest[:16]}

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        if not queries:
            return []
        vectors = query_vectors(queries, self.classifier.record.embedder.dimension)
        return self._answers(self.classifier.probabilities(vectors))


def query_vectors(queries: Sequence[Query], dimension: int) -> NDArray[np.float32]:
    """Embeddings, float32, shape (n, d); QueryError where one is missing, of another dimension, or not finite."""
    rows = []
    for query in queries:
        if query.vector is None:
            raise QueryError(f"query {query.name!r} has no embedding; embed its picture with the case base's embedder")
        of_query = f"the embedding of query {query.name!r}"
        if query.vector.shape != (dimension,):
            raise QueryError(f"{of_query} has shape {query.vector.shape}, not ({dimension},)")
        if not np.isfinite(query.vector).all():
            raise QueryError(f"{of_query} holds NaN or infinity; embed its picture again")
        rows.append(query.vector)
    return np.asarray(rows, dtype=np.float32)
