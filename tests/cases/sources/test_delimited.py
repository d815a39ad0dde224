"""CSV in every usual dialect: what `csv` and Python's codecs write is what is read."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dermtools.cases.sources import SourceOptions, load_source
from dermtools.cases.sources.delimited import read_delimited
from dermtools.errors import SourceError
from tests.support.tables import by_id, write

ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
# Characters of Western Europe, which Windows-1252 has too, and those that CSV treats in its own way.
CELLS = st.text("abzABZ019äöüßéèçñ ,;|'\"\t\n.-/€", max_size=8)


def written(rows: list[list[str]], delimiter: str, ending: str, quoting: int = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=ending, quoting=quoting).writerows(rows)
    return text.getvalue()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(ENCODINGS),
    ending=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    sep_line=st.booleans(),
    blank_rows=st.booleans(),
)
def test_every_dialect_gives_the_cells_that_were_written(
    tmp_path, cells, delimiter, encoding, ending, quoting, sep_line, blank_rows
):
    rows = [[f"{number}.jpg", "Größe", *pair] for number, pair in enumerate(cells)]
    blank = [["", "", "", ""]] if blank_rows else []
    text = written([["Bild", "Maß", "Diagnose", "Ort"], *blank, *rows, *blank], delimiter, ending, quoting)
    text = f"sep={delimiter}{ending}{text}" if sep_line else text
    table = read_delimited(write(tmp_path, text.encode(encoding)), wanted={"bild"})
    assert table.columns == ("Bild", "Maß", "Diagnose", "Ort")
    found = [list(map(str.lstrip, map(str, row.cells.values()))) for row in table.rows]
    assert found == [[cell.lstrip() for cell in row] for row in rows]
    assert table.problems == []


@pytest.mark.parametrize(("encoding", "name"), [("mac_roman", "Mac Roman"), ("cp850", "DOS code page 850")])
def test_exports_of_old_systems_keep_their_umlauts_and_the_guess_is_told(folder, encoding, name):
    data = load_source(write(folder, "Bild;Diagnose\n1.jpg;Nävus für Zoë, größer\n".encode(encoding)))
    assert data.tasks[0].labels == ("Nävus für Zoë, größer",)
    assert any(name in note for note in data.notes)


def test_an_encoding_can_be_named(folder):
    path = write(folder, "Bild;Diagnose\n1.jpg;łuszczyca\n".encode("cp1250"))
    assert load_source(path, options=SourceOptions(encoding="cp1250")).tasks[0].labels == ("łuszczyca",)
    with pytest.raises(SourceError, match="encoding 'klingon' is unknown"):
        load_source(path, options=SourceOptions(encoding="klingon"))
    with pytest.raises(SourceError, match="not ascii"):
        load_source(path, options=SourceOptions(encoding="ascii"))


def test_rows_that_excel_left_empty_are_no_problem_and_the_others_keep_their_numbers(folder):
    text = "Bild;Diagnose;;\n;;;\n\n1.jpg;x;;\n ; ;\xa0;\nnone.jpg;y;;\n;;;\n"
    data = load_source(write(folder, text))
    assert list(by_id(data)) == ["1.jpg"]
    assert [problem.where for problem in data.problems] == ["cases.csv row 6"]


def test_a_title_above_the_header_is_passed_over_and_told(folder):
    data = load_source(write(folder, "Export der Hautklinik, Stand 01.02.2024\n\nBild;Diagnose\n1.jpg;x\n"))
    assert by_id(data)["1.jpg"].labels == {"diagnosis": ("x",)}
    assert "the header is row 3; what stands above it is left out" in data.notes


def test_decimal_commas_are_numbers_where_the_comma_separates_nothing(folder):
    rows = "Bild;Größe;Summe;Datum;Code\n1.jpg;3,5;1.234,5;01.02.2024;007,5\n2.jpg;-10;2;02.02.2024;8,5\n"
    attributes = by_id(load_source(write(folder, rows)))["1.jpg"].attributes
    assert attributes == {"Größe": 3.5, "Summe": 1234.5, "Datum": "01.02.2024", "Code": "007,5"}
    english = by_id(load_source(write(folder, 'image,size,code\n1.jpg,3.5,"1,234"\n')))["1.jpg"].attributes
    assert english == {"size": 3.5, "code": "1,234"}
    thousands = by_id(load_source(write(folder, "image\tcells\n1.jpg\t1,234\n2.jpg\t2,345\n")))["1.jpg"].attributes
    assert thousands == {"cells": "1,234"}
    plain = by_id(load_source(write(folder, "image;size\n1.jpg;1.234\n")))["1.jpg"].attributes
    assert plain == {"size": 1.234}


def test_zeros_that_an_export_protects_from_excel_stay(folder):
    data = load_source(write(folder, 'Bild,Patient ID\n1.jpg,="007"\n2.jpg,"=""008"""\n'))
    assert [case.group_id for case in by_id(data).values()] == ["007", "008"]


def test_a_row_may_end_early_where_only_attributes_are_missing(folder):
    data = load_source(write(folder, "Bild;Diagnose;Bemerkung\n1.jpg;x;y\n2.jpg;z\n3.jpg\n"))
    assert by_id(data)["2.jpg"].labels == {"diagnosis": ("z",)}
    assert [(p.where, p.reason) for p in data.problems] == [("cases.csv row 4", "has 1 cells, the header has 3")]


def test_a_column_without_a_name_costs_no_row_and_is_told(folder):
    data = load_source(write(folder, ",Bild,Diagnose,,\n0,1.jpg,x,,\n1,2.jpg,y,,remark\n"))
    assert list(by_id(data)) == ["1.jpg", "2.jpg"]
    assert "a column without a name is left out" in data.notes
