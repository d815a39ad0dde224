"""Cells of a column get one type."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.cases.sources.cells import mixture, typed_column


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "", " -2 "], [1, None, -2]),
        (["1", "2.5", "1e3"], [1.0, 2.5, 1000.0]),
        (["007", "1"], ["007", "1"]),
        (["1", "x"], ["1", "x"]),
        (["true", "FALSE"], [True, False]),
        (["true", "1"], ["true", "1"]),
        (["9223372036854775808"], ["9223372036854775808"]),
        (["9" * 5000], ["9" * 5000]),
        (["1_000", "nan"], ["1_000", "nan"]),
    ],
)
def test_a_csv_column_has_one_type_over_the_whole_file(cells, values):
    found = typed_column(cells, untyped=True)
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", None], ["1", None]),
        ([1, 2.5, float("nan"), float("inf")], [1.0, 2.5, None, None]),
        ([True, 1], ["true", "1"]),
        ([b"bytes", "x"], [None, "x"]),
        ([["x", 1], {"y": "ü"}, 2], [None, None, 2]),
    ],
)
def test_a_typed_column_keeps_its_types_or_becomes_text(cells, values):
    found = typed_column(cells, untyped=False)
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text(max_size=8) | st.floats().map(str) | st.integers().map(str) | st.booleans().map(str), max_size=6)
)
def test_every_text_column_gets_one_type_and_loses_nothing_but_blanks(cells):
    values = typed_column(cells, untyped=True)
    assert len({type(value) for value in values if value is not None}) <= 1
    for cell, value in zip(cells, values, strict=True):
        assert (value is None) == (not cell.strip())
        if isinstance(value, str):
            assert value == cell.strip()
        elif isinstance(value, int | float) and not isinstance(value, bool):
            assert value == float(cell) or value == int(cell)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (["a", "b", None, ""], None),
        ([1, 2.5, float("nan")], None),
        (["a", "b", 1, ["c"], None], "texts (2) and numbers (1) and lists (1)"),
        ([True, "a", "b"], "texts (2) and truth values (1)"),
        ([b"x", "a", {"b": 1}, [["c"]]], None),
    ],
)
def test_a_column_of_several_kinds_of_cells_is_told(column, said):
    assert mixture(column) == said
