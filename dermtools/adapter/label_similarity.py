"""Zero-shot by text: the label whose description lies closest to the picture, in an embedder that reads both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dermtools.adapter.answering import predictions
from dermtools.adapter.calibration import softmax
from dermtools.adapter.classifier_method import query_vectors
from dermtools.embedding.base import TextEmbedder
from dermtools.errors import EmbeddingError, TrainingError
from dermtools.prediction import LocalMethod, Prediction, Query

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.cases.case import Task
    from dermtools.embedding.base import Embedder

TEMPLATES = ("a clinical photograph of the skin: {label}",)


class LabelSimilarityMethod(LocalMethod):
    """Softmax over the cosines of picture and label texts, times the embedder's own logit scale.

    Radford et al. 2021 (CLIP), section 3.1. The texts are embedded once, here.

    Args:
        embedder: what embedded the pictures; must read text too.
        task: whose labels to describe.
        templates: texts with a `{label}`; several are averaged. Underscores of a label become spaces.

    Raises:
        TrainingError: the embedder does not read text, or a template has no `{label}`.
        EmbeddingError: the texts could not be embedded.
    """

    name = "label-similarity"

    def __init__(self, embedder: Embedder, task: Task, *, templates: Sequence[str] = TEMPLATES) -> None:
        if not isinstance(embedder, TextEmbedder):
            raise TrainingError(
                f"label-similarity needs an embedder that reads text; {embedder.identity.name} embeds pictures only"
            )
        wrong = next((template for template in templates if "{label}" not in template), None)
        if wrong is not None or not templates:
            raise TrainingError(f"a template for label texts must hold {{label}}: {wrong!r}")
        self._task = task
        self._dimension = embedder.dimension
        self._scale = embedder.logit_scale
        texts = [t.replace("{label}", label.replace("_", " ")) for label in task.labels for t in templates]
        vectors = _unit(embedder.embed_texts(texts)).reshape(len(task.labels), len(templates), -1)
        self._labels = _unit(vectors.mean(axis=1))

    @property
    def task(self) -> str:
        return self._task.name

    def predict(self, query: Query) -> Prediction:
        return self.predict_many([query])[0]

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        if not queries:
            return []
        pictures = _unit(query_vectors(queries, self._dimension))
        probabilities = softmax(self._scale * (pictures @ self._labels.T))
        return predictions(probabilities, self._task.labels, method=self.name, task=self.task)


def _unit(vectors: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows scaled to norm 1.

    Raises:
        EmbeddingError: a row is zero, and has no direction.
    """
    norms = np.linalg.norm(vectors.astype(np.float64), axis=-1, keepdims=True)
    if not norms.all():
        raise EmbeddingError("an embedding is zero everywhere, so it is equally similar to every label")
    return np.asarray(vectors / norms)
