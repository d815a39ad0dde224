from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from dermtools.adapter import AdapterConfig, LinearProbeConfig, changes_since, load_classifier, save_classifier, train
from dermtools.adapter.saved import RECORD_NAME
from dermtools.cases import Task
from dermtools.errors import TrainingError

CONFIGS = [
    AdapterConfig(epochs=1, conv="channels"),
    AdapterConfig(epochs=1, conv="features"),
    LinearProbeConfig(penalties=(1.0,)),
]
KINDS = pytest.mark.parametrize("config", CONFIGS, ids=["channels", "features", "linear-probe"])


@pytest.fixture
def store(make_store, cases):
    return make_store(train=cases("train", 30), valid=cases("valid", 100))


@pytest.fixture
def folder(store) -> Path:
    """A saved linear probe."""
    return save_classifier(store.path, train(store, "mood", LinearProbeConfig(penalties=(1.0,))))


def weights_of(folder: Path) -> Path:
    return folder / json.loads((folder / RECORD_NAME).read_text())["weights"]


def change_record(folder: Path, *path: str, to: object) -> None:
    content = json.loads((folder / RECORD_NAME).read_text())
    part = content
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = to
    (folder / RECORD_NAME).write_text(json.dumps(content))


def change_tensors(folder: Path, **tensors: np.ndarray | None) -> None:
    """Write other tensors, with a checksum that fits."""
    kept = {**load_file(weights_of(folder)), **tensors}
    content = save({name: tensor for name, tensor in kept.items() if tensor is not None})
    weights_of(folder).write_bytes(content)
    change_record(folder, "weights_sha256", to=hashlib.sha256(content).hexdigest())


@KINDS
def test_comes_back_as_it_was(store, cases, config) -> None:
    classifier = train(store, "mood", config)
    save_classifier(store.path, classifier)
    again = load_classifier(store, "mood", config.kind)
    assert again.record == classifier.record
    vectors = cases("test", 10).vectors
    assert np.array_equal(again.probabilities(vectors), classifier.probabilities(vectors))


def test_lies_under_its_task_and_kind_with_nothing_left_over(store) -> None:
    for seed in (1, 2):
        save_classifier(store.path, train(store, "mood", AdapterConfig(epochs=1, seed=seed)))
    folder = store.path / "adapters" / "mood" / "adapter"
    assert sorted(path.name for path in folder.iterdir()) == [RECORD_NAME, weights_of(folder).name]
    assert load_classifier(store, "mood", "adapter").record.seed == 2


def test_a_draft_of_a_crashed_writer_disturbs_nobody(store, folder) -> None:
    (folder / "model-0123456789abcdef.safetensors").write_bytes(b"half a file")
    assert load_classifier(store, "mood", "linear-probe")


def test_none_there_names_the_command(store) -> None:
    with pytest.raises(TrainingError, match=r"dermtools train .* --task mood --kind adapter"):
        load_classifier(store, "mood", "adapter")


def test_another_embedder_is_refused_with_both_named(store, folder) -> None:
    change_record(folder, "record", "embedder", "revision", to="2")
    with pytest.raises(TrainingError, match=r"trained on made-up \(16-d, revision 2.*holds made-up \(16-d, revision 1"):
        load_classifier(store, "mood", "linear-probe")


def test_another_label_set_is_refused(store, folder) -> None:
    store.set_tasks([Task(name="mood", question="?", labels=("angry", "burnt", "calm", "merry"))])
    with pytest.raises(TrainingError, match=r"label set of 'mood' has changed.*merry"):
        load_classifier(store, "mood", "linear-probe")


def test_a_classifier_of_another_task_is_refused(store, folder) -> None:
    change_record(folder, "record", "task", to="site")
    with pytest.raises(TrainingError, match="holds the linear-probe of 'site'"):
        load_classifier(store, "mood", "linear-probe")


def test_a_changed_case_base_is_said(store, folder, cases) -> None:
    record = load_classifier(store, "mood", "linear-probe").record
    assert changes_since(record, store) == ()
    store.delete(["train-0"])
    assert "the case base has changed since the linear-probe was trained" in changes_since(record, store)[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not JSON"),
        (b"\x80\x04\x95pickle", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not the record of a classifier"),
        (b'{"record": {"format_version": "one"}}', "not the record of a classifier"),
        (b'{"record": {"format_version": 99}}', "newer dermtools"),
        (b'{"record": {"format_version": 1}}', "damaged at"),
    ],
)
def test_a_damaged_or_foreign_record_is_one_clear_line(store, folder, content: bytes, says: str) -> None:
    (folder / RECORD_NAME).write_bytes(content)
    with pytest.raises(TrainingError, match=says) as caught:
        load_classifier(store, "mood", "linear-probe")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("weights",), "../../elsewhere.safetensors"),
        (("record", "labels"), ["angry", "burnt"]),
        (("record", "labels"), ["angry", "angry", "calm"]),
        (("record", "kind"), "adapter"),
        (("record", "architecture", "dimension"), 17),
        (("record", "architecture", "conv"), "channels"),
        (("record", "answering", "calibration", "temperature"), -1.0),
        (("record", "surprise"), 1),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(store, folder, path: tuple[str, ...], to: object) -> None:
    change_record(folder, *path, to=to)
    with pytest.raises(TrainingError, match=r"damaged at|holds the"):
        load_classifier(store, "mood", "linear-probe")


def test_missing_weights_are_said(store, folder) -> None:
    weights_of(folder).unlink()
    with pytest.raises(TrainingError, match="cannot be read"):
        load_classifier(store, "mood", "linear-probe")


def test_changed_weights_are_refused(store, folder) -> None:
    content = bytearray(weights_of(folder).read_bytes())
    content[-1] ^= 1
    weights_of(folder).write_bytes(content)
    with pytest.raises(TrainingError, match="checksum"):
        load_classifier(store, "mood", "linear-probe")


def test_a_file_that_is_no_safetensors_is_refused(store, folder) -> None:
    content = b"\x80\x04\x95" + b"x" * 100
    weights_of(folder).write_bytes(content)
    change_record(folder, "weights_sha256", to=hashlib.sha256(content).hexdigest())
    with pytest.raises(TrainingError, match="not a safetensors file"):
        load_classifier(store, "mood", "linear-probe")


@pytest.mark.parametrize(
    ("tensors", "says"),
    [
        ({"bias": None}, "lack tensor 'bias'"),
        ({"extra": np.zeros(1)}, "hold a foreign tensor 'extra'"),
        ({"bias": np.zeros(4)}, r"'bias'.*\(4,\), should be float64 \(3,\)"),
        ({"bias": np.zeros(3, dtype=np.float16)}, "float16"),
        ({"bias": np.array([0.0, np.nan, 0.0])}, "NaN"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(store, folder, tensors: dict[str, np.ndarray], says: str) -> None:
    change_tensors(folder, **tensors)
    with pytest.raises(TrainingError, match=says):
        load_classifier(store, "mood", "linear-probe")


def test_a_declared_size_takes_no_memory(store) -> None:
    folder = save_classifier(store.path, train(store, "mood", AdapterConfig(epochs=1, conv="channels")))
    change_record(folder, "record", "architecture", "hidden", to=65_536)
    with pytest.raises(TrainingError, match="should be float32"):
        load_classifier(store, "mood", "adapter")


def test_a_folder_that_cannot_be_written_is_said(store) -> None:
    classifier = train(store, "mood", LinearProbeConfig(penalties=(1.0,)))
    (store.path / "adapters").write_text("a file in the way")
    with pytest.raises(TrainingError, match="cannot write the linear-probe"):
        save_classifier(store.path, classifier)
