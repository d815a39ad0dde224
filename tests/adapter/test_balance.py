from __future__ import annotations

import numpy as np
import pytest

from dermtools.adapter.balance import class_weights, log_prior


def test_labels_weigh_the_same_in_sum_and_cases_one_on_average() -> None:
    counts = np.array([90.0, 9.0, 1.0, 0.0])
    weighed = class_weights(counts) * counts
    assert weighed[:3] == pytest.approx([weighed.sum() / 3] * 3)
    assert weighed.sum() / counts.sum() == pytest.approx(1.0)
    assert class_weights(counts)[3] == 0.0


def test_rare_labels_are_shifted_down_by_how_rare_they_are() -> None:
    prior = log_prior(np.array([90.0, 9.0]))
    assert prior[0] - prior[1] == pytest.approx(np.log(10))


def test_a_label_without_cases_is_not_shifted_below_the_others() -> None:
    prior = log_prior(np.array([90.0, 9.0, 0.0]))
    assert prior[2] == prior.max()
