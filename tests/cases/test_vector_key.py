"""The name of a table's vectors changes whenever they do, and else stays."""

from __future__ import annotations

from pathlib import Path

import lance
import numpy as np
import pyarrow as pa

from dermtools.cases.vector_key import vectors_key


def table(*ids: str) -> pa.Table:
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(2 * len(ids), dtype=np.float32)), 2)
    return pa.table({"case_id": list(ids), "label": ["x"] * len(ids), "vector": vectors})


def test_it_goes_with_the_vectors(tmp_path: Path) -> None:
    dataset = lance.write_dataset(table("a", "b", "c"), tmp_path / "t.lance")
    keys = [vectors_key(dataset)]
    assert vectors_key(lance.dataset(tmp_path / "t.lance")) == keys[0]
    dataset.insert(table("d"))
    keys.append(vectors_key(dataset))
    dataset.delete("case_id = 'b'")
    keys.append(vectors_key(dataset))
    dataset.delete("case_id = 'c'")
    keys.append(vectors_key(dataset))
    dataset.merge_insert("case_id").when_matched_update_all().execute(table("a"))
    keys.append(vectors_key(dataset))
    dataset.optimize.compact_files()
    keys.append(vectors_key(dataset))
    keys.append(vectors_key(lance.write_dataset(table("a", "b", "c"), tmp_path / "t.lance", mode="overwrite")))
    keys.append(vectors_key(lance.write_dataset(table("a", "b", "c"), tmp_path / "other.lance")))
    assert len(set(keys)) == len(keys)
