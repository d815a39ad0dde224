"""A cell that names a picture or holds it."""

from __future__ import annotations

import base64
import csv
import json

import pytest

from dermtools.cases.sources import load_source
from dermtools.cases.sources.picture_cells import encoded_picture, read_picture_cell
from tests.support.pictures import picture
from tests.support.tables import by_id, write

DATA = picture(1)
BASE64 = base64.b64encode(DATA).decode()
URL_SAFE = base64.urlsafe_b64encode(DATA).decode()
LINES = base64.encodebytes(DATA).decode()


@pytest.mark.parametrize(
    "cell",
    [
        DATA,
        BASE64,
        URL_SAFE,
        LINES,
        f"data:image/jpeg;base64,{BASE64}",
        {"bytes": DATA, "path": None},
        {"bytes": BASE64},
        {"path": f"data:image/jpeg;base64,{BASE64}"},
        [{"bytes": DATA, "path": "1.jpg"}],
        str({"bytes": DATA, "path": "1.jpg"}),
        str(DATA),
        json.dumps({"bytes": BASE64, "path": None}),
    ],
)
def test_a_picture_in_a_cell_is_its_bytes(cell):
    assert read_picture_cell(cell).data == DATA


@pytest.mark.parametrize("cell", ["1.jpg", "a" * 64, "images/IMG_2024_03_01_12_00_00_patient_0001_face.jpg", None, 3])
def test_a_name_is_no_picture(cell):
    assert encoded_picture(cell) is None


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ([], "a list of 0 pictures"),
        (["1.jpg", "2.jpg"], "a list of 2 pictures"),
        ({"bytes": [1, 2]}, "no picture in base64"),
        ("data:image/png;base64,x", "data URL"),
    ],
)
def test_what_is_not_one_picture_is_refused(cell, message):
    with pytest.raises(ValueError, match=message):
        read_picture_cell(cell)


def test_a_picture_beside_the_picture_becomes_no_attribute(folder):
    record = {"image": "1.jpg", "thumbnail": BASE64, "preview": f"data:image/jpeg;base64,{BASE64}", "meta": {"a": 1}}
    data = load_source(write(folder, json.dumps(record | {"sex": "f"}), "cases.jsonl"))
    assert by_id(data)["1.jpg"].attributes == {"sex": "f"}
    assert "column 'meta' holds lists, objects or pictures, which are left out" in data.told


def test_a_data_set_written_as_csv_keeps_its_pictures_and_no_byte_of_them_elsewhere(tmp_path):
    with (tmp_path / "cases.csv").open("w", newline="") as file:
        rows = [["image", "mask", "label"], [{"bytes": DATA, "path": "a/1.jpg"}, DATA, "x"]]
        csv.writer(file).writerows(rows)
    data = load_source(tmp_path / "cases.csv")
    assert [(item.case.case_id, item.image, item.case.attributes) for item in data.cases] == [("a/1.jpg", DATA, {})]


def test_a_csv_may_hold_pictures_as_base64(tmp_path):
    data = load_source(write(tmp_path, f"id,image\na,{BASE64 * 60}\n"))  # beyond the limit that csv has by itself
    assert isinstance(data.cases[0].image, bytes)
