from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.adapter import (
    FusionMethod,
    Guarantees,
    LinearProbeConfig,
    MajorityMethod,
    VectorClassifierMethod,
    fit_classifier,
)
from dermtools.adapter.calibration import TINY, log_loss, softmax
from dermtools.adapter.fusion import fit_weights
from dermtools.adapter.training_data import soft_targets
from dermtools.errors import TrainingError
from dermtools.prediction import Method, Outcome, Prediction, Query


@dataclass
class Fixed:
    """Says the same whatever it is asked."""

    probabilities: dict[str, float] | None
    name: str = "fixed"
    task: str = "mood"

    def predict(self, query: Query) -> Prediction:
        if self.probabilities is None:
            return Prediction(method=self.name, task=self.task, outcome=Outcome.FILTERED, reason="content filter")
        label = max(self.probabilities, key=self.probabilities.__getitem__)
        return Prediction(method=self.name, task=self.task, label=label, probabilities=self.probabilities)

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        return [self.predict(query) for query in queries]


@pytest.fixture
def probe(data, identity) -> VectorClassifierMethod:
    return VectorClassifierMethod(fit_classifier(data, identity, LinearProbeConfig()))


def test_follows_the_protocol_and_predicts_as_one_or_many(data, probe) -> None:
    fusion = FusionMethod.fit([probe, MajorityMethod.fit(data)], data)
    assert isinstance(fusion, Method)
    assert (fusion.name, fusion.task) == ("fusion", "mood")
    queries = data.valid.queries()[:5]
    together, alone = fusion.predict_many(queries), [fusion.predict(query) for query in queries]
    assert [p.probabilities for p in together] == [pytest.approx(p.probabilities) for p in alone]
    assert [(p.label, p.label_set) for p in together] == [(p.label, p.label_set) for p in alone]
    assert fusion.predict_many([]) == []


def test_the_member_that_knows_gets_the_weight(data, probe) -> None:
    fusion = FusionMethod.fit([MajorityMethod.fit(data), probe], data)
    assert fusion.weights.sum() == pytest.approx(1.0)
    assert fusion.weights[1] > 0.9
    assert fusion.notes[0].startswith("weights fitted on 60 validation cases: majority 0.0")


def test_weights_are_fitted_on_one_part_of_validation_and_calibrated_on_the_other(data, probe) -> None:
    fusion = FusionMethod.fit([probe, MajorityMethod.fit(data)], data)
    assert fusion.answering.fitted_on.held_out
    assert fusion.answering.fitted_on.cases == 60


def test_fits_the_same_twice(data, probe) -> None:
    members = [probe, MajorityMethod.fit(data)]
    assert np.array_equal(FusionMethod.fit(members, data).weights, FusionMethod.fit(members, data).weights)


def test_without_validation_the_weights_are_equal_and_it_says_so(data, probe, cases) -> None:
    alone = FusionMethod.fit([Fixed({"calm": 1.0}), Fixed({"angry": 1.0})], replace(data, valid=cases("v", 0)))
    assert alone.predict(Query(name="q")).probabilities == pytest.approx({"angry": 0.5, "calm": 0.5, "burnt": 0.0})
    assert alone.notes == ("no validation cases: equal weights, not calibrated",)


def test_a_label_that_a_member_does_not_name_counts_as_zero() -> None:
    fusion = FusionMethod([Fixed({"calm": 1.0}), Fixed({"angry": 0.5, "calm": 0.5})], ("angry", "calm"))
    assert fusion.predict(Query(name="q")).probabilities == pytest.approx({"calm": 0.75, "angry": 0.25})


def test_a_silent_member_is_an_error_of_that_query_only(data) -> None:
    fusion = FusionMethod([Fixed({"calm": 1.0}), Fixed(None, name="model")], data.labels)
    prediction = fusion.predict(Query(name="q"))
    assert prediction.outcome is Outcome.ERROR
    assert prediction.reason == "model gave no probabilities (filtered): content filter"


def test_a_member_without_probabilities_cannot_be_fitted(data) -> None:
    with pytest.raises(TrainingError, match=r"fixed gives no probabilities .*; leave it out"):
        FusionMethod.fit([Fixed(None)], data)


def test_a_label_outside_the_set_is_refused(data) -> None:
    with pytest.raises(TrainingError, match="fixed gave label 'merry'"):
        FusionMethod.fit([Fixed({"merry": 1.0})], data)


def test_members_must_be_there_and_of_one_task(data) -> None:
    with pytest.raises(TrainingError, match="at least one"):
        FusionMethod([], data.labels)
    with pytest.raises(TrainingError, match="different tasks"):
        FusionMethod([Fixed({}), Fixed({}, task="site")], data.labels)


def test_abstains_when_asked(data, probe) -> None:
    fusion = FusionMethod.fit([probe, MajorityMethod.fit(data)], data, wanted=Guarantees(precision=0.7), abstain=True)
    outcomes = {prediction.outcome for prediction in fusion.predict_many(data.valid.queries())}
    assert outcomes == {Outcome.OK, Outcome.ABSTAINED}


members = st.lists(
    st.lists(st.lists(st.floats(-30, 30), min_size=3, max_size=3), min_size=4, max_size=4), min_size=1, max_size=4
).map(lambda rows: np.stack([softmax(np.array(member)) for member in rows]))


@settings(max_examples=40, deadline=None)
@given(members)
def test_weights_are_a_distribution(probabilities: np.ndarray) -> None:
    weights = fit_weights(probabilities, np.eye(3)[[0, 1, 2, 0]])
    assert weights.sum() == pytest.approx(1.0)
    assert (weights > 0).all()


def test_no_other_weights_make_the_truth_likelier(cases) -> None:
    rng = np.random.default_rng(0)
    targets = soft_targets(cases("t", 300), ("angry", "burnt", "calm"))
    probabilities = np.stack([softmax(rng.normal(size=(300, 3)) + strength * targets) for strength in (0.5, 1.0)])
    weights = fit_weights(probabilities, targets)

    def posterior(first: float) -> float:
        pooled = first * probabilities[0] + (1 - first) * probabilities[1]
        return -300 * log_loss(pooled, targets) + np.log(max(first, TINY)) + np.log(max(1 - first, TINY))

    grid = np.linspace(0.001, 0.999, 999)
    assert weights[0] == pytest.approx(grid[np.argmax([posterior(first) for first in grid])], abs=0.01)
