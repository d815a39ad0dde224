"""Vectors that were computed elsewhere find their rows, and each wrong one is named with its row and column."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from dermtools.cases import SourceOptions, load_source
from dermtools.cases.case import Case, Problem, SourceCase, SourceData
from dermtools.cases.sources.from_python import load_python
from dermtools.cases.sources.vectors import Vectors, dimension_and_norm
from dermtools.errors import SourceError

VECTORS = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
IDS = ["a", "b", "c", "d"]
FRAME = pd.DataFrame({"id": IDS, "dx": ["x", "y", "x", "y"], "split": "train"})


def loaded(vectors, frame=FRAME):
    return load_python(frame, SourceOptions(vectors=vectors))


def held(data):
    return {item.case.case_id: item.vector for item in data.cases}


def same(data, wanted):
    found = held(data)
    return found.keys() == wanted.keys() and all(np.array_equal(found[one], wanted[one]) for one in wanted)


WANTED = dict(zip(IDS, VECTORS, strict=True))


@pytest.mark.parametrize(
    "column",
    [list(VECTORS), VECTORS.tolist(), [json.dumps(row) for row in VECTORS.tolist()]],
    ids=["arrays", "lists", "text"],
)
def test_a_column_of_vectors_is_taken(column):
    data = loaded("embedding", FRAME.assign(embedding=column))
    assert same(data, WANTED)
    assert all(item.image is None for item in data.cases)
    assert "the cases come without pictures, by their vectors alone" in data.notes


def test_an_array_goes_by_the_order_of_the_rows_and_a_mapping_by_id():
    assert same(loaded(Vectors.of(VECTORS)), WANTED)
    assert same(loaded(Vectors.of(dict(reversed(WANTED.items())))), WANTED)
    assert same(loaded(Vectors.of(VECTORS.astype(np.float64))), WANTED)


def test_files_go_by_rows_or_by_ids_with_or_without_an_extension(tmp_path):
    np.save(tmp_path / "v.npy", VECTORS)
    np.savez(
        tmp_path / "v.npz", split=["s"] * 4, image_id=[f"{one}.png" for one in reversed(IDS)], vector=VECTORS[::-1]
    )
    assert same(loaded(tmp_path / "v.npy"), WANTED)
    assert same(loaded(str(tmp_path / "v.npz")), WANTED)


def test_a_table_file_takes_vectors_of_a_column(tmp_path):
    FRAME.assign(embedding=list(VECTORS)).to_parquet(tmp_path / "t.parquet")
    assert same(load_source(tmp_path / "t.parquet", options=SourceOptions(vectors="embedding")), WANTED)


def test_a_row_without_a_vector_is_named_and_the_others_stay():
    data = loaded(Vectors.of({"a": VECTORS[0], "d": VECTORS[3]}))
    assert list(held(data)) == ["a", "d"]
    assert data.problems[0] == Problem("pandas DataFrame row 1", "has no vector: its id is not in the vectors")


def test_what_is_wrong_with_one_vector_is_a_line_with_row_and_column():
    column = [VECTORS[0], VECTORS[1][:2], np.array([0, np.nan, 0]), VECTORS[3], None, "0.1 x 0.3"]
    frame = pd.DataFrame({"id": [*IDS, "e", "f"], "embedding": column, "split": "train"})
    data = loaded("embedding", frame)
    assert list(held(data)) == ["a", "d"]
    assert data.problems == (
        Problem("pandas DataFrame row 1", "column 'embedding' holds 2 numbers, the others 3"),
        Problem("pandas DataFrame row 2", "column 'embedding' holds NaN or infinity"),
        Problem("pandas DataFrame row 4", "column 'embedding' holds no vector"),
        Problem("pandas DataFrame row 5", "column 'embedding' holds text that is no list of numbers"),
    )


def test_large_finite_numbers_are_no_fault_and_numbers_beyond_float32_are():
    assert Vectors.of(np.full((1, 3), 3e38, np.float32)).faults == {}
    assert Vectors.of(np.full((1, 3), 1e39)).faults == {0: "the vectors holds NaN or infinity"}


def test_cases_with_a_vector_may_have_a_picture_and_one_line_says_how_many_have_none(tmp_path):
    (tmp_path / "a.png").write_bytes(b"x")
    frame = FRAME.assign(image=["a.png", "b.png", "c.png", None])
    frame.to_csv(tmp_path / "t.csv", index=False)
    np.save(tmp_path / "v.npy", VECTORS)
    data = load_source(tmp_path / "t.csv", options=SourceOptions(vectors=tmp_path / "v.npy"))
    assert [item.image is not None for item in data.cases] == [True, False, False, False]
    assert [problem.where for problem in data.problems] == ["t.csv row 3"]
    assert data.problems[0].reason.endswith("3 cases come without a picture, by their vectors alone")


@pytest.mark.parametrize(
    ("vectors", "said"),
    [
        (lambda: Vectors.of(VECTORS[:3]), "pandas DataFrame has 4 rows, the vectors 3; give one a row, or ids"),
        (lambda: Vectors.of(np.zeros(4)), r"the vectors have shape \(4,\) and type float64"),
        (lambda: Vectors.of(np.array([["a"]])), "the vectors have shape"),
        (lambda: Vectors.of(["x", None]), "the vectors holds no vector; the first the vectors holds text"),
        (lambda: "nowhere", "no column 'nowhere'"),
        (lambda: "nowhere.npz", "nowhere.npz: no such file"),
    ],
)
def test_vectors_that_fit_no_table_are_refused_in_one_line(vectors, said):
    with pytest.raises(SourceError, match=rf"\A[^\n]*{said}[^\n]*\Z"):
        loaded(vectors())


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"a": VECTORS, "b": VECTORS}, "holds 2 arrays of shape"),
        ({"ids": ["a", "a", "b", "c"], "v": VECTORS}, "the id 'a' comes twice"),
        ({"v": np.array([{}], dtype=object)}, "not readable as an array of numbers"),
    ],
)
def test_a_file_that_holds_no_vectors_is_one_line(tmp_path, arrays, said):
    np.savez(tmp_path / "v.npz", **arrays)
    with pytest.raises(SourceError, match=said):
        Vectors.of_file(tmp_path / "v.npz")
    (tmp_path / "w.npy").write_bytes(b"nothing")
    with pytest.raises(SourceError, match=r"w\.npy: not readable"):
        Vectors.of_file(tmp_path / "w.npy")


def test_a_source_without_rows_takes_vectors_by_id():
    data = SourceData("set", (), tuple(SourceCase(Case(case_id=one, group_id=one), b"") for one in "az"))
    found = Vectors.of(WANTED).of_cases(data)
    assert list(held(found)) == ["a"]
    assert [problem.where for problem in found.problems] == ["z"]
    with pytest.raises(SourceError, match="the vectors has no ids"):
        Vectors.of(VECTORS).of_cases(data)


def test_dimension_and_norm_are_those_of_all_vectors():
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    assert dimension_and_norm(loaded(Vectors.of(unit)).cases) == (3, True)
    assert dimension_and_norm(loaded(Vectors.of(VECTORS)).cases) == (3, False)
    with pytest.raises(SourceError, match="no case has a vector"):
        dimension_and_norm(())


def test_real_metadata_joins_vectors_by_the_names_of_its_pictures(shared, tmp_path):
    table = shared / "data" / "pad-ufes-20" / "metadata_full.csv"
    if not table.is_file():
        pytest.skip(f"no table at {table}")
    ids = pd.read_csv(table)["img_id"].tolist()
    vectors = np.random.default_rng(0).normal(size=(len(ids), 4)).astype(np.float32)
    order = np.random.default_rng(1).permutation(len(ids))[:-3]
    np.savez(tmp_path / "v.npz", img_id=np.array(ids)[order], vector=vectors[order])
    data = load_source(table, options=SourceOptions(vectors=tmp_path / "v.npz"))
    assert len(data.cases) == 2298 - 3
    assert all(np.array_equal(item.vector, vectors[ids.index(item.case.case_id)]) for item in data.cases[:50])
    absent = sorted({*range(len(ids))} - {*order.tolist()})
    assert [problem.where for problem in data.problems][:3] == [f"metadata_full.csv row {row + 2}" for row in absent]
    assert "the cases come without pictures, by their vectors alone" in data.notes
