from __future__ import annotations

from dataclasses import replace

import pytest

from dermtools.adapter import MajorityMethod
from dermtools.errors import TrainingError
from dermtools.prediction import Method, Query


def test_always_gives_the_most_frequent_train_label_and_the_frequencies(data, cases) -> None:
    train = cases("train", 100, labels=("calm", "calm", "calm", "angry"))
    method = MajorityMethod.fit(replace(data, train=train))
    assert isinstance(method, Method)
    prediction = method.predict(Query(name="anything"))
    assert prediction.label == "calm"
    assert prediction.probabilities == {"calm": 0.75, "angry": 0.25, "burnt": 0.0}
    assert method.predict_many([Query(name="a"), Query(name="b")]) == [prediction, prediction]


def test_without_train_cases_there_is_no_majority(data, cases) -> None:
    with pytest.raises(TrainingError, match="no case of the train split"):
        MajorityMethod.fit(replace(data, train=cases("train", 0)))
