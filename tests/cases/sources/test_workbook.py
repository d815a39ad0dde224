"""Workbooks: what openpyxl writes is what is read."""

from __future__ import annotations

import datetime

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dermtools.cases.sources import SourceOptions, load_source
from dermtools.cases.sources.workbook import read_workbook
from dermtools.errors import SourceError
from tests.support.tables import by_id, write


def saved(folder, sheets, name="cases.xlsx"):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / name)
    return folder / name


CELLS = (
    st.none()
    | st.text("abäöüß 019;,.\n", min_size=1, max_size=8).filter(lambda text: text.strip() == text)
    | st.integers(-(2**40), 2**40)
    | st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: round(number, 3))
    | st.booleans()
    | st.datetimes(datetime.datetime(1950, 1, 1), datetime.datetime(2090, 1, 1)).map(lambda t: t.replace(microsecond=0))
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4), st.integers(0, 2))
def test_every_cell_comes_back_as_it_was_written(tmp_path, cells, blank):
    rows = [[f"{number}.jpg", *pair] for number, pair in enumerate(cells)]
    path = saved(tmp_path, {"Daten": [*[[]] * blank, ["Bild", "a", "b"], *rows]})
    found = [list(row.cells.values()) for row in read_workbook(path, wanted={"bild"}).rows]
    assert len(found) == len(rows)
    for row, expected in zip(found, rows, strict=True):
        for cell, value in zip(row, expected, strict=True):
            if isinstance(value, datetime.datetime):
                # A workbook keeps a time as a fraction of a day; midnight shows as a date.
                near = datetime.datetime.fromisoformat(str(cell)) - value
                assert abs(near) <= datetime.timedelta(seconds=1)
            else:
                assert cell == ("" if value is None else value)
                assert isinstance(cell, bool) == isinstance(value, bool)


def test_numbers_dates_and_texts_become_ids_and_attributes_as_the_sheet_shows_them(folder):
    rows = [
        ["ID", "Bild", "Patienten-ID", "Diagnose", "Alter", "Datum"],
        [1, "1.jpg", "007", "Nävus", 54.5, datetime.date(2024, 3, 1)],
        [None] * 6,
        [2.0, "2.jpg", 7, "BCC", 60, None],
    ]
    cases = by_id(load_source(saved(folder, {"Tabelle1": rows})))
    assert list(cases) == ["1", "2"]
    assert [case.group_id for case in cases.values()] == ["007", "7"]
    assert cases["1"].attributes == {"Alter": 54.5, "Datum": "2024-03-01"}
    assert cases["2"].attributes == {"Alter": 60.0}


def test_the_sheet_with_the_pictures_is_taken_unless_one_is_named(folder):
    guide = [["Anleitung"], ["Spalte", "Bedeutung"], ["a", "b"]]
    path = saved(
        folder,
        {
            "Info": guide,
            "Daten": [["Klinik X"], [], ["Bild", "Diagnose"], ["1.jpg", "x"]],
            "Alt": [["Bild", "Diagnose"], ["2.jpg", "y"]],
        },
    )
    data = load_source(path)
    assert list(by_id(data)) == ["1.jpg"]
    assert any("read from sheet 'Daten'; sheets left out: Info, Alt" in note for note in data.told)
    assert list(by_id(load_source(path, options=SourceOptions(sheet="Alt")))) == ["2.jpg"]
    with pytest.raises(SourceError, match="no sheet 'Neu'; the sheets are Info, Daten, Alt"):
        load_source(path, options=SourceOptions(sheet="Neu"))


def test_a_patient_merged_over_several_rows_is_the_patient_of_each(folder):
    book = openpyxl.Workbook()
    for row in (["Patient", "Bild"], ["p1", "1.jpg"], [None, "2.jpg"], [None, None], ["p2", "3.jpg"]):
        book.active.append(row)
    book.active.merge_cells("A2:A4")
    book.save(folder / "cases.xlsx")
    data = load_source(folder / "cases.xlsx")
    assert [case.group_id for case in by_id(data).values()] == ["p1", "p1", "p2"]
    assert data.problems == ()


def test_what_is_no_workbook_is_refused_in_one_line(folder):
    (folder / "locked.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    with pytest.raises(SourceError, match="without a password"):
        load_source(folder / "locked.xlsx")
    with pytest.raises(SourceError, match=r"\.xls is not read; save it as \.xlsx or CSV"):
        load_source(write(folder, b"", "old.xls"))
    with pytest.raises(SourceError, match="no header"):
        load_source(saved(folder, {"leer": []}))
    with pytest.raises(SourceError, match="option 'sheet' is for"):
        load_source(write(folder, "image\n1.jpg\n"), options=SourceOptions(sheet="x"))
