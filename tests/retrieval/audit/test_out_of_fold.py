"""Each probability comes from a classifier that saw neither the case nor its group."""

from __future__ import annotations

import numpy as np

from dermtools.retrieval.audit.out_of_fold import out_of_fold


def test_what_only_the_own_group_tells_is_not_known() -> None:
    """Labels are drawn by group, and a vector shows nothing but its group: seen before, every case would be right."""
    groups = np.repeat(np.arange(60), 3)
    label = np.random.default_rng(0).permutation(np.arange(60) % 2)[groups]
    vectors = np.eye(60, dtype=np.float32)[groups]
    probabilities, learned = out_of_fold(vectors, label[:, None] == np.arange(2), groups)
    assert learned.all()
    assert (probabilities.argmax(axis=1) == label).mean() <= 0.6


def test_what_others_tell_is_known_and_adds_up_to_one() -> None:
    label = np.arange(90) % 3
    vectors = np.eye(3, dtype=np.float32)[label] + np.random.default_rng(1).normal(0, 0.1, (90, 3)).astype(np.float32)
    probabilities, learned = out_of_fold(vectors, label[:, None] == np.arange(3), np.arange(90) // 2)
    assert learned.all()
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert (probabilities.argmax(axis=1) == label).all()


def test_a_case_with_two_labels_teaches_both_in_equal_parts() -> None:
    label = np.arange(40) % 2
    truth = label[:, None] == np.arange(2)
    truth[:20] = True  # says nothing for either
    vectors = np.where(np.arange(40) < 20, 0, 1 - 2 * label)[:, None].astype(np.float32)
    probabilities, _ = out_of_fold(vectors, truth, np.arange(40))
    assert np.allclose(probabilities[:20], 0.5, atol=0.06)
    assert (probabilities[20:].argmax(axis=1) == label[20:]).all()
