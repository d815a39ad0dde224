"""Rows by their text, against looking at each row."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.cases.column_values import Texts
from dermtools.cases.row_index import FEW, SCANS, SMALL, RowIndex, RowOf


def index(texts: list[str], parts: int) -> RowIndex:
    bounds = np.linspace(0, len(texts), parts + 1).astype(int).tolist()
    return RowIndex(Texts(pa.chunked_array([texts[a:b] for a, b in pairwise(bounds)], pa.string())))


@settings(deadline=None)
@given(texts=st.lists(st.sampled_from(["", "a", "b", "ü", "a ", "A"]), max_size=30), parts=st.integers(1, 3))
def test_all_rows_that_hold_a_text_are_found(texts: list[str], parts: int) -> None:
    found = index(texts, parts)
    asked = ["", "a", "ü", "absent"] * FEW
    for text in asked[:4]:
        assert found.rows(text).tolist() == [row for row, held in enumerate(texts) if held == text]
    first = [texts.index(text) if text in texts else -1 for text in asked]
    assert found.first(asked).tolist() == first
    assert found.first(asked[:3]).tolist() == first[:3]


def test_a_scan_and_the_sorted_rows_find_the_same() -> None:
    texts = [f"patient {row // 3}" for row in range(SMALL + 2)]
    found = index(texts, 4)
    asked = [f"patient {number}" for number in (0, 7, SMALL // 3, SMALL)]
    scanned = [found.rows(text).tolist() for text in asked]
    for _ in range(SCANS):
        found.rows("nobody")
    assert scanned == [found.rows(text).tolist() for text in asked]
    assert scanned[:2] == [[0, 1, 2], [21, 22, 23]]
    assert scanned[3] == []


def test_a_mapping_of_ids_to_rows() -> None:
    ids = Texts(pa.chunked_array([["c2", "c0"], ["c1"]]))
    rows = RowOf(ids, RowIndex(ids))
    assert dict(rows) == {"c2": 0, "c0": 1, "c1": 2}
    assert rows.get("c3") is None
    assert rows.of(["c1", "c3"]).tolist() == [2, -1]
    assert rows.keys() - {"c0"} == {"c1", "c2"}
