"""Classifiers in the case base: `adapters/<task>/<kind>/`, weights as safetensors beside `adapter.json`.

`adapter.json` names the weights' file, which is named after its content. The JSON is replaced in one step,
so a reader sees the old classifier or the new one, never parts of both. Nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from dermtools.adapter.classifier import AdapterModel, TrainedClassifier
from dermtools.adapter.linear_probe import LinearProbe
from dermtools.adapter.record import FORMAT_VERSION, ClassifierRecord, Kind
from dermtools.errors import TrainingError
from dermtools.files import read_record, write_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.adapter.data import VectorStore

FOLDER = "adapters"
RECORD_NAME = "adapter.json"


class SavedRecord(BaseModel):
    """The content of `adapter.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: str = Field(pattern=r"^model-[0-9a-f]{16}\.safetensors$", description="file beside this one")
    weights_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    record: ClassifierRecord


def classifier_folder(case_base: Path, task: str, kind: Kind) -> Path:
    """Where a classifier lies in the folder of its case base."""
    return case_base / FOLDER / task / kind


def save_classifier(case_base: Path, classifier: TrainedClassifier) -> Path:
    """Write a classifier into the folder of a case base, over an earlier one of its kind. Returns its folder.

    Raises:
        TrainingError: it cannot be written.
    """
    from safetensors.numpy import save

    record = classifier.record
    folder = classifier_folder(case_base, record.task, record.kind)
    weights = save(_tensors(classifier.model))
    digest = hashlib.sha256(weights).hexdigest()
    saved = SavedRecord(weights=f"model-{digest[:16]}.safetensors", weights_sha256=digest, record=record)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / saved.weights, weights)
        write_whole(folder / RECORD_NAME, saved.model_dump_json(indent=2) + "\n")
        for earlier in folder.glob("model-*.safetensors"):
            if earlier.name != saved.weights:
                earlier.unlink(missing_ok=True)
    except OSError as error:
        raise TrainingError(f"cannot write the {record.kind} to {folder}: {error.strerror}") from error
    return folder


def load_classifier(store: VectorStore, task: str, kind: Kind) -> TrainedClassifier:
    """Read a classifier of a case base, and check that it belongs to it and is whole.

    Raises:
        TrainingError: there is none, it is damaged or foreign, of another format, task, label set, or embedder.
    """
    folder = classifier_folder(store.path, task, kind)
    saved = _read_record(folder, f"dermtools train {store.path} --task {task} --kind {kind}")
    record = saved.record
    _check_belongs(record, store, task, kind, folder)
    try:
        content = (folder / saved.weights).read_bytes()
    except OSError as error:
        raise TrainingError(f"{folder / saved.weights} cannot be read: {error.strerror}; train again") from error
    if hashlib.sha256(content).hexdigest() != saved.weights_sha256:
        raise TrainingError(f"{folder / saved.weights} is damaged: its checksum differs; train again")
    return TrainedClassifier(_model(record, _read_tensors(content, folder / saved.weights), folder), record)


def changes_since(record: ClassifierRecord, store: VectorStore) -> tuple[str, ...]:
    """What a user should know where the case base has changed since training, one line each."""
    version = store.columns().version
    if version == record.case_base_version:
        return ()
    return (
        f"the case base has changed since the {record.kind} was trained "
        f"(version {record.case_base_version}, now {version}); train again to learn from all of it",
    )


def _read_record(folder: Path, command: str) -> SavedRecord:
    try:
        return read_record(
            folder / RECORD_NAME,
            SavedRecord,
            newest=FORMAT_VERSION,
            error=TrainingError,
            what="the record of a classifier",
            remedy=f"train again with: {command}",
            versioned=lambda content: content.get("record"),
        )
    except FileNotFoundError:
        raise TrainingError(f"no trained classifier at {folder}; make one with: {command}") from None


def _check_belongs(record: ClassifierRecord, store: VectorStore, task: str, kind: Kind, folder: Path) -> None:
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


def _read_tensors(content: bytes, path: Path) -> dict[str, NDArray[np.generic]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors: dict[str, NDArray[np.generic]] = load(content)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(f"{path} is not a safetensors file: {error}; train again") from error
    return tensors


def _tensors(model: AdapterModel | LinearProbe) -> dict[str, NDArray[np.generic]]:
    if isinstance(model, LinearProbe):
        arrays = {"weight": model.weight, "bias": model.bias, "mean": model.mean, "scale": model.scale}
    else:
        arrays = {name: tensor.numpy() for name, tensor in model.network.state_dict().items()}
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def _model(
    record: ClassifierRecord, tensors: dict[str, NDArray[np.generic]], folder: Path
) -> AdapterModel | LinearProbe:
    shape = record.architecture
    if shape.conv is None or shape.hidden is None:
        d = shape.dimension
        wanted = {"weight": (d, shape.labels), "bias": (shape.labels,), "mean": (d,), "scale": (d,)}
        dtypes = {"weight": "float64", "bias": "float64", "mean": "float32", "scale": "float32"}
        _check_tensors(tensors, wanted, dtypes, folder)
        weight, bias = (tensors[name].astype(np.float64, copy=False) for name in ("weight", "bias"))
        mean, scale = (tensors[name].astype(np.float32, copy=False) for name in ("mean", "scale"))
        return LinearProbe(weight, bias, mean, scale)
    import torch

    from dermtools.adapter.networks import unallocated

    network = unallocated(shape.dimension, shape.labels, shape.conv, hidden=shape.hidden)
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    _check_tensors(tensors, expected, dict.fromkeys(expected, "float32"), folder)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in tensors.items()}, assign=True)
    return AdapterModel(network)


def _check_tensors(
    tensors: dict[str, NDArray[np.generic]], wanted: dict[str, tuple[int, ...]], dtypes: dict[str, str], folder: Path
) -> None:
    different = sorted(set(tensors) ^ set(wanted))
    if different:
        which = "lack" if different[0] in wanted else "hold a foreign"
        raise TrainingError(f"the weights in {folder} {which} tensor {different[0]!r}; train again")
    for name, array in tensors.items():
        if array.shape != wanted[name] or array.dtype != dtypes[name]:
            raise TrainingError(
                f"tensor {name!r} in {folder} is {array.dtype} {array.shape}, should be {dtypes[name]} {wanted[name]}; "
                "train again"
            )
        if not np.isfinite(array).all():
            raise TrainingError(f"tensor {name!r} in {folder} holds NaN or infinity; train again")
