"""`dermtools index`, and what `info` and `search` say afterwards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.clustered import Clustered, drawn
from dermtools.cli import index
from dermtools.embedding import GivenVectors
from dermtools.retrieval import CaseBase
from dermtools.retrieval.indexing import building
from tests.support.clustered_base import DIMENSION, patients
from tests.support.command_line import Run


def made(path: Path, vectors: np.ndarray) -> Path:
    case_base = CaseBase.create(path, embedder=GivenVectors("m", vectors.shape[1], normalized=True))
    case_base.add(patients(vectors), vectors=vectors)
    return path


def test_the_index_is_told_by_info_and_by_every_search(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "QUICKER", 0.0)
    base = made(tmp_path / "base", drawn(Clustered(DIMENSION), 6_000))
    assert run("info", base, "--json").json["index"] is None
    told = run("index", base, "--recall", "0.9", "--memory", "1.2GB", "--json").json
    assert told["recall"] >= 0.9
    assert told["probes"] <= told["lists"]
    held = run("info", base, "--json").json["index"]
    assert {"path": str(base), **held} == told
    words = f"approximate, recall {told['recall']:.3f} measured on {told['queries']} queries"
    assert words in " ".join(run("info", base).out.split())
    assert words in " ".join(run("search", base, "--case", "c00005").out.split())


def test_above_a_number_of_cases_an_index_is_suggested(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = made(tmp_path / "base", drawn(Clustered(8), 30))
    assert "dermtools index" not in run("search", base, "--case", "c00005").out
    monkeypatch.setattr(index, "ADVISED_FROM", 20)
    for words in (("search", base, "--case", "c00005"), ("info", base)):
        assert "dermtools index" in " ".join(run(*words).out.split())
    small = run("index", base)
    assert "searches stay exact" in " ".join(small.out.split())
    assert "dermtools index" not in run("search", base, "--case", "c00005").out


def test_a_wrong_amount_is_one_line(run: Run, tmp_path: Path) -> None:
    base = made(tmp_path / "base", drawn(Clustered(8), 30))
    refused = run("index", base, "--memory", "much")
    assert refused.code == 1
    assert "no amount of memory" in refused.err


def test_what_is_kept_of_an_index_may_be_damaged_and_the_rest_answers(run: Run, tmp_path: Path) -> None:
    base = made(tmp_path / "base", drawn(Clustered(8), 30))
    run("index", base)
    (base / "cache" / "tuned.json").write_text("{", encoding="utf-8")
    for words in (("search", base, "--case", "c00005"), ("info", base)):
        done = run(*words)
        assert done.code == 0
        assert f"make it again: dermtools index {base}" in " ".join(done.out.split())
    assert run("info", base, "--json").json["index"] is None


def test_why_there_is_no_index(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = made(tmp_path / "base", drawn(Clustered(8), 2_100))
    assert "no index of 1B finds 0.99" in " ".join(run("index", base, "--memory", "1B").out.split())
    monkeypatch.setattr(building, "FEWEST", 3_000)
    assert "2100 cases are too few for an index" in " ".join(run("index", base).out.split())


def test_a_case_base_that_has_grown_since_none_helped_is_told_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = made(tmp_path / "base", drawn(Clustered(8), 30))
    run("index", base)
    monkeypatch.setattr(index, "ADVISED_FROM", 20)
    assert index.advice(CaseBase.open(base), 60) == ""
    assert "dermtools index" in index.advice(CaseBase.open(base), 61)
