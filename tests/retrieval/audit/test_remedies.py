"""What is offered about each kind of finding, over cases with planted faults."""

from __future__ import annotations

from pathlib import Path

from dermtools.cases.columns import StoredCase
from dermtools.cases.store import CaseStore
from dermtools.retrieval.audit.changes import Close, Divide, Move, Present, Relabel, Remove
from dermtools.retrieval.audit.checking import check
from dermtools.retrieval.audit.remedies import remedies
from tests.support.stored_cases import new_store, stored


def planted(path: Path, *rows: tuple[int, int, dict[str, object]]) -> CaseStore:
    """Cases of a group each in train; a row is its number, that of its picture, and what else is other."""
    store = new_store(path)
    cases = []
    for number, content, changes in rows:
        row = stored(
            number, **{"group_id": f"g{number}", "split": "train", "labels": {"location": ("face",)}} | changes
        )
        picture = stored(content)
        cases.append(StoredCase(row.case, picture.content_hash, picture.vector, row.jpeg, 640, 480))
    store.add(cases)
    return store


def offered(store: CaseStore, *kinds: str) -> list[object]:
    return [one.change for one in remedies(check(store), store) if one.kind in kinds]


def test_of_copies_the_one_with_most_labels_stays(tmp_path: Path) -> None:
    both = {"labels": {"location": ("face",), "Diagnosis_2": ("naevus",)}}
    store = planted(tmp_path / "base", (0, 0, {}), (1, 0, both), (2, 0, {}), (3, 3, {}))
    assert offered(store, "duplicate") == [Remove((("case0", "case1"), ("case2", "case1")))]


def test_copies_in_two_splits_may_move_or_be_put_away(tmp_path: Path) -> None:
    store = planted(tmp_path / "base", (0, 0, {}), (1, 0, {"split": "test"}))
    assert offered(store, "duplicate-across-splits", "near-duplicate-across-splits") == [Move((("case0", "case1"),))]
    assert offered(store, "duplicate") == [Remove((("case1", "case0"),))]


def test_copies_with_other_labels_are_not_put_away_but_each_label_is_offered(tmp_path: Path) -> None:
    store = planted(tmp_path / "base", (0, 0, {}), (1, 0, {"labels": {"location": ("hand",)}}), (2, 0, {"labels": {}}))
    assert offered(store, "duplicate") == []
    found = (("case0", ("face",)), ("case1", ("hand",)), ("case2", ()))
    face, hand = Relabel("location", ("face",), found), Relabel("location", ("hand",), found)
    assert offered(store, "conflicting-labels") == [face, hand]
    face.make(Present(store))
    assert hand.offer(Present(store)) is None


def test_a_picture_that_cannot_be_decoded_is_put_away(tmp_path: Path) -> None:
    store = planted(tmp_path / "base", (0, 0, {}))
    assert offered(store, "unreadable-picture") == [Remove((("case0", None),))]


def test_no_split_and_a_folder_open_to_others(tmp_path: Path) -> None:
    store = planted(tmp_path / "base", (0, 0, {"split": None}))
    store.path.chmod(0o755)
    assert offered(store, "no-split", "open-to-others") == [Close(store.path), Divide()]


def test_what_has_no_remedy_offers_none(tmp_path: Path) -> None:
    store = planted(tmp_path / "base", (0, 0, {}))
    assert offered(store, "rare-label", "tiny-picture", "unlabelled", "not-recorded") == []
