"""Cases put away, which is no erasure, and erased afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.cases import CaseStore
from dermtools.cases.edits import restore
from dermtools.errors import QueryError
from dermtools.retrieval.deletion import delete
from dermtools.retrieval.editing.removing import NO_ERASURE, remove
from tests.support.stored_cases import check_holds, new_store, stored

ROWS = [stored(number) for number in range(6)]


def on_disk(store: CaseStore, content: bytes) -> bool:
    return any(content in path.read_bytes() for path in store.path.rglob("*") if path.is_file())


def test_what_is_put_away_is_in_no_list_but_on_the_disk_and_comes_back_where_it_was(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 6)
    done = remove(store, ["case0"], ["group1"])
    check_holds(store, [ROWS[1], *ROWS[4:]])
    assert (done.changed, done.cases, done.notes) == (3, 3, (NO_ERASURE,))
    assert on_disk(store, b"jpeg2")
    restore(store, done.before)
    check_holds(store, ROWS)
    assert store.columns().case_ids == [row.case.case_id for row in ROWS]
    assert remove(store).undo is None


@pytest.mark.parametrize(
    ("ids", "groups"), [(["case2"], []), ([], ["group1"]), (["case2", "case5"], []), ([], ["group0", "group1"])]
)
def test_what_was_put_away_can_be_erased_like_what_is_there(tmp_path: Path, ids: list[str], groups: list[str]) -> None:
    store = new_store(tmp_path / "base", 6)
    version = remove(store, [], ["group1"]).before
    delete(store, ids, groups)
    assert not on_disk(store, b"jpeg2")
    with pytest.raises(QueryError, match="cases were erased since"):
        restore(store, version)
