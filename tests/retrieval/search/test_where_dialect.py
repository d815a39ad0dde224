"""Columns as people's tables call them: any word is a name, bare or quoted, and no library says a word of its own."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

import pytest
from sqlglot import Parser, tokens

from dermtools.cases.case import Case
from dermtools.cases.columns import CaseColumns
from dermtools.errors import QueryError
from dermtools.retrieval.search.fields import Fields
from dermtools.retrieval.search.where import matching_rows

MakeColumns = Callable[..., CaseColumns]
VALUES = (30, 61, None, 75)
OWN_WORDS = {"AND", "OR", "NOT", "IN", "IS", "NULL", "ISNULL", "NOTNULL", "TRUE", "FALSE", "BETWEEN", "LIKE", "ILIKE"}
OWN_WORDS |= {"ESCAPE", "SELECT", "FROM"}
SQL_WORDS = {word for word in (*tokens.Tokenizer.KEYWORDS, *Parser.FUNCTIONS) if word.isidentifier()} - OWN_WORDS


@pytest.fixture(scope="module")
def fields_of(case_columns: MakeColumns) -> Callable[..., Fields]:
    def make(*names: str) -> Fields:
        cases = [
            Case(case_id=f"c{row}", group_id="p", attributes=dict.fromkeys(names, value) if value is not None else {})
            for row, value in enumerate(VALUES)
        ]
        return Fields(case_columns(cases), [])

    return make


@pytest.fixture(autouse=True)
def _silence(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]):
    """Nothing is logged or printed, whatever becomes of the condition."""
    caplog.set_level(logging.DEBUG)
    yield
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("word", ["Alter", "Größe", "Läsion", "Âge", "年齢", "_x", "Set", "Show", "Drop", "Case", "if"])
@pytest.mark.parametrize("quote", ["", '"', "`"])
def test_any_word_names_a_column_bare_or_quoted(fields_of, word: str, quote: str) -> None:
    name = f"{quote}{word}{quote}"
    for condition in (f"{name} > 60", f"60 < {name}", f"NOT ({name} <= 60)", f"{name} BETWEEN 61 AND 90"):
        assert matching_rows(condition, fields_of(word)).tolist() == [False, True, False, True]


def test_no_word_of_sql_is_kept_from_columns(fields_of) -> None:
    fields = fields_of(*SQL_WORDS, "other")
    wrong = {}
    for word in sorted(SQL_WORDS):
        try:
            rows = matching_rows(f"{word} > 60 OR other IS NULL AND {word} IS NULL", fields).tolist()
        except QueryError as error:
            rows = str(error)
        if rows != [False, True, True, True]:
            wrong[word] = rows
    assert wrong == {}


@pytest.mark.parametrize("name", ["Alter (Jahre)", "Patient ID", "age-group", "2nd", "x.y", "Geschlecht/Sex", "a'b"])
def test_name_with_spaces_or_signs_goes_in_quotes(fields_of, name: str) -> None:
    assert matching_rows(f'"{name}" > 60', fields_of(name)).tolist() == [False, True, False, True]
    with pytest.raises(QueryError) as caught:
        matching_rows(f'"{name}x" > 60', fields_of(name))
    assert f'did you mean "{name}"?' in str(caught.value)


def test_an_umlaut_is_one_letter_however_it_is_written(fields_of) -> None:
    composed, decomposed = "Gr\u00f6\u00dfe", "Gro\u0308\u00dfe"
    for stored, typed in ((composed, decomposed), (decomposed, composed)):
        assert matching_rows(f"{typed} > 60", fields_of(stored)).tolist() == [False, True, False, True]


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("Alter > 60", "no column 'Alter'; did you mean \"Alter (Jahre)\"? there are: case_id, group_id, split, "),
        ("alter_jahre > 60", 'did you mean "Alter (Jahre)"?'),
        ("sexx = 'm'", "no column 'sexx'; did you mean sex? there are: "),
        ("Drop IS NULL", "no column 'Drop'; there are: case_id, group_id, split, \"Alter (Jahre)\", sex"),
        ("sex = 'm' AND Show = 1", "sex holds number, not text"),
        ("Alter (Jahre) > 60", "stands where a column name should; names with spaces or signs go in double quotes"),
        ("Patient ID = 'x'", "names with spaces or signs go in double quotes, texts in single quotes"),
        ("Patient-ID = 'x'", "names with spaces or signs go in double quotes"),
        ("upper(sex) = 'M'", "UPPER"),
        ("frobnicate(sex) = 1", "FROBNICATE"),
        ("sex = 'm", "a quote or comment is not closed"),
        ("sex >", "a column or value is missing"),
        ("sex > 1e", "'1e' is no number; write e.g. 60 or 0.5"),
        ("sex > -1e", "'1e' is no number"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_line(fields_of, condition: str, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        matching_rows(condition, fields_of("Alter (Jahre)", "sex"))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "sqlglot" not in str(caught.value)


@pytest.mark.parametrize("name", ['a" DO IT "b', "DO\\", "DO IT", "DO_IT_" * 6])
def test_a_columns_name_that_data_chose_stands_in_quotes(fields_of, name: str) -> None:
    with pytest.raises(QueryError) as caught:
        matching_rows("nothing = 1", fields_of(name))
    assert "DO" not in re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", "", str(caught.value))
