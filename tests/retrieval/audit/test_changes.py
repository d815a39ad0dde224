"""Each change says what it would do to the cases as they are now, does exactly that, and is then moot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dermtools.cases.case import Case
from dermtools.cases.columns import StoredCase
from dermtools.cases.store import CaseStore
from dermtools.retrieval.attributes import Attributes
from dermtools.retrieval.audit.changes import Change, Close, Divide, Hide, Move, Present, Relabel, Remove
from tests.support.stored_cases import new_store, stored


def at(number: int, group: str, split: str | None, content: int | None = None) -> StoredCase:
    row = stored(number, group_id=group, split=split)
    return StoredCase(row.case, f"{number if content is None else content:064x}", row.vector, row.jpeg, 640, 480)


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    """Group a: two in train, one in test; b: valid; c: test, with a picture of b's; d: no split."""
    made = new_store(tmp_path / "base")
    made.add(
        [
            at(0, "a", "train"),
            at(1, "a", "train"),
            at(2, "a", "test"),
            at(3, "b", "valid"),
            at(4, "c", "test", content=3),
            at(5, "d", None),
        ]
    )
    return made


def make(store: CaseStore, change: Change) -> None:
    change.make(Present(store))
    assert change.offer(Present(store)) is None


def splits(store: CaseStore) -> list[str | None]:
    columns = store.columns()
    return [columns.splits[columns.row_of[f"case{number}"]] for number in range(len(columns))]


def test_a_torn_group_goes_where_most_of_it_is(store: CaseStore) -> None:
    change = Move((("case0", "case2"),))
    assert change.offer(Present(store)) == "move all of a to train (now train 2, test 1)"
    make(store, change)
    assert splits(store) == ["train", "train", "train", "valid", "test", None]


def test_groups_that_share_a_picture_go_together(store: CaseStore) -> None:
    change = Move((("case3", "case4"),))
    assert change.offer(Present(store)) == "move all of b, c to valid (now valid 1, test 1)"
    make(store, change)
    assert splits(store) == ["train", "train", "test", "valid", "valid", None]


def test_sets_with_a_group_in_common_end_in_one_split(store: CaseStore) -> None:
    make(store, Move((("case0", "case2"),)) + Move((("case1", "case3"),)))
    assert splits(store) == ["train"] * 5 + [None]


def test_a_case_is_put_away_only_while_the_one_it_copies_is_there(store: CaseStore) -> None:
    change = Remove((("case4", "case3"),))
    assert change.offer(Present(store)) == "put away case4; case3 stays"
    make(store, Remove((("case3", None),)))
    assert change.offer(Present(store)) is None
    assert "case4" in store.columns().row_of


def test_several_are_put_away_in_one_version(store: CaseStore) -> None:
    both = Remove((("case4", "case3"),)) + Remove((("case1", "case0"),))
    assert both.offer(Present(store)) == "put away case4, case1; 2 others stay"
    edit = both.make(Present(store))
    assert edit is not None
    assert edit.changed == 2
    assert set(store.columns().row_of) == {"case0", "case2", "case3", "case5"}


def test_labels_are_given_while_they_are_those_that_were_found(store: CaseStore) -> None:
    assert store.columns().labels["location"][store.columns().row_of["case1"]] == ("face",)
    change = Relabel("location", ("hand",), (("case1", ("face",)),), "because")
    assert change.offer(Present(store)) == "label case1 (face) hand in location; because"
    make(store, change)
    assert store.columns().case(store.columns().row_of["case1"]).labels == {"location": ("hand",)}
    assert Relabel("location", ("face",), (("case9", ("hand",)),)).offer(Present(store)) is None


def test_cases_without_a_split_get_one_and_no_other_moves(store: CaseStore) -> None:
    before = splits(store)
    assert Divide().offer(Present(store)) == "give 1 cases that have no split one, by group, as an ingest does"
    make(store, Divide())
    assert splits(store)[:5] == before[:5]
    assert splits(store)[5] is not None


def test_an_attribute_is_shown_no_more(store: CaseStore) -> None:
    Attributes(store).show("sex", "age")
    change = Hide(("sex",)) + Hide(("ratio",))
    assert change.offer(Present(store)) == "make private: sex"
    make(store, change)
    assert Attributes(store).shown == {"age"}


@pytest.mark.skipif(os.name == "nt", reason="modes")
def test_a_case_base_is_closed_to_all_but_its_owner(store: CaseStore) -> None:
    for path in (store.path, *store.path.rglob("*")):
        path.chmod(path.stat().st_mode | 0o055)
    make(store, Close(store.path))
    assert {path.stat().st_mode & 0o077 for path in (store.path, *store.path.rglob("*"))} == {0}


def test_two_labels_are_not_one_change() -> None:
    with pytest.raises(ValueError, match="two changes"):
        Relabel("location", ("hand",), ()) + Relabel("location", ("face",), ())


def test_a_case_is_what_it_was(store: CaseStore) -> None:
    """Nothing is changed by asking what could be."""
    version = store.version
    for change in (Move((("case0", "case2"),)), Remove((("case4", None),)), Divide(), Close(store.path)):
        change.offer(Present(store))
    assert store.version == version
    assert isinstance(store.columns().case(0), Case)
