"""Rows of CSV, TSV, JSON lines and Parquet files: what is read, and what is said of the rest."""

from __future__ import annotations

import csv
import io
import json

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dermtools.cases.sources import load_source
from dermtools.errors import SourceError
from tests.support.tables import by_id, write


def test_csv_json_lines_and_parquet_give_the_same_cases(folder):
    records = [
        {"id": "a", "file": "1.jpg", "patient_id": "p", "split": "train", "label": "x|y", "age": 3, "flag": True},
        {"id": "b", "file": "2.jpg", "patient_id": "q", "split": "test", "label": "y", "age": None, "flag": False},
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]))
    writer.writeheader()
    writer.writerows(records)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records), folder / "cases.parquet")
    paths = [
        write(folder, text.getvalue()),
        write(folder, b"\xef\xbb\xbf" + text.getvalue().encode(), "bom.csv"),
        write(folder, text.getvalue().replace(",", "\t"), "cases.tsv"),
        write(folder, "\n".join(map(json.dumps, records)) + "\n\n", "cases.jsonl"),
        folder / "cases.parquet",
    ]
    first, *others = [load_source(path) for path in paths]
    assert by_id(first)["a"].model_dump() == {
        "case_id": "a",
        "group_id": "p",
        "split": "train",
        "labels": {"label": ("x", "y")},
        "attributes": {"age": 3, "flag": True},
    }
    for other in others:
        assert (other.cases, other.tasks, other.problems) == (first.cases, first.tasks, ())


def test_lists_are_several_labels(folder):
    path = write(folder, '{"id": "a", "file": "1.jpg", "label": ["x", " y ", "", "x", null]}\n', "cases.jsonl")
    assert by_id(load_source(path))["a"].labels == {"label": ("x", "y")}


def test_parquet_may_hold_the_encoded_pictures(tmp_path):
    records = [
        {"id": "a", "image": {"bytes": b"jpeg", "path": None}},
        {"id": "b", "image": {"bytes": b"", "path": None}},
    ]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records), tmp_path / "cases.parquet")
    data = load_source(tmp_path / "cases.parquet")
    assert [item.image for item in data.cases] == [b"jpeg"]
    assert data.problems[0].where == "cases.parquet row 2"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b'{"id": "1", "file": "1.jpg", "sex": "m\xe4nnlich"}\n', "not UTF-8"),
        ("a.csv", b"", "no header"),
        ("a.csv", b"\x00\x01\x02\x03" * 20, "not "),
        ("a.xlsx", b"PK\x03\x04 but not really", "not readable as a workbook"),
        ("a.xls", b"", "save it as .xlsx or CSV"),
        ("a.csv", b"id,file,id\n1,1.jpg,2\n", "column 'id' is there more than once"),
        ("a.csv", b'id,file\n1,"1.jpg\n', "line 2: not readable as CSV"),
        ("a.jsonl", b"[\n1\n]\n", "holds no JSON object, one a line; a.jsonl row 1"),
        ("a.jsonl", b"", "holds no JSON object"),
        ("a.parquet", b"PAR1 but not really", "not readable as Parquet"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused_in_one_line(folder, name, content, message):
    with pytest.raises(SourceError, match=message) as caught:
        load_source(write(folder, content, name))
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_rows_that_cannot_be_read_are_problems_and_the_rest_goes_on(folder):
    text = (
        'id,file,label\na,1.jpg,x\nb,2.jpg\nc,3.jpg,y,z\n,4.jpg,x\ne,,x\nf,none.jpg,x\na,2.jpg,y\n\ng,"4.jpg","x\ny"\n'
    )
    data = load_source(write(folder, text))
    assert list(by_id(data)) == ["a", "g"]
    assert by_id(data)["a"].labels == {"label": ("x",)}
    assert [(problem.where, problem.reason) for problem in data.problems] == [
        ("cases.csv row 3", "has 2 cells, the header has 3"),
        ("cases.csv row 4", "has 4 cells, the header has 3"),
        ("cases.csv row 5", "has no id"),
        ("cases.csv row 6", "has no picture in column 'file'"),
        ("cases.csv row 7", f"no such file: {folder / 'none.jpg'}"),
        ("cases.csv row 8", "case id 'a' is taken by an earlier row"),
    ]


def test_json_lines_that_cannot_be_read_are_problems(folder):
    lines = ['{"id": "a", "file": "1.jpg"}', '{"id": "b"', "3", '{"id": "\\ud800", "file": "2.jpg"}', "[" * 100_000]
    data = load_source(write(folder, "\n".join(lines), "cases.jsonl"))
    assert list(by_id(data)) == ["a"]
    assert [problem.where for problem in data.problems] == [f"cases.jsonl row {row}" for row in (2, 3, 4, 5)]


def test_a_table_of_which_no_row_can_be_read_is_refused_with_the_first_reason(folder):
    with pytest.raises(SourceError, match=r"no case can be read; the first reason: cases.csv row 2: no such file"):
        load_source(write(folder, "id,file\na,missing.jpg\n"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=60) | st.text(alphabet='id,file\n"|;1.jpg', max_size=60).map(str.encode),
    suffix=st.sampled_from(["csv", "tsv", "jsonl", "parquet"]),
)
def test_any_content_is_read_or_refused_with_a_source_error(folder, content, suffix):
    path = write(folder, content, f"any.{suffix}")
    try:
        cases = load_source(path).cases
    except SourceError as error:
        message = str(error)
    else:
        message = f"{len(cases)} cases"
    assert message != "0 cases"
    assert "\n" not in message
