"""The ways out of a case base: tables, arrays and folders, read by other libraries."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score

from dermtools.errors import MissingExtraError, QueryError
from dermtools.retrieval import CaseBase, ExportReport


def test_a_data_frame_has_nullable_numbers_and_no_private_column(small_base: CaseBase) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    assert "age" not in small_base.to_pandas().columns
    frame = small_base.to_pandas(attributes=["age"], vectors=True, where="split = 'train'")
    assert frame.age.dtype == pandas.Int64Dtype()
    assert len(frame) == 12
    assert frame.groupby("group_id").size().tolist() == [2] * 6
    rows = [small_base.columns.row_of[case_id] for case_id in frame.case_id]
    assert np.array_equal(np.stack(frame.vector), small_base.vectors[rows])


def test_conditions_are_those_of_search_and_all_hold(small_base: CaseBase) -> None:
    table = small_base.to_arrow(where=["age >= 40", "site = 'arm' OR site = 'back'"])
    ids = table["case_id"].to_pylist()
    wanted = [
        case.case_id
        for case in map(small_base.case, small_base.columns.case_ids)
        if case.attributes.get("age", 0) >= 40 and {"arm", "back"} & set(case.labels["site"])
    ]
    assert ids == wanted != []
    with pytest.raises(QueryError, match="no column 'agee'"):
        small_base.to_arrow(where="agee > 3")


def test_arrays_go_into_scikit_learn_with_groups_kept_apart(small_base: CaseBase) -> None:
    X, y, groups = small_base.to_arrays("site", multi_label="leave-out")  # noqa: N806
    assert (X.dtype, X.shape) == (np.float32, (14, small_base.identity.dimension))
    folds = GroupKFold(3)
    for train, test in folds.split(X, y, groups):
        assert set(groups[train]).isdisjoint(groups[test])
    assert len(cross_val_score(LogisticRegression(), X, y, groups=groups, cv=folds)) == 3
    X, y, _ = small_base.to_arrays("site", "test", multi_label="indicator")  # noqa: N806
    assert y.shape == (6, 5)
    assert LogisticRegression().fit(X, y[:, 4]).predict(X).shape == (6,)


def test_a_task_or_split_that_is_not_there_is_told(small_base: CaseBase) -> None:
    with pytest.raises(QueryError, match="no task 'sites'; did you mean site"):
        small_base.to_arrays("sites")
    with pytest.raises(QueryError, match="no split 'validation'; did you mean valid"):
        small_base.to_arrays("site", "validation")


def test_what_another_process_wrote_goes_out(small_base: CaseBase) -> None:
    assert small_base.to_arrow().num_rows == 18
    CaseBase.open(small_base.path).delete(["c00"])
    assert small_base.to_arrow(pictures=True).num_rows == 17


def test_a_missing_library_is_one_line_with_the_command(small_base: CaseBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match="pandas is not installed; run: pip install pandas"):
        small_base.to_pandas()


def test_an_attribute_that_tells_who_somebody_is_is_named_when_it_goes_out(
    small_base: CaseBase, tmp_path: Path
) -> None:
    rows = small_base.store.rows(["c00", "c01", "c02"])
    named = [replace(row, case=row.case.model_copy(update={"attributes": {"phone": f"+49 30 55501{n}"}}))
             for n, row in enumerate(rows)]  # fmt: skip
    small_base.store.update(named)
    report: ExportReport = small_base.export(tmp_path / "out", "csv", attributes=["phone"])
    assert any(note.startswith("phone looks like") for note in report.notes)
    assert any("private attributes left out: age" in note for note in report.notes)
