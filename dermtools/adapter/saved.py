"""Classifiers in the case base: `adapters/<task>/<kind>/`, weights as safetensors beside `adapter.json`.

`adapter.json` names the weights' file, which is named after its content. The JSON is replaced in one step, so a
reader sees the old classifier or the new one. Nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from dermtools.adapter.classifier import TrainedClassifier
from dermtools.adapter.classifier_record import FORMAT_VERSION, ClassifierRecord
from dermtools.adapter.config import Strict
from dermtools.adapter.kinds import Kind, model_class
from dermtools.errors import TrainingError
from dermtools.files import make_folder, read_record, writable, write_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.cases.store import CaseStore

FOLDER = "adapters"
RECORD_NAME = "adapter.json"


class SavedRecord(Strict):
    """The content of `adapter.json`."""

    weights: str = Field(pattern=r"^model-[0-9a-f]{16}\.safetensors$", description="file beside this one")
    weights_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    record: ClassifierRecord


def classifier_folder(case_base: Path, task: str, kind: Kind) -> Path:
    """Where a classifier lies in the folder of its case base."""
    return case_base / FOLDER / task / kind


def trained_tasks(store: CaseStore) -> list[str]:
    """Names of the tasks that a classifier was trained for; whether it loads is not looked at."""
    trained = {record.parent.parent.name for record in store.own_folder.glob(f"{FOLDER}/*/*/{RECORD_NAME}")}
    return [task.name for task in store.manifest.tasks if task.name in trained]


def check_can_save(case_base: Path, task: str, kind: Kind) -> None:
    """Before the training: raise the TrainingError that `save_classifier` would end in."""
    writable(classifier_folder(case_base, task, kind), folder=True, error=TrainingError)


def save_classifier(case_base: Path, classifier: TrainedClassifier) -> Path:
    """Write a classifier into the folder of a case base, over an earlier one of its kind. Returns its folder.

    Raises:
        TrainingError: it cannot be written.
    """
    from safetensors.numpy import save

    record = classifier.record
    folder = classifier_folder(case_base, record.task, record.kind)
    weights = save({name: np.ascontiguousarray(array) for name, array in classifier.model.tensors().items()})
    digest = hashlib.sha256(weights).hexdigest()
    saved = SavedRecord(weights=f"model-{digest[:16]}.safetensors", weights_sha256=digest, record=record)
    try:
        make_folder(folder, within=case_base)
        write_whole(folder / saved.weights, weights, within=folder)
        write_whole(folder / RECORD_NAME, saved.model_dump_json(indent=2) + "\n", within=folder)
        for earlier in folder.glob("model-*.safetensors"):
            if earlier.name != saved.weights:
                earlier.unlink(missing_ok=True)
    except OSError as error:
        raise TrainingError(f"cannot write the {record.kind} to {folder}: {error.strerror}") from error
    return folder


def load_classifier(store: CaseStore, task: str, kind: Kind) -> TrainedClassifier:
    """Read a classifier of a case base, and check that it belongs to it and is whole.

    Raises:
        TrainingError: there is none, it is damaged or foreign, of another format, task, label set, or embedder.
    """
    folder = classifier_folder(store.own_folder, task, kind)
    command = f"dermtools train {store.path} --task {task} --kind {kind}"
    saved = read_record(
        folder / RECORD_NAME,
        SavedRecord,
        newest=FORMAT_VERSION,
        error=TrainingError,
        what="the record of a classifier",
        missing=f"no trained classifier at {folder}; make one with: {command}",
        remedy=f"train again with: {command}",
        versioned=lambda content: content.get("record"),
    )
    record, path = saved.record, folder / saved.weights
    _check_belongs(record, store, task, kind, folder)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error.strerror}; train again") from error
    if hashlib.sha256(content).hexdigest() != saved.weights_sha256:
        raise TrainingError(f"{path} is damaged: its checksum differs; train again")
    tensors = _read_tensors(content, path)
    try:
        return TrainedClassifier(model_class(kind).restore(record.architecture, tensors), record)
    except ValueError as error:
        raise TrainingError(f"the weights in {folder} {error}; train again") from error


def changes_since(record: ClassifierRecord, store: CaseStore) -> tuple[str, ...]:
    """What a user should know where the case base has changed since training, one line each."""
    version = store.columns().version
    change = (
        f"the case base has changed since the {record.kind} was trained "
        f"(version {record.case_base_version}, now {version}); train again to learn from all of it"
    )
    return () if version == record.case_base_version else (change,)


def _check_belongs(record: ClassifierRecord, store: CaseStore, task: str, kind: Kind, folder: Path) -> None:
    if (record.task, record.kind) != (task, kind):
        raise TrainingError(f"{folder} holds the {record.kind} of {record.task!r}, not the {kind} of {task!r}")
    identity = store.manifest.identity
    if record.embedder != identity:
        raise TrainingError(
            f"the {kind} of {task!r} was trained on {record.embedder}, but the case base holds {identity}; train again"
        )
    known = store.manifest.task(task)
    if known is None:
        raise TrainingError(f"{folder} is of task {task!r}, which the case base does not have any more")
    if known.labels != record.labels:
        different = ", ".join(sorted(set(known.labels) ^ set(record.labels))) or "its order"
        raise TrainingError(
            f"the label set of {task!r} has changed since the {kind} was trained: {different}; train again"
        )


def _read_tensors(content: bytes, path: Path) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors: dict[str, NDArray[Any]] = load(content)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(f"{path} is not a safetensors file: {error}; train again") from error
    for name, array in tensors.items():
        if not np.isfinite(array).all():
            raise TrainingError(f"tensor {name!r} in {path} holds NaN or infinity; train again")
    return tensors
