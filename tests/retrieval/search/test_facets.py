"""Counts of every column are what pandas counts, under what is chosen of the other columns."""

from __future__ import annotations

import random
from collections.abc import Callable

import pandas as pd
import pytest

from dermtools.cases.case import Case, Task
from dermtools.cases.columns import CaseColumns
from dermtools.errors import QueryError
from dermtools.retrieval.search.choices import Choice
from dermtools.retrieval.search.facets import LISTED, Facet, Facets, facets
from dermtools.retrieval.search.snapshot import Snapshot

MakeColumns = Callable[..., CaseColumns]
SITE = Task(name="location", question="Where?", labels=("back", "face", "neck"))


def cases(count: int = 300) -> list[Case]:
    some = random.Random(3)
    return [
        Case(
            case_id=f"c{at:03d}",
            group_id=f"p{at // 2}",
            split=some.choice(["test", "train", "valid"]),
            labels={"location": tuple(found)} if (found := some.sample(SITE.labels, some.randint(0, 2))) else {},
            attributes={
                "age": some.randint(3, 91),
                "fitzpatrick": some.choice(["IV", "2", "I", "unknown"]),
                "wet": True,
            },
        )
        for at in range(count)
    ]


CASES = cases()
TABLE = pd.DataFrame(
    [{"group_id": one.group_id, "split": one.split, "location": one.labels.get("location", ()), **one.attributes}
     for one in CASES]
)  # fmt: skip


@pytest.fixture(scope="module")
def snapshot(case_columns: MakeColumns) -> Snapshot:
    return Snapshot(case_columns(CASES), None, (SITE,))


def named(found: Facets, name: str) -> Facet:
    return next(one for one in found.facets if one.name == name)


def test_each_value_is_counted_under_the_conditions_on_other_columns(snapshot: Snapshot) -> None:
    found = facets(snapshot, "location IN ('face') AND split = 'train' AND age >= 30")
    old, train = TABLE[TABLE.age >= 30], TABLE[TABLE.split == "train"]
    both = old[old.split == "train"]
    counted = both.location.explode().value_counts()
    location = named(found, "location")
    assert {one.value: one.left for one in location.values} == counted.to_dict()
    assert {one.value: one.total for one in location.values} == TABLE.location.explode().value_counts().to_dict()
    assert location.unknown is not None
    assert location.unknown.left == (both.location.str.len() == 0).sum()
    faces = TABLE[[("face" in labels) for labels in TABLE.location]]
    assert {one.value: one.left for one in named(found, "split").values} == (
        faces[faces.age >= 30].split.value_counts().to_dict()
    )
    assert sum(one.left for one in named(found, "age").bins) == len(faces.index.intersection(train.index))
    assert found.left == len(faces.index.intersection(both.index))


def test_the_parts_of_a_histogram_hold_the_numbers_between_their_ends(snapshot: Snapshot) -> None:
    age = named(facets(snapshot), "age")
    assert [one.total for one in age.bins] == [TABLE.age.between(one.low, one.high).sum() for one in age.bins]
    assert sum(one.total for one in age.bins) == len(TABLE)
    assert (age.low, age.high) == (TABLE.age.min(), TABLE.age.max())


def test_skin_types_come_in_their_order_and_by_their_name(snapshot: Snapshot) -> None:
    found = named(facets(snapshot), "fitzpatrick").values
    assert [one.shown for one in found] == ["type I", "type II", "type IV", None]


def test_of_many_values_those_are_listed_that_are_chosen_or_most_frequent_and_any_is_found(snapshot: Snapshot) -> None:
    group = named(facets(snapshot, "group_id = 'p149'"), "group_id")
    assert (group.distinct, len(group.values)) == (150, LISTED)
    assert "p149" in [one.value for one in group.values]
    found = facets(snapshot, names=["group_id"], find="P14").facets[0]
    assert {one.value for one in found.values} == {f"p{at}" for at in (14, *range(140, 150))}


def test_a_condition_that_cannot_be_met_is_one_line(snapshot: Snapshot) -> None:
    with pytest.raises(QueryError, match="location has no 'foot'"):
        facets(snapshot, "location = 'foot'")


def test_what_is_chosen_comes_back_with_the_counts(snapshot: Snapshot) -> None:
    found = facets(snapshot, "age BETWEEN 4 AND 9 AND case_id LIKE 'c%'")
    assert found.choices == {"age": Choice(low=4, high=9)}
    assert found.rest == "\"case_id\" LIKE 'c%'"
