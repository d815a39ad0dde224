"""A kind of classifier that is not dermtools' own: one class and one line, and everything works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest

from dermtools.adapter import (
    VectorClassifierMethod,
    calibrate,
    load_classifier,
    save_classifier,
    task_data,
    train,
)
from dermtools.adapter.config import ClassifierConfig
from dermtools.adapter.kinds import KINDS, model_class
from dermtools.adapter.vector_model import Fitted, VectorModel, check_tensors
from dermtools.errors import TrainingError


class NearestMeanConfig(ClassifierConfig):
    kind: Literal["nearest-mean"] = "nearest-mean"
    sharpness: float = 0.1


@dataclass(frozen=True, eq=False)
class NearestMean(VectorModel[NearestMeanConfig]):
    """Logits fall with the distance to the mean of a label's cases."""

    config_class = NearestMeanConfig

    means: np.ndarray
    sharpness: np.ndarray

    @classmethod
    def fit(cls, train, config, *, validation=None, progress=None) -> Fitted:
        vectors, targets = train
        means = (targets.T @ vectors) / targets.sum(axis=0)[:, None]
        return Fitted(cls(means, np.array([config.sharpness])), {"labels": len(means)}, ("nearest mean",))

    def logits(self, vectors: np.ndarray) -> np.ndarray:
        return -self.sharpness * np.linalg.norm(vectors[:, None] - self.means, axis=2)

    def tensors(self) -> dict[str, np.ndarray]:
        return {"means": self.means, "sharpness": self.sharpness}

    @classmethod
    def restore(cls, architecture, tensors) -> NearestMean:
        shape = (architecture.labels, architecture.dimension)
        check_tensors(tensors, {"means": (shape, "float64"), "sharpness": ((1,), "float64")})
        return cls(**tensors)


@pytest.fixture
def store(make_store, cases, monkeypatch):
    monkeypatch.setitem(KINDS, "nearest-mean", f"{__name__}:NearestMean")
    return make_store(train=cases("train", 60), valid=cases("valid", 120), test=cases("test", 60))


def test_a_third_kind_is_fitted_saved_loaded_and_classifies(store, cases) -> None:
    classifier = train(store, "mood", NearestMeanConfig(sharpness=0.5))
    folder = save_classifier(store.path, classifier)
    assert folder == store.path / "adapters" / "mood" / "nearest-mean"

    again = load_classifier(store, "mood", "nearest-mean")
    assert again.record == classifier.record
    assert again.record.config == NearestMeanConfig(sharpness=0.5)
    assert again.record.notes == ("nearest mean",)

    test = cases("test", 60)
    assert np.array_equal(again.probabilities(test.vectors), classifier.probabilities(test.vectors))
    predictions = VectorClassifierMethod(again, abstain=True).predict_many(test.queries())
    assert {prediction.method for prediction in predictions} == {"nearest-mean"}
    assert np.mean([p.label in truth for p, truth in zip(predictions, test.labels, strict=True)]) > 0.9


def test_a_third_kind_is_calibrated_like_the_others(store) -> None:
    classifier = train(store, "mood", NearestMeanConfig(sharpness=0.001))
    assert classifier.record.answering.calibration.temperature < 1
    assert calibrate(classifier, task_data(store, "mood")).record == classifier.record


def test_a_classifier_of_a_kind_that_is_not_installed_is_one_clear_line(store, monkeypatch) -> None:
    save_classifier(store.path, train(store, "mood", NearestMeanConfig()))
    monkeypatch.delitem(KINDS, "nearest-mean")
    with pytest.raises(TrainingError, match=r"unknown kind 'nearest-mean'; there are: adapter, linear-probe"):
        load_classifier(store, "mood", "nearest-mean")


def test_an_unknown_kind_lists_all() -> None:
    with pytest.raises(TrainingError, match=r"unknown kind of classifier 'forest'; there are: adapter, linear-probe"):
        model_class("forest")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_named_as_its_settings_say(kind: str) -> None:
    assert model_class(kind).config_class().kind == kind
