"""The floor: always the most frequent label of the train split, whatever the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dermtools.adapter.answering import predictions
from dermtools.adapter.training_data import TaskData, soft_targets
from dermtools.errors import TrainingError
from dermtools.prediction import LocalMethod, Prediction, Query

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class MajorityMethod(LocalMethod):
    """Gives every query the label frequencies of the train cases as probabilities.

    Args:
        task: name of the task.
        labels: its closed label set.
        frequencies: share of each label, shape (labels,), summing to 1.
    """

    name = "majority"

    def __init__(self, task: str, labels: Sequence[str], frequencies: NDArray[np.float64]) -> None:
        self._task = task
        self._labels = tuple(labels)
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

    @property
    def task(self) -> str:
        return self._task

    def predict(self, query: Query) -> Prediction:
        return self.predict_many([query])[0]

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        return predictions([self._frequencies] * len(queries), self._labels, method=self.name, task=self.task)
