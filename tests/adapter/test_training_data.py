from __future__ import annotations

import numpy as np
import pytest

from dermtools.adapter import LabelledVectors, task_data
from dermtools.adapter.training_data import MIN_PART, soft_targets, standardisation, validation_parts
from dermtools.errors import QueryError, TrainingError

LABELS = ("angry", "burnt", "calm")


def one(vector: list[float], labels: tuple[str, ...] = ("calm",)) -> LabelledVectors:
    return LabelledVectors(np.array([vector], dtype=np.float32), [labels], ["case 7"], ["group"])


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_a_vector_that_is_not_finite_names_its_case(broken: float) -> None:
    with pytest.raises(TrainingError, match=r"case 7.*NaN or infinity"):
        one([1.0, broken])


def test_a_case_without_labels_is_refused() -> None:
    with pytest.raises(TrainingError, match=r"case 7.*no label"):
        one([1.0], labels=())


def test_fields_of_different_lengths_are_refused() -> None:
    with pytest.raises(TrainingError, match="differ in length"):
        LabelledVectors(np.zeros((2, 3), dtype=np.float32), [("calm",)], ["a"], ["g"])


def test_several_labels_share_a_case_equally() -> None:
    assert soft_targets(one([1.0], labels=("calm", "angry")), LABELS).tolist() == [[0.5, 0.0, 0.5]]


def test_a_label_outside_the_closed_set_names_its_case() -> None:
    with pytest.raises(TrainingError, match=r"case 7.*'merry'"):
        soft_targets(one([1.0], labels=("merry",)), LABELS)


def test_standardisation_takes_a_constant_as_it_is() -> None:
    mean, scale = standardisation(np.array([[0.1, 1.0], [0.1, 3.0], [0.1, 5.0]], dtype=np.float32))
    assert mean == pytest.approx([0.1, 3.0])
    assert scale == pytest.approx([1.0, (8 / 3) ** 0.5])


def test_validation_is_divided_by_group_and_evenly(cases) -> None:
    valid = cases("valid", 101, per_group=3)
    parts = validation_parts(valid)
    assert not parts.shared
    assert not set(parts.tuning.group_ids) & set(parts.calibration.group_ids)
    assert sorted([*parts.tuning.case_ids, *parts.calibration.case_ids]) == sorted(valid.case_ids)
    assert abs(len(parts.tuning) - len(parts.calibration)) <= 3


def test_the_division_does_not_depend_on_the_order_of_the_rows(cases) -> None:
    valid = cases("valid", 100)
    turned = validation_parts(valid.take(range(99, -1, -1)))
    assert set(turned.tuning.case_ids) == set(validation_parts(valid).tuning.case_ids)


@pytest.mark.parametrize(("n", "per_group"), [(2 * MIN_PART - 1, 1), (200, 200), (0, 1)])
def test_what_cannot_be_divided_serves_twice(cases, n: int, per_group: int) -> None:
    valid = cases("valid", n, per_group=per_group)
    parts = validation_parts(valid)
    assert parts.shared
    assert parts.tuning is parts.calibration is valid


def test_a_case_base_gives_its_train_and_validation_cases(make_store, cases) -> None:
    store = make_store(train=cases("train", 6), valid=cases("valid", 4), test=cases("test", 5))
    data = task_data(store, "mood")
    assert data.labels == LABELS
    assert sorted(data.train.case_ids) == [f"train-{i}" for i in range(6)]
    assert sorted(data.valid.case_ids) == [f"valid-{i}" for i in range(4)]
    assert data.version == store.columns().version
    query = data.valid.queries()[0]
    assert query.content_hash
    assert np.array_equal(query.vector, data.valid.vectors[0])


def test_a_validation_case_of_a_train_group_is_left_out_and_said(make_store, cases) -> None:
    train, valid = cases("train", 6), cases("valid", 4)
    leaking = LabelledVectors(valid.vectors, valid.labels, valid.case_ids, [train.group_ids[0], *valid.group_ids[1:]])
    data = task_data(make_store(train=train, valid=leaking), "mood")
    assert len(data.valid) == 3
    assert data.notes == ("1 validation cases left out: their group is in train too",)


def test_an_unknown_task_names_the_known_ones(make_store, cases) -> None:
    with pytest.raises(QueryError, match=r"no task 'site'.*mood"):
        task_data(make_store(train=cases("train", 3)), "site")
