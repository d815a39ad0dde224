"""The file of `--map-labels`: what is wrong in it is said by row, and every kind of source takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.cases import read_label_map
from dermtools.cases.sources import SourceOptions, load_source
from dermtools.errors import SourceError
from tests.support.mean_colour import TEN
from tests.support.tables import by_id, write


def test_a_file_joins_and_drops_the_labels_of_a_table(folder: Path) -> None:
    table = write(folder, "id,file,label\na,1.jpg,BCC\nb,2.jpg,bcc\nc,3.jpg,NA\n")
    rules = write(folder, "Old,New\nbcc,BCC\nNA,\nxyz,BCC\n", "map.csv")
    data = load_source(table, options=SourceOptions(map_labels=rules))
    assert [case.labels for case in by_id(data).values()] == [{"label": ("BCC",)}, {"label": ("BCC",)}, {}]
    assert [(problem.where, problem.reason) for problem in data.problems] == [
        ("map.csv row 4", "there is no label 'xyz'")
    ]


def test_a_mapping_joins_and_drops_the_class_folders(tmp_path: Path) -> None:
    for name in ("naevus", "nevus", "unknown"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, name, "1.jpg")
    data = load_source(tmp_path, options=SourceOptions(map_labels={"nevus": "naevus", "unknown": None}))
    assert data.tasks[0].labels == ("naevus",)
    assert [case.labels for case in by_id(data).values()] == [{"label": ("naevus",)}] * 2 + [{}]


def test_cases_made_in_python_take_it_too() -> None:
    mapped = read_label_map({"face": "head", "hand": None}).apply(TEN)
    assert mapped.tasks[0].labels == ("head",)
    assert {item.case.labels.get("location", ()) for item in mapped.cases} == {("head",), ()}


def test_the_sample_takes_it_too() -> None:
    label = load_source("sample").tasks[0].labels[0]
    mapped = load_source("sample", options=SourceOptions(map_labels={label: "other"}))
    assert label not in mapped.tasks[0].labels


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("old,to\na,b\n", r"map\.csv: the columns are 'old', 'to'; a label map has old, new"),
        ("old,new,tsk\na,b,t\n", r"map\.csv: the columns are 'old', 'new', 'tsk'"),
        ("old,new\na,b\nc\n", r"map\.csv: map\.csv row 3 has 1 cells"),
        ("old,new\n,b\n", r"map\.csv row 2: names no old label"),
        ("old,new\na,b\na,c\n", r"map\.csv row 3: 'a' has a new label in map\.csv row 2 already"),
        ("old,new\n", "holds no row"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_in_one_line(folder: Path, text: str, message: str) -> None:
    table = write(folder, "id,file,label\na,1.jpg,a\n")
    with pytest.raises(SourceError, match=message) as error:
        load_source(table, options=SourceOptions(map_labels=write(folder, text, "map.csv")))
    assert "\n" not in str(error.value)
