from __future__ import annotations

import numpy as np
import pytest

from dermtools.adapter import Guarantees, LinearProbeConfig, VectorClassifierMethod, fit_classifier
from dermtools.errors import QueryError, TrainingError
from dermtools.prediction import Method, Outcome, Query


@pytest.fixture
def classifier(data, identity):
    return fit_classifier(data, identity, LinearProbeConfig())


def test_follows_the_protocol_of_methods(classifier) -> None:
    method = VectorClassifierMethod(classifier)
    assert isinstance(method, Method)
    assert (method.name, method.task) == ("linear-probe", "mood")


def test_gives_calibrated_probabilities_and_a_label_set(classifier, data) -> None:
    queries = data.valid.queries()
    predictions = VectorClassifierMethod(classifier).predict_many(queries)
    expected = classifier.probabilities(data.valid.vectors)
    for prediction, row in zip(predictions, expected, strict=True):
        assert prediction.outcome is Outcome.OK
        assert prediction.label == ("angry", "burnt", "calm")[row.argmax()]
        assert sum(prediction.probabilities.values()) == pytest.approx(1.0)
        assert list(prediction.probabilities.values()) == pytest.approx(sorted(row, reverse=True))
        assert prediction.label_set[0] == prediction.label
    alone = VectorClassifierMethod(classifier).predict(queries[3])
    assert alone.probabilities == pytest.approx(predictions[3].probabilities)


def test_no_queries_no_predictions(classifier) -> None:
    assert VectorClassifierMethod(classifier).predict_many([]) == []


def test_abstains_below_its_threshold_when_asked(data, identity) -> None:
    classifier = fit_classifier(data, identity, LinearProbeConfig(), wanted=Guarantees(precision=0.7))
    threshold = classifier.record.answering.abstention.threshold
    predictions = VectorClassifierMethod(classifier, abstain=True).predict_many(data.valid.queries())
    abstained = [prediction for prediction in predictions if prediction.outcome is Outcome.ABSTAINED]
    assert 0 < len(abstained) < len(predictions)
    assert all((p.confidence < threshold) == (p.outcome is Outcome.ABSTAINED) for p in predictions)
    assert all(p.label is None and "below the threshold" in p.reason and p.probabilities for p in abstained)


def test_cannot_abstain_where_no_threshold_reaches_the_precision(data, identity, cases) -> None:
    hopeless = fit_classifier(
        type(data)("mood", data.labels, cases("t", 30, spread=90.0), cases("v", 120, spread=90.0), 1),
        identity,
        LinearProbeConfig(),
        wanted=Guarantees(precision=0.99),
    )
    with pytest.raises(TrainingError, match="'mood' cannot abstain: a precision of 99% is not reachable"):
        VectorClassifierMethod(hopeless, abstain=True)
    assert any("a precision of 99% is not reachable with 30 groups" in line for line in hopeless.record.remarks())


def test_cannot_abstain_without_validation(data, identity, cases) -> None:
    plain = fit_classifier(type(data)("mood", data.labels, data.train, cases("v", 0), 1), identity, LinearProbeConfig())
    with pytest.raises(TrainingError, match="no validation cases"):
        VectorClassifierMethod(plain, abstain=True)
    prediction = VectorClassifierMethod(plain).predict(data.valid.queries()[0])
    assert (prediction.outcome, prediction.label_set) == (Outcome.OK, None)


@pytest.mark.parametrize(
    ("vector", "says"),
    [
        (None, "has no embedding"),
        (np.zeros(3, dtype=np.float32), r"has shape \(3,\), not \(16,\)"),
        (np.zeros((1, 16), dtype=np.float32), r"has shape \(1, 16\), not \(16,\); give one row"),
        (np.full(16, np.nan, dtype=np.float32), "NaN or infinity"),
    ],
)
def test_a_query_that_cannot_be_classified_is_named(classifier, vector: np.ndarray | None, says: str) -> None:
    with pytest.raises(QueryError, match=f"query 'photo.jpg'.*{says}|'photo.jpg' {says}"):
        VectorClassifierMethod(classifier).predict(Query(name="photo.jpg", vector=vector))
