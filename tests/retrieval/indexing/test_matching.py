"""Entries find their rows by the vectors alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dermtools.retrieval.indexing.matching import fingerprints, matched


def test_a_fingerprint_goes_with_every_bit_of_a_vector() -> None:
    vectors = np.random.default_rng(0).standard_normal((9000, 16), dtype=np.float32)
    found = fingerprints(vectors)
    assert len(set(found.tolist())) == 9000
    assert np.array_equal(fingerprints(vectors[::-1]), found[::-1])
    turned = vectors.copy()
    turned[:, [2, 3]] *= -1
    assert not (fingerprints(turned) == found).any()


@given(st.lists(st.integers(0, 5)), st.lists(st.integers(0, 5)))
def test_every_row_that_has_an_entry_is_found_once(entries: list[int], rows: list[int]) -> None:
    found = matched(np.array(entries, np.uint64), np.array(rows, np.uint64))
    there = found[found >= 0].tolist()
    assert len(set(there)) == len(there)
    assert all(rows[row] == entries[i] for i, row in enumerate(found.tolist()) if row >= 0)
    for value in range(6):
        both = min(entries.count(value), rows.count(value))
        assert sum(rows[row] == value for row in there) == both
