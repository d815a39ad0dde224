"""A flawless table of vectors is written as columns, and is what rows read one by one give; any other goes by rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from dermtools.cases import SourceOptions
from dermtools.cases.sources import whole_columns
from dermtools.embedding import GivenVectors
from dermtools.retrieval import CaseBase
from dermtools.retrieval.ingest.adding import source_of
from dermtools.retrieval.ingest.bulk import WholeSource

ROWS = 60
VECTORS = np.random.default_rng(1).normal(size=(ROWS, 5)).astype(np.float32)
VECTORS[7] = VECTORS[3]
FRAME = pd.DataFrame(
    {
        "id": [f" case {row}" for row in range(ROWS)],
        "patient_id": [row // 3 for row in range(ROWS)],
        "dx": [("nevus", "melanoma|nevus", None)[row % 3] for row in range(ROWS)],
        "site": ["arm", "Arm"] * (ROWS // 2),
        "split": [("train", "val", "TEST")[row // 4 % 3] for row in range(ROWS)],
        "age": range(ROWS),
    }
)


@pytest.fixture
def few_are_enough(monkeypatch):
    monkeypatch.setattr(whole_columns, "ENOUGH", 10)


def filled(folder, frame, **options):
    case_base = CaseBase.create(folder, embedder=GivenVectors("m", 5, normalized=False))
    return case_base, case_base.add(frame, vectors=VECTORS, name="clinic", **options)


KINDS = {
    "pandas": lambda frame: frame,
    "polars": pl.from_pandas,
    "pyarrow": pa.Table.from_pandas,
    "categories": lambda frame: frame.astype({"dx": "category", "split": "category"}),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_columns_give_the_case_base_and_the_report_that_rows_give(tmp_path, monkeypatch, kind):
    frame = kind(FRAME)
    by_rows, told = filled(tmp_path / "rows", frame, tasks=["dx", "site"])
    monkeypatch.setattr(whole_columns, "ENOUGH", 10)
    assert isinstance(source_of(frame, vectors=VECTORS, tasks=["dx", "site"]), WholeSource)
    by_columns, report = filled(tmp_path / "columns", frame, tasks=["dx", "site"])
    one, other = by_rows.columns, by_columns.columns
    for name in (
        "case_ids",
        "group_ids",
        "splits",
        "content_hashes",
        "widths",
        "heights",
        "picture_hashes",
        "unhashed",
    ):
        assert np.array_equal(list(getattr(one, name)), list(getattr(other, name)))
    assert dict(one.labels) == dict(other.labels)
    assert dict(one.attributes) == dict(other.attributes)
    assert np.array_equal(by_rows.vectors, by_columns.vectors)
    assert by_rows.tasks == by_columns.tasks
    assert by_rows.store.manifest.sources == by_columns.store.manifest.sources
    assert report.model_dump(exclude={"seconds"}) == told.model_dump(exclude={"seconds"})
    assert report.added == ROWS
    assert [(one.case_id, one.same_as) for one in report.duplicates] == [("case 7", "case 3")]


def test_a_second_time_nothing_changes_and_other_vectors_update(tmp_path, few_are_enough):
    case_base, _ = filled(tmp_path / "base", FRAME)
    assert case_base.add(FRAME, vectors=VECTORS).unchanged == ROWS
    changed = VECTORS + np.eye(1, 5, dtype=np.float32)
    assert case_base.add(FRAME, vectors=changed).updated == ROWS


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.assign(id=["twice"] * 2 + list(frame["id"][2:])),
        lambda frame: frame.assign(id=[None, *frame["id"][1:]]),
        lambda frame: frame.assign(split=["elsewhere", *frame["split"][1:]]),
        lambda frame: frame.assign(split=None),
        lambda frame: frame.drop(columns="split"),
        lambda frame: frame.drop(columns="patient_id"),
        lambda frame: frame.assign(patient_id=[None, *frame["patient_id"][1:]]),
        lambda frame: frame.assign(dx=[["a", "b"]] * ROWS),
        lambda frame: frame.assign(image="somewhere.png"),
        lambda frame: frame.assign(id=["x" * 300, *frame["id"][1:]]),
        lambda frame: frame.head(20),
    ],
)
def test_a_table_with_a_doubt_goes_by_rows(few_are_enough, change):
    assert whole_columns.whole_columns(FRAME, SourceOptions(vectors=whole_columns.Vectors.of(VECTORS))) is not None
    doubtful = change(FRAME)
    vectors = whole_columns.Vectors.of(VECTORS)
    assert whole_columns.whole_columns(doubtful, SourceOptions(vectors=vectors)) is None


def test_a_vector_with_a_fault_or_an_option_that_needs_rows_goes_by_rows(few_are_enough):
    broken = VECTORS.copy()
    broken[4, 2] = np.nan
    assert not isinstance(source_of(FRAME, vectors=broken), WholeSource)
    assert not isinstance(source_of(FRAME, vectors=VECTORS, attributes=["age"]), WholeSource)


def test_vectors_that_are_not_of_the_norm_of_the_case_base_are_named(tmp_path, few_are_enough):
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    unit[5] *= 2
    case_base = CaseBase.create(tmp_path / "base", embedder=GivenVectors("m", 5, normalized=True))
    report = case_base.add(FRAME, vectors=unit)
    assert report.added == ROWS - 1
    assert [problem.where for problem in report.problems if "norm 2" in problem.reason] == ["case 5"]
