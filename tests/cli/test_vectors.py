"""`dermtools ingest --vectors`, as typed in a terminal."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from dermtools.cli.app import app
from dermtools.errors import DermtoolsError
from dermtools.retrieval import CaseBase

VECTORS = np.eye(4, dtype=np.float32)


@pytest.fixture
def table(tmp_path):
    columns = {"id": list("abcd"), "dx": ["x", "y", "x", "y"], "split": ["train", "train", "test", "train"]}
    pd.DataFrame(columns).to_csv(tmp_path / "t.csv", index=False)
    np.save(tmp_path / "v.npy", VECTORS)
    return tmp_path / "t.csv"


def run(*words):
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, DermtoolsError):
        raise result.exception
    return result


def test_vectors_of_a_file_become_a_case_base_under_their_name(table, tmp_path):
    words = ("ingest", table, tmp_path / "base", "--vectors", tmp_path / "v.npy", "--identity", "medimageinsight")
    assert json.loads(run(*words, "--json").stdout)["added"] == 4
    identity = CaseBase.open(tmp_path / "base").identity
    assert (identity.name, identity.dimension, identity.normalized) == ("medimageinsight", 4, True)
    assert json.loads(run(*words, "--json").stdout)["unchanged"] == 4
    found = json.loads(run("search", tmp_path / "base", "--case", "a", "-k", "2", "--json").stdout)
    assert len(found["neighbors"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--vectors", "v.npy"], "--vectors goes with --identity NAME, or with the --embedder"),
        (["--identity", "m"], "--vectors goes with --identity NAME"),
        (["--vectors", "dx", "--identity", "m"], "column 'dx' holds no vector"),
        (["--vectors", "w.npy", "--identity", "m"], "has 4 rows, w.npy 3"),
        (["--vectors", "v.npy", "--embedder", "descriptor"], "hold 4 numbers, those of descriptor"),
    ],
)
def test_what_does_not_fit_is_one_line_and_makes_nothing(table, tmp_path, words, said, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("w.npy", VECTORS[:3])
    with pytest.raises(DermtoolsError, match=said) as caught:
        run("ingest", table, tmp_path / "base", *words)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "base").exists()


def test_vectors_of_another_name_or_dimension_do_not_join(table, tmp_path):
    ingest = ("ingest", table, tmp_path / "base", "--vectors")
    run(*ingest, tmp_path / "v.npy", "--identity", "m")
    with pytest.raises(DermtoolsError, match=r"holds vectors of m .*, not of other"):
        run(*ingest, tmp_path / "v.npy", "--identity", "other")
    np.save(tmp_path / "w.npy", VECTORS[:, :3])
    with pytest.raises(DermtoolsError, match=r"not of m \(3-d\)"):
        run(*ingest, tmp_path / "w.npy", "--identity", "m")


def test_a_vector_of_another_norm_among_those_of_norm_1_is_left_out(table, tmp_path):
    np.save(tmp_path / "v.npy", VECTORS * [[1], [1], [3], [1]])
    words = ("ingest", table, tmp_path / "base", "--vectors", tmp_path / "v.npy", "--identity", "medimageinsight")
    report = json.loads(run(*words, "--json").stdout)
    assert report["added"] == 3
    assert [(one["where"], "norm 3" in one["reason"]) for one in report["problems"]] == [("c", True)]
    assert CaseBase.open(tmp_path / "base").identity.normalized


def test_many_cases_with_one_fault_are_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    ids = [f"c{number}" for number in range(8)]
    pd.DataFrame({"id": ids, "dx": "x", "split": "train"}).to_csv(tmp_path / "t.csv", index=False)
    np.savez(tmp_path / "v.npz", id=ids[:3], vector=VECTORS[:3])
    said = run(
        "ingest", tmp_path / "t.csv", tmp_path / "base", "--vectors", tmp_path / "v.npz", "--identity", "m"
    ).stdout
    assert "left out or doubtful: 5\n  5 times, t.csv row 5, t.csv row 6, t.csv row 7, ... (--json" in said
    assert said.count("has no vector: its id is not in v.npz") == 1
