"""What is chosen of columns selects what the same choice means in pandas, and is read back from its condition."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.cases.case import Case, Task
from dermtools.cases.columns import CaseColumns
from dermtools.retrieval.search.choices import Choice, choices_of, condition
from dermtools.retrieval.search.fields import Fields
from dermtools.retrieval.search.where import matching_rows

MakeColumns = Callable[..., CaseColumns]
SITE = Task(name="location", question="Where?", labels=("l'oreille", "face", 'the "neck"'))
TEXTS = st.sampled_from(["it's", 'say "x"', "--", "50%_", "a\\b", "", "x\ny", "(", "NULL", "Ünï"])
NUMBERS = st.sampled_from([-3, 0, 0.5, 40, 61.25, 1e22, 1e-7, 2**40])
ROWS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(SITE.labels), max_size=2, unique=True),
        st.none() | NUMBERS,
        st.none() | TEXTS,
        st.none() | st.booleans(),
    ),
    max_size=8,
)
COLUMNS = ("location", "age", 'what "they" say', "ISNULL")
KNOWN = (["face"], 40, "x", True)
"""Of a last row, so that each column has its kind."""


@st.composite
def choices(draw: st.DrawFn) -> dict[str, Choice]:
    site, age, said, bleeds = COLUMNS
    low, high = draw(st.none() | NUMBERS), draw(st.none() | NUMBERS)
    unknown = st.booleans()
    made = {
        site: Choice(values=_some(draw, st.sampled_from(SITE.labels)), unknown=draw(unknown)),
        age: Choice(values=_some(draw, NUMBERS), low=low, high=high, unknown=draw(unknown)),
        said: Choice(values=_some(draw, TEXTS), unknown=draw(unknown)),
        bleeds: Choice(values=_some(draw, st.booleans()), unknown=draw(unknown)),
    }
    return {name: choice for name, choice in made.items() if choice != Choice()}


def _some(draw: st.DrawFn, of: st.SearchStrategy) -> tuple:
    return tuple(draw(st.lists(of, max_size=3, unique=True)))


def by_pandas(table: pd.DataFrame, chosen: dict[str, Choice]) -> list[bool]:
    kept = pd.Series(True, index=table.index)
    for name, choice in chosen.items():
        column = table[name]
        if name == "location":
            exploded = column.explode()
            fits = exploded.isin(choice.values).groupby(level=0).any()
            missing = column.str.len() == 0
        else:
            fits, missing = column.isin(choice.values), column.isna()
        if choice.ranges:
            numbers = pd.to_numeric(column)
            fits |= numbers.between(
                float("-inf") if choice.low is None else choice.low,
                float("inf") if choice.high is None else choice.high,
            )
        kept &= (fits & ~missing) | (missing & choice.unknown)
    return kept.tolist()


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, chosen=choices())
def test_a_choice_selects_what_it_means_and_is_read_back(
    rows: list[tuple], chosen: dict[str, Choice], case_columns: MakeColumns
) -> None:
    rows = [*rows, KNOWN]
    site, *attributes = COLUMNS
    cases = [
        Case(
            case_id=str(at),
            group_id="p",
            labels={site: tuple(row[0])} if row[0] else {},
            attributes={name: value for name, value in zip(attributes, row[1:], strict=True) if value is not None},
        )
        for at, row in enumerate(rows)
    ]
    fields = Fields(case_columns(cases), [SITE])
    written = condition(chosen)
    if chosen:
        table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(attributes, object))
        assert matching_rows(written, fields).tolist() == by_pandas(table, chosen)
    assert choices_of(written, fields) == (chosen, "")


@pytest.fixture(scope="module")
def fields(case_columns: MakeColumns) -> Fields:
    case = Case(
        case_id="a", group_id="p", labels={SITE.name: ("face",)}, attributes={"age": 40, "sex": "m", "wet": True}
    )
    return Fields(case_columns([case]), [SITE])


@pytest.mark.parametrize(
    ("where", "chosen"),
    [
        ("age >= 40 AND age <= 60", {"age": Choice(low=40, high=60)}),
        ("sex = 'm' OR sex = 'f' OR sex IS NULL", {"sex": Choice(values=("m", "f"), unknown=True)}),
        ("(AGE BETWEEN 1 AND 2)", {"age": Choice(low=1, high=2)}),
        ("wet AND sex IN ('m')", {"wet": Choice(values=(True,)), "sex": Choice(values=("m",))}),
    ],
)
def test_a_condition_that_a_person_wrote_is_read_as_choices(
    where: str, chosen: dict[str, Choice], fields: Fields
) -> None:
    assert choices_of(where, fields) == (chosen, "")


@pytest.mark.parametrize(
    "other",
    [
        "age > 40", "sex LIKE '%m%'", "NOT sex = 'm'", "sex = 'm' OR age = 4", "sex IN ('m') AND sex IN ('f')",
        "age NOT BETWEEN 1 AND 2", "sex IS NOT NULL", "40 <= age", "(sex = 'm' AND age = 1) OR age = 2",
    ],
)  # fmt: skip
def test_what_is_no_choice_stays_as_it_is_beside_what_is_chosen(other: str, fields: Fields) -> None:
    found = choices_of(f"({other}) AND wet = false", fields)
    again = condition({**found.choices, "age": Choice(high=50)}, found.rest)
    assert (
        matching_rows(again, fields).tolist()
        == matching_rows(f"({other}) AND wet = false AND age <= 50", fields).tolist()
    )
    assert found.rest
