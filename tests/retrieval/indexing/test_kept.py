"""What becomes of an index when cases come, go and change, or its file is damaged."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.clustered import Clustered, drawn
from dermtools.embedding import GivenVectors
from dermtools.errors import CaseBaseError
from dermtools.progress import Silent
from dermtools.retrieval import CaseBase
from dermtools.retrieval.indexing import building
from dermtools.retrieval.indexing.approximate import TunedIndex
from dermtools.retrieval.search.index import FlatIndex
from tests.support.clustered_base import CASES, DIMENSION, patients


@pytest.fixture
def base(indexed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(indexed, tmp_path / "base")


def is_tuned(path: Path) -> bool:
    return isinstance(CaseBase.open(path).snapshot.index, TunedIndex)


def test_it_is_used_when_opened_again_and_says_so(base: Path) -> None:
    case_base = CaseBase.open(base)
    told = case_base.index_record
    assert told is not None
    found = case_base.search(case_id="c00100", k=5)
    assert f"approximate, recall {told.recall:.3f} measured on 500 queries" in " ".join(found.notes)
    assert not {"c00099", "c00100", "c00101"} & set(found.case_ids)


def test_cases_that_come_later_are_found_and_those_put_away_are_not(base: Path) -> None:
    case_base = CaseBase.open(base)
    new = drawn(Clustered(DIMENSION), 60, sample=3)
    case_base.add(patients(new, CASES), vectors=new)
    gone = case_base.search(vector=new[0], k=8).case_ids[1:4]
    case_base.remove(gone)
    again = CaseBase.open(base)
    assert isinstance(again.snapshot.index, TunedIndex)
    for row in range(60):
        assert again.search(vector=new[row], k=1, leak_guard=False).case_ids == [f"c{CASES + row:05d}"]
    left = again.search(vector=new[0], k=500, leak_guard=False).case_ids
    assert len(left) == 500
    assert not set(gone) & set(left)


def test_a_case_that_is_embedded_anew_is_met_at_its_new_place_alone(base: Path, clustered: np.ndarray) -> None:
    case_base = CaseBase.open(base)
    moved = clustered[:3].copy()
    moved[0] = drawn(Clustered(DIMENSION), 1, sample=9)[0]
    case_base.add(patients(moved), vectors=moved)
    again = CaseBase.open(base)
    assert isinstance(again.snapshot.index, TunedIndex)
    nearest = again.search(vector=moved[0], k=1, leak_guard=False)[0]
    assert (nearest.case.case_id, nearest.distance) == ("c00000", 0.0)
    assert again.search(vector=clustered[0], k=1, leak_guard=False).case_ids != ["c00000"]


def test_other_labels_leave_it(base: Path) -> None:
    CaseBase.open(base).relabel({"c00001": {"diagnosis": ["d"]}})
    assert is_tuned(base)


def test_a_deletion_for_good_takes_it_along_since_it_holds_codes_of_what_was_deleted(base: Path) -> None:
    CaseBase.open(base).delete(["c00001"])
    again = CaseBase.open(base)
    assert isinstance(again.snapshot.index, FlatIndex)
    assert again.index_record is None
    assert not list((base / "cache").glob("tuned*"))


@pytest.mark.parametrize("erased", [True, False])
def test_one_that_was_made_of_cases_that_were_deleted_meanwhile_is_not_kept(
    base: Path, clustered: np.ndarray, erased: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_base, other = CaseBase.open(base), CaseBase.open(base)
    former = case_base.index_record

    class Meanwhile(Silent):
        done = False

        def start(self, total: int, description: str) -> None:
            if not self.done and "measuring" in description:
                self.done = True
                if erased:
                    other.delete(["c00001"])
                else:
                    other.add(patients(clustered[:1] + 1, CASES), vectors=clustered[1:2])

    monkeypatch.setattr(building, "QUICKER", 0.0)
    if erased:
        with pytest.raises(CaseBaseError, match="while the index was made; run it again"):
            case_base.build_index(recall=0.95, progress=Meanwhile())
        assert not list((base / "cache").glob("tuned*"))
    else:
        made = case_base.build_index(recall=0.95, progress=Meanwhile())
        assert case_base.index_record == made != former
    assert is_tuned(base) != erased


def test_where_a_crash_left_an_empty_file_of_rows_they_are_found_again(base: Path) -> None:
    new = drawn(Clustered(DIMENSION), 3, sample=3)
    CaseBase.open(base).add(patients(new, CASES), vectors=new)
    assert is_tuned(base)
    (rows,) = (base / "cache").glob("tuned-*-*.npy")
    rows.write_bytes(b"")
    assert is_tuned(base)
    assert rows.stat().st_size


@pytest.mark.parametrize("end", [".faiss", ".json"])
def test_a_damaged_one_is_told_and_searches_are_exact(base: Path, end: str, caplog: pytest.LogCaptureFixture) -> None:
    (path,) = (base / "cache").glob(f"tuned*{end}")
    path.write_bytes(path.read_bytes()[:-20])
    case_base = CaseBase.open(base)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            found = case_base.search(case_id="c00100", k=5)
    assert not any("approximate" in note for note in found.notes)
    assert [record.message for record in caplog.records] == [
        "the tuned index cannot be used, so searches are exact; make it again with dermtools index"
    ]


def test_with_most_cases_new_searches_are_exact(base: Path) -> None:
    new = drawn(Clustered(DIMENSION), CASES + 9, sample=4)
    CaseBase.open(base).add(patients(new, CASES), vectors=new)
    assert not is_tuned(base)


def test_an_index_of_a_store_goes_when_another_machine_deletes_a_case_of_it(
    address: str, clustered: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_base = CaseBase.create(address, embedder=GivenVectors("m", DIMENSION, normalized=True))
    case_base.add(patients(clustered), vectors=clustered)
    monkeypatch.setattr(building, "QUICKER", 0.0)
    case_base.build_index(recall=0.9)
    assert isinstance(CaseBase.open(address).snapshot.index, TunedIndex)
    assert list((tmp_path / "cache").rglob("tuned*"))
    with monkeypatch.context() as there:
        there.setenv("DERMTOOLS_CACHE", str(tmp_path / "another machine's"))
        CaseBase.open(address).delete(["c00001"])
    assert isinstance(CaseBase.open(address).snapshot.index, FlatIndex)
    assert not list((tmp_path / "cache").rglob("tuned*"))
