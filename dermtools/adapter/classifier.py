"""A trained classifier: its model, its record, and how both come from labelled vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dermtools.adapter.answering import USUAL, Guarantees, calibrated, fit_answering
from dermtools.adapter.calibration import reliability, softmax
from dermtools.adapter.classifier_record import ClassifierRecord
from dermtools.adapter.config import AdapterConfig, ClassifierConfig
from dermtools.adapter.kinds import model_class
from dermtools.adapter.training_data import FittedOn, TaskData, soft_targets, task_data, validation_parts
from dermtools.adapter.vector_model import Architecture, VectorModel
from dermtools.errors import TrainingError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dermtools.adapter.vector_model import Progress
    from dermtools.cases.identity import EmbedderIdentity
    from dermtools.cases.store import CaseStore


@dataclass(frozen=True, eq=False)
class TrainedClassifier:
    """Weights and record of a classifier; `VectorClassifierMethod` makes it answer queries."""

    model: VectorModel[Any]
    """The weights, and what computes logits with them."""
    record: ClassifierRecord
    """What it is, and how it was trained."""

    def probabilities(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Calibrated probabilities, shape (n, labels), in the order of the record's labels."""
        return calibrated(self.model.logits(vectors), self.record.answering)


def fit_classifier(
    data: TaskData,
    embedder: EmbedderIdentity,
    config: ClassifierConfig,
    *,
    wanted: Guarantees = USUAL,
    progress: Progress | None = None,
) -> TrainedClassifier:
    """Train, choose, calibrate. Train cases fit the weights; validation does the rest, in two parts if it can.

    Without validation the last epoch (or the fallback penalty) is used, uncalibrated; the remarks say so.

    Raises:
        TrainingError: no train case has a label, a label is outside the closed set, vectors have not the
            embedder's dimension, or the training itself failed.
    """
    _check(data, embedder)
    parts = validation_parts(data.valid)
    tuning = (parts.tuning.vectors, soft_targets(parts.tuning, data.labels)) if len(parts.tuning) else None
    learned = data.train.vectors, soft_targets(data.train, data.labels)
    fitted = model_class(config.kind).fit(learned, config, validation=tuning, progress=progress)
    model, metrics = fitted.model, dict(fitted.metrics)
    if tuning is not None:
        figures = reliability(softmax(model.logits(tuning[0])), tuning[1])
        metrics |= {"tuning_accuracy": figures.accuracy, "tuning_log_loss": figures.log_loss}
    record = ClassifierRecord(
        kind=config.kind,
        task=data.task,
        labels=data.labels,
        architecture=Architecture(dimension=embedder.dimension, labels=len(data.labels), **model.shape()),
        embedder=embedder,
        case_base_version=data.version,
        trained_on=FittedOn.describe(data.train, split="train", held_out=False),
        chosen_on=FittedOn.describe(parts.tuning, split="valid", held_out=True) if tuning is not None else None,
        config=config,
        metrics=metrics,
        notes=(*data.notes, *_label_notes(data), *fitted.notes),
    )
    return calibrate(TrainedClassifier(model, record), data, wanted=wanted)


def train(
    store: CaseStore,
    task: str,
    config: ClassifierConfig | None = None,
    *,
    wanted: Guarantees = USUAL,
    progress: Progress | None = None,
) -> TrainedClassifier:
    """Train a classifier for a task of a case base: an adapter with the usual settings without a `config`.

    Nothing is written; see `save_classifier`.

    Raises:
        QueryError: the case base has no such task.
        TrainingError: as `fit_classifier`; or an embedding is not finite.
    """
    data = task_data(store, task)
    return fit_classifier(data, store.manifest.identity, config or AdapterConfig(), wanted=wanted, progress=progress)


def calibrate(classifier: TrainedClassifier, data: TaskData, *, wanted: Guarantees = USUAL) -> TrainedClassifier:
    """Fit temperature, label sets and abstention anew, e.g. for another coverage, without training.

    Without validation cases the classifier stays uncalibrated.
    """
    parts = validation_parts(data.valid)
    if not len(parts.calibration):
        return classifier
    logits = classifier.model.logits(parts.calibration.vectors)
    answering = fit_answering(logits, parts.calibration, data.labels, held_out=not parts.shared, wanted=wanted)
    return replace(classifier, record=classifier.record.model_copy(update={"answering": answering}))


def _check(data: TaskData, embedder: EmbedderIdentity) -> None:
    if not len(data.train):
        raise TrainingError(f"no case of the train split has a label of task {data.task!r}; nothing to learn from")
    if not data.labels:
        raise TrainingError(f"task {data.task!r} has an empty label set")
    for cases in (data.train, data.valid):
        if len(cases) and cases.vectors.shape[1] != embedder.dimension:
            length = cases.vectors.shape[1]
            raise TrainingError(f"vectors have {length} numbers, not the {embedder.dimension} of {embedder}")


def _label_notes(data: TaskData) -> list[str]:
    """Labels that a split does not have."""
    learned, checked = ({label for labels in part.labels for label in labels} for part in (data.train, data.valid))
    notes = []
    unseen = [label for label in data.labels if label not in learned]
    if unseen:
        notes.append(f"no train case has {_names(unseen)}: never learned")
    if len(learned) == 1:
        notes.append(f"every train case is {_names(sorted(learned))}: nothing else is learned")
    unchecked = [label for label in data.labels if label in learned - checked]
    if unchecked and checked:
        notes.append(f"no validation case has {_names(unchecked)}: nothing is known about them but training")
    return notes


def _names(labels: Sequence[str], limit: int = 5) -> str:
    more = f" and {len(labels) - limit} more" if len(labels) > limit else ""
    return ", ".join(map(repr, labels[:limit])) + more
