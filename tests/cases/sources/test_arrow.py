"""Lists of numbers are read as arrays, whatever kind of Arrow list holds them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from dermtools.cases.sources.arrow import array_cells

ROWS = [[0.5, 1.5], [2.5, 3.5], [4.5, 5.5]]


@pytest.mark.parametrize(
    "kind",
    [pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.float16(), 2), pa.list_(pa.float32(), 2)],
    ids=str,
)
def test_a_list_of_numbers_is_an_array(kind):
    flat = pa.array(np.array(ROWS, kind.value_type.to_pandas_dtype()).ravel())
    if pa.types.is_fixed_size_list(kind):
        array = pa.FixedSizeListArray.from_arrays(flat, 2)
    elif pa.types.is_large_list(kind):
        array = pa.LargeListArray.from_arrays([0, 2, 4, 6], flat)
    else:
        array = pa.ListArray.from_arrays([0, 2, 4, 6], flat)
    for values in (array, pa.chunked_array([array[:1], array[1:]])):
        assert np.array_equal(array_cells(values), ROWS)
    assert np.array_equal(array_cells(array[1:]), ROWS[1:])


def test_rows_of_several_lengths_and_nulls_keep_their_places():
    found = array_cells(pa.array([[1.0], None, [2.0, 3.0], []]))
    assert [None if one is None else one.tolist() for one in found] == [[1.0], None, [2.0, 3.0], []]
    assert array_cells(pa.array([["a"], None])) == [["a"], None]
