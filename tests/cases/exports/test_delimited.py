"""Cells of a CSV: nothing runs in a spreadsheet, and all read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dermtools.cases.exports.delimited import guarded, read_labels, read_value, separator_for, unguarded, written
from dermtools.cases.exports.record import attribute_kind

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
VALUE = TEXT | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'quoted", ""])
def test_what_a_spreadsheet_would_run_gets_an_apostrophe_that_comes_off_again(text: str) -> None:
    assert guarded(text) == "'" + text
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["face", "a=b", " -1", "3 - 4"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text


@given(st.lists(VALUE | st.none(), min_size=1))
def test_every_attribute_reads_back_with_its_type(values: list[str | int | float | bool | None]) -> None:
    kind = attribute_kind(values)
    plain = [float(value) if kind == "number" and value is not None else value for value in values]
    if kind == "json":  # which a table does before a cell is written
        import json

        plain = [None if value is None else json.dumps(value) for value in values]
    back = [read_value(written(value, kind, "|"), kind) for value in plain]
    assert back == values
    if kind != "number":
        assert list(map(type, back)) == list(map(type, values))


@given(st.lists(TEXT.filter(bool), min_size=1, max_size=4, unique=True))
def test_labels_read_back_whatever_they_hold(labels: list[str]) -> None:
    separator = separator_for(labels)
    assert read_labels(written(labels, "labels", separator), "labels", separator) == tuple(labels)


def test_the_separator_is_the_usual_one_unless_a_label_holds_it() -> None:
    assert separator_for(["face", "hand"]) == "|"
    assert separator_for(["a|b", "c"]) == ";"
    assert len(separator_for(["a|b;c¦d"])) == 1


@pytest.mark.parametrize(("cell", "kind"), [("perhaps", "boolean"), ("[1]", "json"), ("x", "integer"), ("x", "number")])
def test_a_cell_of_another_kind_is_no_value(cell: str, kind: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_value(cell, kind)
