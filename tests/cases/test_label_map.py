"""Labels are joined and dropped as the user says, all of it said, and nothing else changed."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dermtools.cases.case import Case, SourceCase, SourceData, Task
from dermtools.cases.label_map import LabelMap, LabelRule
from dermtools.errors import SourceError


def rules(*pairs: tuple[str, ...]) -> LabelMap:
    return LabelMap(LabelRule(f"row {number}", *pair) for number, pair in enumerate(pairs, start=2))


def source(*cells: tuple[str, ...], task: str = "t") -> SourceData:
    cases = (Case(case_id=str(n), group_id="g", labels={task: cell} if cell else {}) for n, cell in enumerate(cells))
    closed = tuple(sorted({label for cell in cells for label in cell}))
    return SourceData("s", (Task(name=task, question="?", labels=closed),), tuple(SourceCase(c, b"") for c in cases))


def labels(data: SourceData, task: str = "t") -> list[tuple[str, ...]]:
    return [item.case.labels.get(task, ()) for item in data.cases]


def test_labels_are_joined_and_dropped_and_it_is_said_with_counts() -> None:
    data = rules(("bcc", "BCC"), ("NA", "")).apply(source(("BCC",), ("bcc",), ("bcc", "BCC"), ("NA",), ("x", "NA")))
    assert labels(data) == [("BCC",), ("BCC",), ("BCC",), (), ("x",)]
    assert data.tasks[0].labels == ("BCC", "x")
    assert set(data.notes) == {"task t, labels joined to 'BCC': 'bcc' 2", "task t, labels dropped: 'NA' 2"}
    assert data.problems == ()


def test_a_rule_is_about_every_label_that_looks_the_same() -> None:
    data = rules(("Basal cell", "BCC"), ("naïve", "naïve")).apply(
        source(("Basal  cell",), ("Basal\u00a0cell",), ("nai\u0308ve",), ("naïve",), ("basal cell",))
    )
    assert labels(data) == [("BCC",), ("BCC",), ("naïve",), ("naïve",), ("basal cell",)]


def test_a_rule_about_the_very_label_goes_before_one_that_looks_the_same() -> None:
    data = rules(("a  b", "x"), ("a b", "y")).apply(source(("a  b",), ("a b",), ("a\tb",)))
    assert labels(data) == [("x",), ("y",), ("a\tb",)]


def test_a_rule_for_one_task_leaves_the_others_alone_and_goes_before_a_general_one() -> None:
    both = rules(("NA", "", "t"), ("NA", "normal"))
    assert labels(both.apply(source(("NA",), ("x",)))) == [(), ("x",)]
    assert labels(both.apply(source(("NA",), task="u")), "u") == [("normal",)]


def test_a_rule_may_call_a_task_by_its_column() -> None:
    assert labels(rules(("a", "b", "skin Type")).apply(source(("a",), task="Skin_Type")), "Skin_Type") == [("b",)]


def test_rules_that_meet_no_label_are_problems_with_the_nearest_name() -> None:
    data = rules(("melanom", "mel"), ("x", "y", "diagnosis")).apply(source(("melanoma",)))
    assert [(problem.where, problem.reason) for problem in data.problems] == [
        ("row 2", "there is no label 'melanom'; the nearest is 'melanoma'"),
        ("row 3", "there is no task 'diagnosis'; the tasks are t"),
    ]


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("a", "b"), ("b", "c")], r"row 2: makes 'a' into 'b', which row 3 makes into 'c'"),
        ([("a", "b"), ("b", "a")], r"row 2: makes 'a' into 'b', which row 3 makes into 'a'"),
        ([("a", "b"), ("b", "")], r"row 2: .* which row 3 makes into nothing"),
        ([("a", "b  c"), ("b c", "d")], r"row 2: .* which row 3 makes into 'd'"),
        ([("a", "b"), ("b", "c", "t")], r"row 2: .* which row 3 makes into 'c'"),
        ([("a", "b", "my t"), ("b", "c", "My t")], r"row 2: .* which row 3 makes into 'c'"),
        ([("a", "b"), ("a", "c")], r"row 3: 'a' has a new label in row 2 already"),
        ([("a", "b"), ("", "c")], r"row 3: names no old label"),
    ],
)
def test_rules_that_build_on_each_other_are_refused_by_row(pairs: list[tuple[str, ...]], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        rules(*pairs)


def test_a_map_that_leaves_a_task_without_a_label_is_refused() -> None:
    with pytest.raises(SourceError, match="row 2: with it no label of task 't' is left"):
        rules(("a", "")).apply(source(("a",)))


words = st.text("aá\u0301 \u00a0b", min_size=1, max_size=3).map(str.strip).filter(bool)


@given(
    st.lists(st.tuples(words, words | st.just("")), max_size=5),
    st.lists(st.lists(words, max_size=3, unique=True).map(tuple), min_size=1, max_size=6),
)
def test_mapping_twice_is_mapping_once(pairs: list[tuple[str, str]], cells: list[tuple[str, ...]]) -> None:
    assume(any(cells))
    try:
        mapped = (label_map := rules(*pairs)).apply(source(*cells))
    except SourceError:
        assume(False)
    again = label_map.apply(mapped)
    assert (again.cases, again.tasks) == (mapped.cases, mapped.tasks)
