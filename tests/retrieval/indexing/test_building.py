"""An index is chosen, measured and kept; recall as told is recall as it is."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.clustered import Clustered, Isotropic, drawn
from dermtools.embedding import GivenVectors
from dermtools.errors import QueryError
from dermtools.retrieval import CaseBase
from dermtools.retrieval.indexing import building
from dermtools.retrieval.indexing.approximate import TunedIndex
from dermtools.retrieval.indexing.building import bytes_of
from dermtools.retrieval.search.index import FlatIndex
from tests.support.clustered_base import DIMENSION, patients


def test_recall_as_told_is_recall_by_brute_force_on_other_queries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "QUICKER", 0.0)
    vectors = drawn(Clustered(64), 20_000)
    case_base = CaseBase.create(tmp_path / "base", embedder=GivenVectors("m", 64, normalized=True))
    case_base.add(patients(vectors), vectors=vectors)
    told = case_base.build_index(recall=0.97)
    assert not told.exact
    assert told.recall >= 0.97
    assert told.low <= told.recall <= told.high
    assert told.bytes_per_vector < 120
    assert told.queries == 500
    queries = drawn(Clustered(64), 1_200, sample=1)[::3]
    shares = []
    for query in queries:
        apart = np.square(vectors.astype(np.float64) - query).sum(axis=1)
        right = {f"c{row:05d}" for row in np.argsort(apart)[:5].tolist()}
        found = case_base.search(vector=query, k=5)
        assert told.note in found.notes
        shares.append(len(right & set(found.case_ids)) / 5)
    # Both are samples: their difference lies within both errors.
    error = np.std(shares) / np.sqrt(len(shares))
    assert told.low - 2 * error <= np.mean(shares) <= told.high + 2 * error


def test_where_nothing_is_near_it_says_so_and_stays_exact(tmp_path: Path) -> None:
    vectors = drawn(Isotropic(128), 3_000)
    case_base = CaseBase.create(tmp_path / "base", embedder=GivenVectors("m", 128, normalized=True))
    case_base.add(patients(vectors), vectors=vectors)
    told = case_base.build_index()
    assert told.exact
    assert told.note == ""
    assert isinstance(case_base.snapshot.index, FlatIndex)
    assert case_base.index_record == told


def test_memory_bounds_the_choice(indexed: Path, tmp_path: Path) -> None:
    case_base = CaseBase.open(shutil.copytree(indexed, tmp_path / "base"))
    assert case_base.build_index(recall=0.9, memory=6_000 * 8).exact  # not even row numbers have room


@pytest.mark.parametrize(("text", "size"), [("1.2GB", 1_200_000_000), ("800 mb", 800_000_000), ("5000", 5000)])
def test_amounts_of_memory(text: str, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "much", "1.2.3GB", "-1GB", "5K"])
def test_no_amount_of_memory(text: str) -> None:
    with pytest.raises(QueryError, match="no amount of memory"):
        bytes_of(text)


@pytest.mark.parametrize("recall", [0.2, 1.0, 1.5, float("nan")])
def test_a_recall_that_cannot_be_met_is_refused(indexed: Path, recall: float) -> None:
    with pytest.raises(QueryError, match="recall must lie"):
        CaseBase.open(indexed).build_index(recall=recall)


KILLED = """
import os, signal, sys
from dermtools.retrieval import CaseBase

class Ends:
    def __init__(self): self.left = int(sys.argv[2])
    def start(self, total, description):
        self.left -= 1
        if self.left < 0: os.kill(os.getpid(), signal.SIGKILL)
    def advance(self, n=1): pass

CaseBase.open(sys.argv[1]).build_index(recall=0.9, seed=5, progress=Ends())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
@pytest.mark.parametrize("stages", [0, 3, 6])
def test_killed_meanwhile_the_former_index_stays(indexed: Path, tmp_path: Path, stages: int) -> None:
    path = shutil.copytree(indexed, tmp_path / "base")
    before = CaseBase.open(path).index_record
    ended = subprocess.run([sys.executable, "-c", KILLED, str(path), str(stages)], env=os.environ, check=False)
    assert ended.returncode == -signal.SIGKILL
    case_base = CaseBase.open(path)
    assert case_base.index_record == before
    assert isinstance(case_base.snapshot.index, TunedIndex)
    assert len(case_base.search(case_id="c00007").case_ids) == 5
    assert case_base.snapshot.index.dimension == DIMENSION
