"""Cells of Python objects are what the same data would be in a file."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import PurePosixPath

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from dermtools.cases.sources.held import Held
from dermtools.cases.sources.python_rows import rows_of
from dermtools.errors import SourceError


def cell(value):
    return rows_of([{"x": value}], "list").rows[0].cells["x"]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (np.int64(7), 7),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (pd.NA, None),
        (pd.NaT, None),
        (("a", "b"), ["a", "b"]),
        (np.array(["a", "b"]), ["a", "b"]),
        (PurePosixPath("a/b.png"), "a/b.png"),
        (bytearray(b"x"), b"x"),
        (Decimal("1.5"), Decimal("1.5")),
        (datetime.date(2020, 1, 2), datetime.date(2020, 1, 2)),
    ],
    ids=repr,
)
def test_a_cell_is_read_as_a_file_would_have_it(value, read):
    assert cell(value) == read
    assert type(cell(value)) is type(read)


def test_an_array_of_numbers_stays_one_and_a_picture_is_held():
    assert np.array_equal(cell(np.arange(3.0)), [0, 1, 2])
    assert isinstance(cell(np.zeros((4, 4), np.uint8)), Held)


def test_pictures_of_arrow_are_read_one_by_one_and_a_null_is_none():
    rows = rows_of(pa.table({"image": [b"a", None, b"c"]}), "table").rows
    assert rows[1].cells["image"] is None
    assert [rows[number].cells["image"]() for number in (0, 2)] == [b"a", b"c"]


def test_rows_that_are_no_dict_are_problems_and_columns_are_those_of_all():
    found = rows_of([{"a": 1}, 3, {"b": 2}], "list", start=10)
    assert found.columns == ("a", "b")
    assert [row.where for row in found.rows] == ["list row 10", "list row 12"]
    assert [problem.where for problem in found.problems] == ["list row 11"]


def test_an_index_of_pandas_is_no_column_unless_it_has_a_name():
    frame = pd.DataFrame({"a": [1, 2]}, index=["x", "y"])
    assert rows_of(frame, "frame").columns == ("a",)
    assert rows_of(frame.rename_axis("case_id"), "frame").columns == ("a", "case_id")


def test_an_object_that_speaks_no_arrow_is_refused():
    class Broken:
        column_names = ("a",)

        def __arrow_c_stream__(self, schema=None):
            raise TypeError("no stream here")

    with pytest.raises(SourceError, match=r"\Athing cannot be read \(no stream here\)\Z"):
        rows_of(Broken(), "thing")
