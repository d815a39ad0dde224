"""Other splits, whole groups at a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from dermtools.cases import CaseStore, assign_splits
from dermtools.cases.edits import restore
from dermtools.errors import QueryError, SourceError
from dermtools.retrieval.editing.splitting import read_split_list, split
from tests.support.stored_cases import new_store, stored


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    """40 cases of 20 groups, each of which the source has put into two splits."""
    return new_store(tmp_path / "base", 40)


def splits_of_groups(store: CaseStore) -> dict[str, set[str | None]]:
    found: dict[str, set[str | None]] = defaultdict(set)
    for group, where in zip(store.columns().group_ids, store.columns().splits, strict=True):
        found[group].add(where)
    return found


def test_splits_made_anew_are_those_of_an_ingest_and_tear_no_group(store: CaseStore) -> None:
    before = store.columns().splits
    done = split(store, fractions=(0.5, 0.25, 0.25), seed=3, task="location")
    columns = store.columns()
    cases = [stored(number, split=None).case for number in range(40)]
    made = assign_splits(cases, seed=3, fractions=(0.5, 0.25, 0.25), task="location").cases
    assert columns.splits == [case.split for case in made]
    assert all(len(found) == 1 for found in splits_of_groups(store).values())
    assert done.changed == sum(a != b for a, b in zip(before, columns.splits, strict=True))
    restore(store, done.before)
    assert store.columns().splits == before


def test_a_group_moves_whole_and_the_others_stay(store: CaseStore) -> None:
    before = splits_of_groups(store)
    assert split(store, {"group0": "test"}).changed == 2
    assert splits_of_groups(store) == before | {"group0": {"test"}}
    assert split(store, {"group0": "test"}).undo is None


def test_groups_with_the_same_picture_are_not_parted(store: CaseStore) -> None:
    split(store)
    row = stored(40, group_id="copy", split="train")
    store.add([replace(row, content_hash=stored(0).content_hash)])
    split(store, {"group0": "train", "copy": "train"})
    with pytest.raises(QueryError, match=r"share a picture would be in two splits: .*'copy' in test"):
        split(store, {"copy": "test"})
    assert split(store, {"copy": "test", "group0": "test"}).changed == 3


@pytest.mark.parametrize(
    ("given", "said"),
    [({"group99": "test"}, "no group 'group99'"), ({"group0": "tests"}, "no split 'tests'; did you mean test")],
)
def test_what_is_not_there_is_one_line(store: CaseStore, given: dict[str, str], said: str) -> None:
    with pytest.raises(QueryError, match=said):
        split(store, given)
    with pytest.raises(QueryError, match="no task 'lokation'"):
        split(store, task="lokation")
    with pytest.raises(SourceError, match="three shares"):
        split(store, fractions=(0.5, 0.5))


def test_a_table_says_the_split_of_groups_or_of_cases_with_their_groups(store: CaseStore, tmp_path: Path) -> None:
    table = tmp_path / "splits.csv"
    table.write_text("Group ID,split\ngroup0,test\ngroup1,\n")
    assert read_split_list(table, store) == {"group0": "test"}
    table.write_text("case_id,split\ncase2,test\ncase3,test\n")
    assert read_split_list(table, store) == {"group1": "test"}
    table.write_text("case_id,split\ncase2,test\ncase3,train\n")
    with pytest.raises(QueryError, match="row 3: group 'group1' would be in test and train"):
        read_split_list(table, store)
    table.write_text("case_id,split\ncase99,test\n")
    with pytest.raises(QueryError, match="row 2: no case 'case99'"):
        read_split_list(table, store)
    for written, said in (
        ("group_id,split\ngruop1,test\n", "group 'gruop1'"),
        ("case_id,split\ncase2,tset\n", "split 'tset'"),
    ):
        table.write_text(written)
        with pytest.raises(QueryError, match=f"row 2: no {said}; did you mean"):
            read_split_list(table, store)
    table.write_text("patient,split\nx,test\n")
    with pytest.raises(QueryError, match="needed are group_id or case_id, and split"):
        read_split_list(table, store)
