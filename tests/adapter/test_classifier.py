from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dermtools.adapter import (
    AdapterConfig,
    EpochStats,
    Guarantees,
    LabelledVectors,
    LinearProbeConfig,
    TaskData,
    calibrate,
    fit_classifier,
    train,
)
from dermtools.adapter.calibration import reliability, softmax
from dermtools.adapter.training_data import soft_targets
from dermtools.errors import TrainingError

LABELS = ("angry", "burnt", "calm")
CONFIGS = [AdapterConfig(epochs=5, batch_size=16), LinearProbeConfig()]
KINDS = pytest.mark.parametrize("config", CONFIGS, ids=["adapter", "linear-probe"])


def right(classifier, cases: LabelledVectors) -> float:
    targets = soft_targets(cases, LABELS)
    return reliability(classifier.probabilities(cases.vectors), targets).accuracy


@KINDS
def test_learns_and_says_on_what(data, identity, cases, config) -> None:
    classifier = fit_classifier(data, identity, config, wanted=Guarantees(precision=0.5))
    record = classifier.record
    assert right(classifier, cases("test", 100, spread=4.0)) > 0.6
    assert (record.trained_on.split, record.trained_on.cases, record.trained_on.groups) == ("train", 90, 45)
    assert (record.chosen_on.cases, record.answering.fitted_on.cases) == (60, 60)
    assert record.answering.fitted_on.held_out
    assert record.remarks() == ()


@KINDS
def test_calibration_and_coverage_hold_on_cases_the_fit_never_saw(identity, cases, config) -> None:
    train_cases, valid = cases("train", 40, spread=6.0), cases("valid", 400, spread=6.0, per_group=1)
    data = TaskData("mood", LABELS, train_cases, valid, 1)
    if config.kind == "adapter":
        config = AdapterConfig(epochs=30, batch_size=8, dropout=0.0, label_smoothing=0.0)
    else:
        config = LinearProbeConfig(fallback_penalty=1e-3)
    # Without validation nothing stops it from becoming overconfident.
    overconfident = fit_classifier(replace(data, valid=cases("valid", 0)), identity, config)
    classifier = calibrate(overconfident, data, wanted=Guarantees(coverage=0.8))
    test = cases("test", 1000, spread=6.0, per_group=1)
    targets, logits = soft_targets(test, LABELS), classifier.model.logits(test.vectors)
    before, after = reliability(softmax(logits), targets), reliability(classifier.probabilities(test.vectors), targets)
    assert after.ece < before.ece / 2
    assert after.log_loss < before.log_loss
    conformal = classifier.record.answering.conformal
    covered = [
        bool(targets[row, conformal.label_set(p)].any()) for row, p in enumerate(classifier.probabilities(test.vectors))
    ]
    # Two shares are drawn: that of the fit's 200 cases and that of the 1000 looked at.
    assert np.mean(covered) == pytest.approx(0.8, abs=2.6 * (0.16 / 200 + 0.16 / 1000) ** 0.5)


@KINDS
def test_the_same_seed_gives_the_same_probabilities(data, identity, config) -> None:
    first, again = (fit_classifier(data, identity, config) for _ in range(2))
    assert np.array_equal(first.probabilities(data.valid.vectors), again.probabilities(data.valid.vectors))
    assert first.record == again.record


@KINDS
def test_validation_that_lacks_labels_trains_and_says_so(data, identity, cases, config) -> None:
    poor = replace(data, valid=cases("valid", 120, labels=("angry",)))
    record = fit_classifier(poor, identity, config).record
    assert record.remarks()[0] == "no validation case has 'burnt', 'calm': nothing is known about them but training"


@KINDS
def test_a_label_with_one_case_trains(identity, cases, config) -> None:
    many, single = cases("many", 30, labels=("angry", "burnt")), cases("single", 1, labels=("calm",))
    both = LabelledVectors(
        np.vstack([many.vectors, single.vectors]),
        [*many.labels, *single.labels],
        [*many.case_ids, *single.case_ids],
        [*many.group_ids, *single.group_ids],
    )
    longer = config.model_copy(update={"epochs": 40, "patience": None})
    classifier = fit_classifier(TaskData("mood", LABELS, both, cases("valid", 90), 1), identity, longer)
    assert classifier.probabilities(single.vectors).argmax() == 2


