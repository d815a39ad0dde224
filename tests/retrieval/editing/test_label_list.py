"""Tables of labels to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.cases import CaseStore
from dermtools.errors import QueryError
from dermtools.retrieval.editing.label_list import FINDINGS, Changes, read_label_list
from tests.support.stored_cases import new_store

HEAD = ",".join(FINDINGS)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CaseStore:
    """case1: face; case2: face, hand; case4: face; case5: face, hand."""
    return new_store(tmp_path_factory.mktemp("cases") / "base", 6)


def read(store: CaseStore, folder: Path, *lines: str) -> tuple[Changes, tuple[str, ...]]:
    path = folder / "list.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tuple(read_label_list(path, store))  # type: ignore[return-value]


def test_a_column_a_task_and_an_empty_cell_changes_nothing(store: CaseStore, tmp_path: Path) -> None:
    lines = ("case_id;Location;diagnosis 2;split", "case1;hand | face;;test", "case2;;naevus;", "case4;;;")
    changes, notes = read(store, tmp_path, *lines)
    assert changes == {"case1": {"location": ("hand", "face")}, "case2": {"Diagnosis_2": ("naevus",)}}
    assert notes == ("columns left aside: split",)


def test_the_list_of_a_check_does_what_stands_in_new_label(store: CaseStore, tmp_path: Path) -> None:
    changes, notes = read(
        store,
        tmp_path,
        HEAD,
        "case1,label-doubt,location,face,hand,hand,",
        "case2,label-doubt,location,face,hand,arm,only this of two",
        "case4,label-doubt,location,,hand,hand|face,all of them",
        "case5,label-doubt,location,face|hand,arm,arm,instead of both",
        "case0,label-doubt,location,,hand,,not sure",
    )
    assert changes == {
        "case1": {"location": ("hand",)},
        "case2": {"location": ("arm", "hand")},
        "case4": {"location": ("hand", "face")},
        "case5": {"location": ("arm",)},
    }
    assert notes == ("rows without a new_label, left as they are: 1",)


def test_what_a_spreadsheet_would_run_is_read_as_it_was_meant(store: CaseStore, tmp_path: Path) -> None:
    lines = ("case_id,location", "case1,'+", "case2,''tis", "case4,'tis")
    assert read(store, tmp_path, *lines)[0] == {
        "case1": {"location": ("+",)},
        "case2": {"location": ("'tis",)},
        "case4": {"location": ("'tis",)},
    }


def test_a_list_that_was_applied_before_asks_for_nothing(store: CaseStore, tmp_path: Path) -> None:
    assert read(store, tmp_path, HEAD, "case1,x,location,hand,face,face,")[0] == {}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("id,location", "case1,face"), "no column case_id"),
        (("case_id,place", "case1,face"), "no column is a task; .*: location, Diagnosis_2"),
        (("case_id,location", "case1,face", "case1,hand"), r"row 3: case 'case1' is hand here and face above"),
        (("case_id,location", "case1,face", "cse2,face"), "row 3: no case 'cse2' in the case base; did you mean case2"),
        (("case_id,location", "case1,face,x"), "row 2 has 3 cells"),
        ((HEAD, "case1,x,,face,,hand,"), "row 2: new_label is filled, but task is empty"),
        ((HEAD, "case1,x,location,hand,,arm,"), "row 2: case 'case1' is not 'hand' in location any more; it is face"),
        ((HEAD, "case2,x,location,face,,arm,", "case2,x,location,face,,leg,"), "gets 'leg' here and 'arm' above"),
    ],
)
def test_what_cannot_be_meant_names_the_row(
    store: CaseStore, tmp_path: Path, lines: tuple[str, ...], said: str
) -> None:
    with pytest.raises(QueryError, match=said):
        read(store, tmp_path, *lines)
