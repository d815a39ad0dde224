"""The table as Hugging Face types it: the names of classes stand in the schema."""

from __future__ import annotations

import json
from pathlib import Path

from dermtools.cases import Choice, Extract
from dermtools.cases.exports.huggingface import split_rows, typed
from tests.support.stored_cases import new_store


def test_classes_are_numbers_and_the_schema_names_them(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 5)
    found = Extract(store.path, store.current_manifest(), store.columns(), range(5), Choice("all", True, True))
    assert split_rows(found) == {"train": [0, 4], "validation": [1], "test": [2], "unassigned": [3]}
    table = typed(found.table(), found, ["a.jpg", "", "", "", ""])
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["location"]["feature"]["names"] == ["face", "hand"]
    assert table["location"].to_pylist() == [None, [0], [0, 1], None, [0]]
    assert features["Diagnosis_2"]["names"] == ["naevus", "o'dd"]
    assert features["age"] == {"dtype": "int64", "_type": "Value"}
    assert features["vector"]["length"] == 8
    assert table["image"].to_pylist()[0] == {"bytes": b"jpeg0", "path": "a.jpg"}
