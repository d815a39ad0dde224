"""Parquet as Hugging Face datasets writes it: pictures as `{bytes, path}`, classes as numbers."""

from __future__ import annotations

import hashlib
import json

import pyarrow
import pyarrow.parquet
import pytest

from dermtools.cases.sources import SourceOptions, load_source
from dermtools.errors import SourceError
from tests.support.tables import by_id

CLASSES = {"names": ["nevus", "melanoma"], "_type": "ClassLabel"}
IMAGE = {"_type": "Image"}


def saved(folder, records, features=None):
    table = pyarrow.Table.from_pylist(records)
    if features is not None:
        described = json.dumps({"info": {"features": features}}).encode()
        table = table.replace_schema_metadata({b"huggingface": described})
    pyarrow.parquet.write_table(table, folder / "cases.parquet")
    return folder / "cases.parquet"


def test_ids_come_from_the_path_of_the_bytes_else_from_their_hash(tmp_path):
    pictures = [(b"first", "a/1.jpg"), (b"second", "/home/anna/2.jpg"), (b"third", "C:\\x\\3.jpg"), (b"fourth", None)]
    path = saved(tmp_path, [{"image": {"bytes": data, "path": name}} for data, name in pictures])
    data = load_source(path)
    assert list(by_id(data)) == ["a/1.jpg", "2.jpg", "3.jpg", hashlib.sha256(b"fourth").hexdigest()[:32]]
    assert [item.image for item in data.cases] == [b"first", b"second", b"third", b"fourth"]


@pytest.mark.parametrize(
    "feature",
    [
        {"feature": CLASSES, "length": -1, "_type": "Sequence"},
        {"feature": CLASSES, "_type": "List"},
        {"feature": CLASSES, "_type": "LargeList"},
        [CLASSES],
    ],
)
def test_class_numbers_get_their_names_in_lists_too(tmp_path, feature):
    records = [
        {"image": {"bytes": b"1", "path": None}, "label": 1, "labels": [0, 1]},
        {"image": {"bytes": b"2", "path": None}, "label": -1, "labels": [-1]},
        {"image": {"bytes": b"3", "path": None}, "label": None, "labels": None},
        {"image": {"bytes": b"4", "path": None}, "label": 2, "labels": [0]},
    ]
    path = saved(tmp_path, records, {"image": IMAGE, "label": CLASSES, "labels": feature})
    data = load_source(path, options=SourceOptions(tasks=("label", "labels")))
    found = [item.case.labels for item in data.cases]
    assert found == [{"label": ("melanoma",), "labels": ("nevus", "melanoma")}, {}, {}]
    reason = "has class 2; the schema names classes 0 to 1"
    assert [(p.where, p.reason) for p in data.problems] == [("cases.parquet row 4", reason)]


def test_a_picture_column_is_known_by_the_schema(tmp_path):
    records = [{"scan": {"bytes": b"1", "path": None}, "mask": b"mask", "path": "lost.jpg", "vector": [1.0]}]
    case = load_source(saved(tmp_path, records, {"scan": IMAGE})).cases[0]
    assert (case.image, case.case.attributes) == (b"1", {"path": "lost.jpg"})
    with pytest.raises(SourceError, match="columns 'scan' and 'mask' hold pictures; map one to 'image'"):
        load_source(saved(tmp_path, records))
    assert load_source(saved(tmp_path, records), options=SourceOptions(columns={"image": "mask"})).cases[0].image


@pytest.mark.parametrize("cell", [b"bytes", [1, 2], {"a": 1}])
@pytest.mark.parametrize("column", ["id", "patient_id", "split"])
def test_a_cell_that_is_no_text_or_number_names_nothing(tmp_path, column, cell):
    records = [{"image": {"bytes": b"1", "path": "1.jpg"}, column: cell}]
    with pytest.raises(SourceError, match=f"row 1: column '{column}' holds .* where a text or number belongs"):
        load_source(saved(tmp_path, records))


def test_a_text_too_long_for_a_name_is_no_id(tmp_path):
    records = [{"image": {"bytes": b"1", "path": "1.jpg"}, "id": "x" * 201}]
    with pytest.raises(SourceError, match="column 'id' holds 201 characters"):
        load_source(saved(tmp_path, records))
    records = [{"image": {"bytes": b"1", "path": "x" * 201}}]
    assert list(by_id(load_source(saved(tmp_path, records)))) == [hashlib.sha256(b"1").hexdigest()[:32]]


def test_numbers_that_pandas_made_fractions_are_ids_without_a_point(tmp_path):
    records = [{"image": b"1", "patient_id": 7.0}, {"image": b"2", "patient_id": None}]
    assert [item.case.group_id.partition(":")[0] for item in load_source(saved(tmp_path, records)).cases] == [
        "7",
        "case",
    ]


@pytest.mark.parametrize(
    "cells",
    [
        pyarrow.Array.from_buffers(
            pyarrow.string(), 1, [None, pyarrow.py_buffer(b"\0\0\0\0\2\0\0\0"), pyarrow.py_buffer(b"\x80\xff")]
        ),
        pyarrow.array([10**15], pyarrow.timestamp("s")),
    ],
    ids=["text that is not UTF-8", "a date beyond Python's"],
)
def test_a_cell_that_cannot_be_made_a_value_is_one_line(tmp_path, cells):
    path = tmp_path / "t.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"image": cells, "diagnosis": ["x"]}), path)
    with pytest.raises(SourceError, match=r"t\.parquet: not readable as Parquet \([^\n]+\)\Z"):
        load_source(path)


def test_a_column_of_vectors_that_nobody_named_is_left_out_and_told(tmp_path):
    path = saved(tmp_path, [{"image": {"bytes": b"1", "path": None}, "label": "nevus", "vector": [0.5, 1.5]}])
    data = load_source(path)
    assert data.cases[0].case.attributes == {}
    assert "column 'vector' holds lists, objects or pictures, which are left out" in data.told