@KINDS
def test_one_label_only_trains_and_says_so(identity, cases, config) -> None:
    data = TaskData("mood", LABELS, cases("t", 20, labels=("burnt",)), cases("v", 20, labels=("burnt",)), 1)
    classifier = fit_classifier(data, identity, config)
    assert (classifier.probabilities(cases("test", 9).vectors).argmax(axis=1) == 1).all()
    assert "every train case is 'burnt': nothing else is learned" in classifier.record.remarks()
    assert "no train case has 'angry', 'calm': never learned" in classifier.record.remarks()


@KINDS
def test_a_closed_set_of_one_label_trains(identity, cases, config) -> None:
    data = TaskData("mood", ("calm",), cases("t", 5, labels=("calm",)), cases("v", 5, labels=("calm",)), 1)
    assert fit_classifier(data, identity, config).probabilities(data.valid.vectors).tolist() == [[1.0]] * 5


@KINDS
def test_without_validation_it_trains_uncalibrated_and_says_so(data, identity, cases, config) -> None:
    record = fit_classifier(replace(data, valid=cases("valid", 0)), identity, config).record
    assert record.answering is record.chosen_on is None
    assert record.remarks() == ("no validation cases: no early stopping, not calibrated, no label sets, no abstention",)


@KINDS
def test_little_validation_serves_twice_and_says_so(data, identity, cases, config) -> None:
    record = fit_classifier(replace(data, valid=cases("valid", 30, spread=4.0)), identity, config).record
    assert not record.answering.fitted_on.held_out
    assert "only 30 validation cases: they chose the model and calibrated it too" in record.remarks()


@KINDS
def test_an_empty_train_split_is_refused(data, identity, cases, config) -> None:
    with pytest.raises(TrainingError, match="no case of the train split has a label of task 'mood'"):
        fit_classifier(replace(data, train=cases("train", 0)), identity, config)


@KINDS
def test_a_train_split_of_one_case_trains(data, identity, cases, config) -> None:
    longer = config.model_copy(update={"epochs": 40, "patience": None})
    alone = replace(data, train=cases("train", 1), valid=cases("valid", 0))
    classifier = fit_classifier(alone, identity, longer)
    assert (classifier.probabilities(data.valid.vectors).argmax(axis=1) == 0).all()


def test_vectors_of_another_embedder_are_refused(data, identity) -> None:
    with pytest.raises(TrainingError, match="16 numbers, not the 8"):
        fit_classifier(data, identity.model_copy(update={"dimension": 8}), LinearProbeConfig())


def test_another_coverage_needs_no_training(data, identity) -> None:
    classifier = fit_classifier(data, identity, LinearProbeConfig(), wanted=Guarantees(coverage=0.5))
    again = calibrate(classifier, data, wanted=Guarantees(coverage=0.95, precision=0.6, guarantee="lower-bound"))
    assert again.model is classifier.model
    assert again.record.answering.conformal.limit > classifier.record.answering.conformal.limit
    assert again.record.answering.abstention.guarantee == "lower-bound"


@pytest.mark.parametrize("wanted", [{"coverage": 1.0}, {"precision": 0.0}, {"coverage": float("nan")}])
def test_impossible_wishes_are_refused(wanted: dict[str, float]) -> None:
    with pytest.raises(TrainingError, match="must lie between 0 and 1"):
        Guarantees(**wanted)


def test_an_interrupted_training_is_kept_calibrated_and_said(data, identity) -> None:
    def interrupt(stats: EpochStats) -> None:
        if stats.epoch == 3:
            raise KeyboardInterrupt

    record = fit_classifier(data, identity, AdapterConfig(epochs=9), progress=interrupt).record
    assert record.notes == ("training was interrupted after epoch 3 of 9",)
    assert record.answering is not None


def test_trains_from_a_case_base(make_store, cases) -> None:
    store = make_store(train=cases("train", 60), valid=cases("valid", 90), test=cases("test", 30))
    classifier = train(store, "mood", LinearProbeConfig())
    assert right(classifier, cases("test", 30)) > 0.9
    assert classifier.record.case_base_version == store.columns().version
    assert classifier.record.embedder == store.manifest.identity
