"""Methods that train nothing: the most frequent label, and the label whose text lies nearest to the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dermtools.adapter.answering import ProbabilisticMethod
from dermtools.adapter.calibration import softmax
from dermtools.adapter.classifier_method import query_vectors
from dermtools.adapter.training_data import TaskData, soft_targets
from dermtools.embedding.base import TextEmbedder
from dermtools.errors import EmbeddingError, TrainingError
from dermtools.prediction import Prediction, Query

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.cases.case import Task
    from dermtools.embedding.base import Embedder

TEMPLATES = ("a clinical photograph of the skin: {label}",)


class MajorityMethod(ProbabilisticMethod):
    """Gives every query the label frequencies of the train cases as probabilities.

    Args:
        task: name of the task.
        labels: its closed label set.
        frequencies: share of each label, shape (labels,), summing to 1.
    """

    def __init__(self, task: str, labels: Sequence[str], frequencies: NDArray[np.float64]) -> None:
        super().__init__("majority", task, labels)
        self._frequencies = frequencies

    @classmethod
    def fit(cls, data: TaskData) -> MajorityMethod:
        """Count the labels of the train cases; a case with several gives each an equal share.

        Raises:
            TrainingError: there is no train case with a label.
        """
        if not len(data.train):
            raise TrainingError(f"no case of the train split has a label of task {data.task!r}; there is no majority")
        return cls(data.task, data.labels, soft_targets(data.train, data.labels).mean(axis=0))

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        """The same for every query: the most frequent train label, and how frequent each is."""
        return self._answers([self._frequencies] * len(queries))


class LabelSimilarityMethod(ProbabilisticMethod):
    """Softmax over the cosines of picture and label texts, times the embedder's own logit scale.

    Zero-shot by text: Radford et al. 2021 (CLIP), section 3.1. The texts are embedded once, here.

    Args:
        embedder: what embedded the pictures; must read text too.
        task: whose labels to describe.
        templates: texts with a `{label}`; several are averaged. Underscores of a label become spaces.

    Raises:
        TrainingError: the embedder does not read text, or a template has no `{label}`.
        EmbeddingError: the texts could not be embedded.
    """

    def __init__(self, embedder: Embedder, task: Task, *, templates: Sequence[str] = TEMPLATES) -> None:
        super().__init__("label-similarity", task.name, task.labels)
        if not isinstance(embedder, TextEmbedder):
            raise TrainingError(
                f"{self.name} needs an embedder that reads text; {embedder.identity.name} embeds pictures only"
            )
        wrong = next((template for template in templates if "{label}" not in template), None)
        if wrong is not None or not templates:
            raise TrainingError(f"a template for label texts must hold {{label}}: {wrong!r}")
        self._identity = embedder.identity
        self._scale = embedder.logit_scale
        texts = [t.replace("{label}", label.replace("_", " ")) for label in task.labels for t in templates]
        vectors = _unit(embedder.embed_texts(texts)).reshape(len(task.labels), len(templates), -1)
        self._texts = _unit(vectors.mean(axis=1))

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        """Labels by likeness of picture and text, in the order of the queries; a QueryError where one has no
        embedding.
        """
        if not queries:
            return []
        pictures = _unit(query_vectors(queries, self._identity))
        return self._answers(softmax(self._scale * (pictures @ self._texts.T)))


def _unit(vectors: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows scaled to norm 1; EmbeddingError where one is zero, and has no direction."""
    norms = np.linalg.norm(vectors.astype(np.float64), axis=-1, keepdims=True)
    if not norms.all():
        raise EmbeddingError("an embedding is zero everywhere, so it is equally similar to every label")
    return np.asarray(vectors / norms)
