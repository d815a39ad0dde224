"""`where` conditions: SQL's meaning, closed label sets, and nothing but comparisons."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.cases.case import Case, Task
from dermtools.cases.columns import CaseColumns
from dermtools.errors import QueryError
from dermtools.retrieval.search.fields import Fields
from dermtools.retrieval.search.where import MAX_LENGTH, matching_rows

MakeColumns = Callable[..., CaseColumns]
CHAINED = [
    "RLIKE 'x' ",
    "IN ",
    "IS ",
    "NOT ",
    "BETWEEN ",
    "BETWEEN 1 AND ",
    "ESCAPE 'x' ",
    "::a",
    ".y",
    ".*",
    "?",
    "1.",
    "[0]",
]
CHAINED += [
    "NOTNULL ",
    "NOTNULL",
    "CASE ",
    "COLLATE a ",
    "= a ",
    "-",
    "~",
    "+",
    "|| ",
    "->",
    "@> ",
    "f(",
    "{",
]
SITE = Task(name="location", question="Where?", labels=("back", "face", "neck"))
CASES = [
    Case(
        case_id="a", group_id="p1", split="train", labels={"location": ("face",)}, attributes={"age": 40, "sex": "male"}
    ),
    Case(case_id="b", group_id="p1", split="test", labels={"location": ("face", "neck")}, attributes={"age": 61.5}),
    Case(case_id="c", group_id="p2", labels={"location": ("back",)}, attributes={"sex": "female", "bleeds": True}),
    Case(case_id="d", group_id="p3", split="train", attributes={"age": -3, "sex": "it's", "bleeds": False}),
]


@pytest.fixture(scope="module")
def fields(case_columns: MakeColumns) -> Fields:
    return Fields(case_columns(CASES), [SITE])


def found(condition: str, fields: Fields) -> str:
    rows = matching_rows(condition, fields)
    assert rows.dtype == bool
    assert rows.shape == (len(CASES),)
    return "".join(case.case_id for case, wanted in zip(CASES, rows, strict=True) if wanted)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("location = 'face'", "ab"),
        ("location != 'face'", "c"),
        ("location <> 'neck'", "ac"),
        ("location IN ('neck', 'back')", "bc"),
        ("location NOT IN ('neck', 'back')", "a"),
        ("location IS NULL", "d"),
        ("location IS NOT NULL", "abc"),
        ("location LIKE '%ck'", "bc"),
        ("NOT location LIKE '_ace'", "c"),
        ("location NOT LIKE '_ace'", "c"),
        ("age >= 40", "ab"),
        ("40 < age", "b"),
        ("age = -3", "d"),
        ("age BETWEEN 0 AND 50", "a"),
        ("age NOT BETWEEN 0 AND 50", "bd"),
        ("NOT (age > 50)", "ad"),
        ("age > 50 OR sex = 'female'", "bc"),
        ("age > 50 OR sex = 'male'", "ab"),
        ("NOT (age > 50 AND sex = 'male')", "acd"),
        ("sex ILIKE 'M%'", "a"),
        ("sex = 'it''s'", "d"),
        ("sex < 'it'", "c"),
        ("bleeds", "c"),
        ("NOT bleeds", "d"),
        ("bleeds = false", "d"),
        ("split = 'train' AND location = 'face'", "a"),
        ("split != 'train'", "b"),
        ("case_id IN ('a', 'd')", "ad"),
        ("group_id = 'p1'", "ab"),
        ("LOCATION = 'face' and \"Age\" > 50", "b"),
        ("case_id = 'nobody'", ""),
        ("sex = '((((' OR sex = 'male'", "a"),
    ],
)
def test_a_condition_means_what_it_means_in_sql(condition: str, expected: str, fields: Fields) -> None:
    assert found(condition, fields) == expected


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("lesion = 'x'", r"no column 'lesion'; there are: case_id, group_id, split, location, age, bleeds, sex"),
        ("location = 'nek'", r"location has no 'nek'; did you mean 'neck'\?"),
        ("location = 'Face'", r"did you mean 'face'\?"),
        ("location IN ('face', 'zzz')", r"location has no 'zzz'; there are: 'back', 'face', 'neck'"),
        ("split = 'validation'", r"split has no 'validation'; did you mean 'valid'\?"),
        ('sex = "male"', r"COLUMN \('\"male\"'\) stands where a value should; text goes in single quotes"),
        ("age = '40'", r"age holds number, not text; write e.g. age = 40"),
        ("sex = 1", r"sex holds text, not number; write e.g. sex = 'text'"),
        ("bleeds = 1", r"bleeds holds boolean, not number; write e.g. bleeds = true"),
        ("location > 'face'", r"location has no order"),
        ("age LIKE '4%'", r"LIKE needs text, and age holds numbers"),
        ("age = NULL", r"IS NULL"),
        ("age", r"age alone is no condition"),
        ("lower(sex) = 'male'", r"LOWER \('LOWER\(.sex.\)'\) stands where a column name should"),
        ("age + 1 > 4", r"ADD"),
        ("age > sex", r"stands where a value should"),
        ("1 = 1", r"LITERAL"),
        ("true", r"BOOLEAN \('TRUE'\) is not allowed"),
        ("sex LIKE 'a' ESCAPE '!'", r"ESCAPE"),
        ("age IS TRUE", r"IS \('.age. IS TRUE'\) is not allowed"),
        ("age IN (SELECT 1)", r"IN needs a list"),
        ("age IN ()", r"IN needs a list"),
        ("EXISTS (SELECT 1)", r"EXISTS"),
        ("SELECT * FROM cases", r"SELECT \(.*\) is not allowed; use AND, OR, NOT"),
        ("DROP TABLE cases", r"DROP"),
        ("age = 1; age = 2", r"is not one condition"),
        ("", r"is not one condition"),
        ("  ", r"is not one condition"),
        ("age >", r"cannot read 'age >'"),
        ("sex = 'male", r"cannot read"),
        ("cases.age = 1", r"COLUMN"),
        ("(" * 60 + "age = 1" + ")" * 60, r"more than 40 brackets"),
        ("NOT " * 100 + "bleeds", r"more than 40 brackets and NOTs"),
        ("CASE WHEN " * 100 + "bleeds", r"more than 40"),
        ("sex = '" + "x" * 5000 + "'", r"characters are too many; use at most 4000"),
    ],
)
def test_anything_else_is_refused_in_one_line_that_names_it(condition: str, message: str, fields: Fields) -> None:
    with pytest.raises(QueryError, match=message) as caught:
        matching_rows(condition, fields)
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("head", ["age ", "age = 1 ", "age LIKE 'a' ", ""])
@pytest.mark.parametrize("link", CHAINED)
def test_a_chain_of_anything_is_refused_in_one_line_in_every_thread(head: str, link: str, fields: Fields) -> None:
    condition = head + link * ((MAX_LENGTH - len(head)) // len(link))
    with ThreadPoolExecutor(1) as pool:
        for run in (matching_rows, lambda *given: pool.submit(matching_rows, *given).result()):
            with pytest.raises(QueryError, match=r"\Awhere: [^\n\x1b]{1,400}\Z"):
                run(condition, fields)


def test_a_long_chain_of_ands_is_read(fields: Fields) -> None:
    assert found(" AND ".join(["age > 0"] * 300), fields) == "ab"


def test_large_integers_and_mixed_columns_are_compared(case_columns: MakeColumns) -> None:
    values: list[dict[str, object]] = [{"visit": 2**60 + 1, "stage": 2}, {"visit": 3, "stage": "IIa"}, {}]
    cases = [Case(case_id=str(i), group_id="p", attributes=row) for i, row in enumerate(values)]
    fields = Fields(case_columns(cases), [])
    assert matching_rows("visit > 1000", fields).tolist() == [True, False, False]
    assert matching_rows("stage = '2' OR stage LIKE 'II%'", fields).tolist() == [True, True, False]


def test_a_case_base_without_cases_has_no_matching_row(case_columns: MakeColumns) -> None:
    assert matching_rows("split = 'train' OR location = 'face'", Fields(case_columns([]), [SITE])).tolist() == []


def test_many_wildcards_do_not_hang(case_columns: MakeColumns) -> None:
    cases = [Case(case_id=str(i), group_id="p", attributes={"note": "a" * 2000}) for i in range(20)]
    fields = Fields(case_columns(cases), [])
    assert not matching_rows(f"note LIKE '{'%a' * 300}%b'", fields).any()


LABELS = st.lists(st.sampled_from(SITE.labels), max_size=3, unique=True).map(tuple)
AGES = st.none() | st.integers(-2, 2)
TEXTS = st.none() | st.sampled_from(["a", "ab", "B", ""])
OPERATORS = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def naive(node: tuple, row: tuple) -> bool | None:
    """One row at a time, with None for unknown."""
    labels, age, text = row
    match node:
        case ("not", inner):
            value = naive(inner, row)
            return None if value is None else not value
        case ("and", *parts):
            values = [naive(part, row) for part in parts]
            return False if False in values else None if None in values else True
        case ("or", *parts):
            values = [naive(part, row) for part in parts]
            return True if True in values else None if None in values else False
        case ("age", symbol, value):
            return None if age is None else OPERATORS[symbol](age, value)
        case ("between", low, high):
            return None if age is None else low <= age <= high
        case ("text", value):
            return None if text is None else text == value
        case ("like", pattern):
            regex = "".join({"%": ".*", "_": "."}.get(char, char) for char in pattern)
            return None if text is None else re.fullmatch(regex, text) is not None
        case ("label", value):
            return value in labels if labels else None
        case ("labels", values):
            return bool(set(values) & set(labels)) if labels else None
        case ("null",):
            return age is None
    raise AssertionError(node)


def sql(node: tuple) -> str:
    match node:
        case ("not", inner):
            return f"NOT ({sql(inner)})"
        case ("and" | "or" as word, *parts):
            return "(" + f" {word} ".join(sql(part) for part in parts) + ")"
        case ("age", symbol, value):
            return f"age {symbol} {value}"
        case ("between", low, high):
            return f"age BETWEEN {low} AND {high}"
        case ("text", value):
            return f"txt = '{value}'"
        case ("like", pattern):
            return f"txt LIKE '{pattern}'"
        case ("label", value):
            return f"location = '{value}'"
        case ("labels", values):
            return f"location IN ({', '.join(repr(value) for value in values)})"
        case ("null",):
            return "age IS NULL"
    raise AssertionError(node)


LEAVES = st.one_of(
    st.tuples(st.just("age"), st.sampled_from(sorted(OPERATORS)), st.integers(-2, 2)),
    st.tuples(st.just("between"), st.integers(-2, 2), st.integers(-2, 2)),
    st.tuples(st.just("text"), st.sampled_from(["a", "ab", "c"])),
    st.tuples(st.just("like"), st.text("ab%_", max_size=4)),
    st.tuples(st.just("label"), st.sampled_from(SITE.labels)),
    st.tuples(st.just("labels"), st.lists(st.sampled_from(SITE.labels), min_size=1, max_size=2)),
    st.just(("null",)),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(st.tuples(LABELS, AGES, TEXTS), min_size=1, max_size=8), tree=TREES)
def test_conditions_agree_with_a_naive_evaluation_of_each_row(
    rows: list[tuple], tree: tuple, case_columns: MakeColumns
) -> None:
    cases = [
        Case(
            case_id=str(i),
            group_id="p",
            labels={"location": labels} if labels else {},
            attributes={k: v for k, v in (("age", age), ("txt", text)) if v is not None},
        )
        for i, (labels, age, text) in enumerate(rows)
    ]
    # A last row with everything known, so that each column has its kind.
    cases.append(Case(case_id="z", group_id="z", labels={"location": ("back",)}, attributes={"age": 0, "txt": "x"}))
    rows = [*rows, (("back",), 0, "x")]
    result = matching_rows(sql(tree), Fields(case_columns(cases), [SITE]))
    assert list(result) == [naive(tree, row) is True for row in rows]
