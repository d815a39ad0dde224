"""What leaves a case base: columns, audiences, one version."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dermtools.cases import CaseStore, Choice, Extract
from dermtools.errors import CaseBaseError, QueryError
from tests.support.stored_cases import new_store, stored


def extract(store: CaseStore, rows: list[int] | None = None, **choice: object) -> Extract:
    columns = store.columns()
    rows = list(range(len(columns))) if rows is None else rows
    return Extract(store.path, store.current_manifest(), columns, rows, Choice(**choice))


def test_the_table_has_every_value_where_it_belongs(tmp_path: Path) -> None:
    table = extract(new_store(tmp_path / "base", 5), [4, 1], attributes="all", vectors=True, pictures=True).table()
    first, second = table.to_pylist()
    assert np.array_equal(np.float32(first.pop("vector")), stored(4).vector)
    assert np.array_equal(np.float32(second.pop("vector")), stored(1).vector)
    nothing = dict.fromkeys(("age", "ratio", "smoker", "sex", "Diagnosis_2"))
    assert first == nothing | {
        "case_id": "case4",
        "group_id": "group2",
        "split": "train",
        "location": ["face"],
        "image": b"jpeg4",
    }
    known = {"age": 1, "ratio": 0.5, "smoker": False, "sex": "ü'", "Diagnosis_2": None}
    ids = {"case_id": "case1", "group_id": "group0", "split": "valid", "location": ["face"], "image": b"jpeg1"}
    assert second == ids | known


def test_a_task_is_text_unless_a_case_of_the_case_base_has_several_labels(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 2)
    assert extract(store).table().schema.field("location").type == pa.string()
    store.add([stored(2)])
    assert extract(store, [0]).table().schema.field("location").type == pa.list_(pa.string())


def test_private_attributes_stay_and_are_named(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 2)
    store.update_manifest(shown=("age",))
    found = extract(store, attributes=["Smoker"])
    assert (found.attributes, found.left_out) == (["age", "smoker"], ["ratio", "sex"])
    assert {"ratio", "sex"}.isdisjoint(found.table().column_names)


def test_an_attribute_that_is_called_as_a_column_is_gets_another_name(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base")
    clashing = {"split": 1, "location": 2, "image": 3, "attribute_split": 4, "": 5}
    store.add([stored(0, attributes=clashing)])
    found = extract(store, attributes="all")
    named = {column.of: column.name for column in found.columns if column.role == "attribute"}
    row = found.table().to_pylist()[0]
    assert {of: row[name] for of, name in named.items()} == clashing
    assert len(set(found.table().column_names)) == len(found.columns)


def test_a_case_without_a_picture_has_none(tmp_path: Path) -> None:
    from dataclasses import replace

    store = new_store(tmp_path / "base", 1)
    store.add([replace(stored(1), jpeg=b"", width=0, height=0)])
    found = extract(store, pictures=True)
    assert found.has_picture == [True, False]
    assert found.table()["image"].to_pylist() == [b"jpeg0", None]


def test_what_is_written_meanwhile_is_not_seen(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 3)
    found = extract(store, pictures=True)
    CaseStore.open(store.path).update([stored(0, group_id="another")])
    assert found.table()["image"].to_pylist() == [b"jpeg0", b"jpeg1", b"jpeg2"]


def test_a_version_that_is_gone_is_one_line(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 3)
    found = extract(store, pictures=True)
    CaseStore.open(store.path).delete(["case0"])
    with pytest.raises(CaseBaseError, match=r"another process has changed .* run this again|is damaged"):
        found.table()


def test_no_case_and_no_such_attribute_are_refused(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 2)
    with pytest.raises(QueryError, match="no case"):
        extract(store, [])
    with pytest.raises(QueryError, match="no column or attribute 'agee'; did you mean age"):
        extract(store, attributes=["agee"])
    with pytest.raises(QueryError, match=r"write attributes=\['age'\]"):
        extract(store, attributes="age")
