from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dermtools.embedding import PartialEmbeddingError
from dermtools.embedding.vectors import finished_rows, run_ahead
from dermtools.errors import EmbeddingError


@given(arrays.arrays(np.float32, (3, 5), elements=st.floats(-1e6, 1e6, width=32)))
@settings(max_examples=60, deadline=None)
def test_every_row_has_norm_one_or_a_reason(rows):
    try:
        vectors, reasons = finished_rows(rows, normalize=True), {}
    except PartialEmbeddingError as error:
        vectors, reasons = error.vectors, error.reasons
    except EmbeddingError:
        vectors, reasons = np.full((3, 5), np.nan, np.float32), dict.fromkeys(range(3), "")
    assert vectors.dtype == np.float32
    for row in range(3):
        if row in reasons:
            assert not rows[row].any()
            assert np.isnan(vectors[row]).all()
        else:
            assert np.linalg.norm(vectors[row].astype(np.float64)) == pytest.approx(1, abs=1e-5)


def test_without_normalising_rows_stay_as_they_are():
    rows = np.array([[3.0, 4.0], [0.0, 0.0]], np.float32)
    np.testing.assert_array_equal(finished_rows(rows, normalize=False), rows)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("normalize", [False, True])
def test_row_that_is_not_finite_is_lost_alone(bad, normalize):
    with pytest.raises(
        PartialEmbeddingError, match="1 of 2 rows failed; row 1: the model returned a vector with NaN or infinity"
    ) as caught:
        finished_rows(np.array([[0.6, 0.8], [bad, 1.0]]), normalize=normalize)
    np.testing.assert_allclose(caught.value.vectors[0], [0.6, 0.8], rtol=1e-6)
    assert np.isnan(caught.value.vectors[1]).all()


def test_no_good_row_at_all_is_an_error_and_not_a_partial_result():
    with pytest.raises(EmbeddingError, match="no row of 2") as caught:
        finished_rows(np.zeros((2, 3)), normalize=True)
    assert not isinstance(caught.value, PartialEmbeddingError)


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7, 9])
def test_what_is_run_ahead_comes_in_order(count):
    rows = run_ahead(range(count), 3, list, lambda batch: np.array(batch, np.float32)[:, None], 1)
    assert rows.ravel().tolist() == list(range(count))
    assert rows.shape == (count, 1)


def test_the_next_batch_is_made_ready_while_one_runs():
    made_ready = [threading.Event() for _ in range(3)]

    def ready(batch):
        made_ready[batch[0]].set()
        return batch[0]

    def run(batch):
        if batch < 2:
            assert made_ready[batch + 1].wait(60)  # never set where one waits for the other
        return np.full((1, 1), batch, np.float32)

    assert run_ahead([0, 1, 2], 1, ready, run, 1).ravel().tolist() == [0, 1, 2]


def test_what_fails_ahead_is_raised():
    def ready(batch):
        if 2 in batch:
            raise EmbeddingError("picture 2")
        return batch

    with pytest.raises(EmbeddingError, match="picture 2"):
        run_ahead([0, 1, 2, 3], 1, ready, lambda batch: np.zeros((1, 1), np.float32), 1)
