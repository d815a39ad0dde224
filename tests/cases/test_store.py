"""A case base keeps what it is given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.cases import Case, CaseStore, SourceNote, StoredCase
from dermtools.errors import CaseBaseError, QueryError
from tests.support.stored_cases import DIMENSION, TASKS, check_holds, new_store, stored


def test_rows_come_back_as_they_were_added(tmp_path: Path) -> None:
    rows = [stored(number) for number in range(30)]
    store = new_store(tmp_path / "base")
    store.add(rows[:7])
    store.add(rows[7:])
    check_holds(store, rows)
    check_holds(CaseStore.open(tmp_path / "base"), rows)


def test_complete_rows_come_back_in_the_order_asked_for(tmp_path: Path) -> None:
    row = new_store(tmp_path / "base", 9).rows(["case7", "case2", "case7"])
    assert [found.case for found in row] == [stored(7).case, stored(2).case]
    assert np.array_equal(row[0].vector, stored(7).vector)
    assert (row[1].jpeg, row[1].width, row[1].content_hash) == (b"jpeg2", 642, stored(2).content_hash)


@given(
    st.lists(
        st.builds(
            Case,
            case_id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9),
            group_id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9),
            split=st.sampled_from(["train", "valid", "test", None]),
            labels=st.dictionaries(
                st.just("location"), st.sampled_from([("face",), ("hand",), ("face", "hand")]), max_size=1
            ),
            attributes=st.dictionaries(
                st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
                st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
                | st.booleans()
                | st.integers(-(2**60), 2**60)
                | st.floats(allow_nan=False, allow_infinity=False),
                max_size=3,
            ),
        ),
        unique_by=lambda case: case.case_id,
        max_size=5,
    )
)
@settings(max_examples=15, deadline=None)
def test_any_ids_labels_and_attributes_survive_add_update_and_delete(
    tmp_path_factory: pytest.TempPathFactory, cases: list[Case]
) -> None:
    store = new_store(tmp_path_factory.mktemp("any") / "base", 2)
    rows = [replace(stored(number), case=case) for number, case in enumerate(cases, start=10)]
    store.update(rows)
    check_holds(
        store, [row for row in (stored(0), stored(1)) if row.case.case_id not in {c.case_id for c in cases}] + rows
    )
    assert store.delete(case.case_id for case in cases) == len(cases)
    assert set(store.columns().case_ids) == {"case0", "case1"} - {case.case_id for case in cases}


def test_an_empty_case_base_can_be_read(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base")
    check_holds(store, [])
    assert store.vectors().shape == (0, DIMENSION)
    assert store.columns().labels == {"location": [], "Diagnosis_2": []}


def test_an_update_replaces_and_adds(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 5)
    changed = replace(stored(20), case=stored(1).case)
    store.update([changed, stored(7)])
    check_holds(store, [stored(0), stored(2), stored(3), stored(4), changed, stored(7)])


def test_delete_counts_what_went(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 5)
    assert store.delete(["case3", "case1", "nobody"]) == 2
    check_holds(store, [stored(0), stored(2), stored(4)])


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([stored(0), stored(0)], "twice"),
        ([replace(stored(0), vector=np.zeros(3, np.float32))], "shape"),
        ([replace(stored(0), vector=np.full(DIMENSION, np.nan, np.float32))], "not finite"),
        ([stored(0, labels={"location": ("knee",)})], "'knee' is not a label"),
        ([stored(0, labels={"mood": ("good",)})], "task 'mood'"),
        ([stored(0, attributes={"age": float("nan")})], "'age'"),
    ],
)
def test_rows_that_do_not_fit_are_refused_and_nothing_is_written(
    tmp_path: Path, rows: list[StoredCase], reason: str
) -> None:
    store = new_store(tmp_path / "base", 0)
    for write in (store.add, store.update):
        with pytest.raises(CaseBaseError, match=reason):
            write([stored(5), *rows])
    assert len(store) == 0


def test_adding_a_case_that_is_there_is_refused(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 2)
    with pytest.raises(CaseBaseError, match="'case1' is in"):
        store.add([stored(2), stored(1)])
    assert len(store) == 2


def test_an_unknown_case_is_a_fixable_error(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 1)
    with pytest.raises(QueryError, match="no case 'nobody'"):
        store.jpegs(["case0", "nobody"])


def test_new_tasks_and_sources_are_kept(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 1)
    store.set_tasks(TASKS[:1])
    store.update_manifest(sources=(SourceNote(name="drawn"),))
    again = CaseStore.open(store.path)
    assert again.manifest.tasks == TASKS[:1]
    assert again.manifest.sources == (SourceNote(name="drawn"),)
    assert list(again.columns().labels) == ["location"]
