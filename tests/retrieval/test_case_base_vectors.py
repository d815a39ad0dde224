"""Vectors that a caller brings, at every door: one of another norm would defeat the leak guard in silence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from dermtools.errors import QueryError
from dermtools.prediction import Query
from dermtools.retrieval import CaseBase, KNNVote

DOORS: dict[str, Callable[[CaseBase, object], object]] = {
    "search": lambda base, vector: base.search(vector=vector, k=3),
    "query": lambda base, vector: base.search(query=base.query(vector=vector), k=3),
    "made query": lambda base, vector: base.search(query=Query(name="q", vector=vector), k=3),
    "vote": lambda base, vector: KNNVote(base, "site", 3).predict(Query(name="q", vector=vector)),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("factor", [0.0, 0.5, 0.99, 1.01, 3.0, 50.0, -2.0, 1e30, 1e300])
def test_vector_that_was_not_normalised_is_refused(small_base: CaseBase, door: str, factor: float) -> None:
    own = small_base.vectors[5].astype(np.float64)
    with pytest.raises(QueryError, match=r"query vector (has norm \d|holds NaN or infinity)"):
        DOORS[door](small_base, own * factor)


@pytest.mark.parametrize(
    "given",
    [
        lambda vector: vector,
        lambda vector: vector.astype(np.float64) / np.linalg.norm(vector.astype(np.float64)),
        lambda vector: vector.astype(np.float16),
        lambda vector: np.round(vector, 4),
        lambda vector: vector.tolist(),
        lambda vector: np.repeat(vector, 2)[::2],
    ],
    ids=["float32", "float64", "half precision", "four digits", "list", "strided"],
)
def test_own_case_and_group_stay_out_however_its_vector_is_written(small_base: CaseBase, given) -> None:
    vectors = small_base.vectors.astype(np.float64)
    for row, group in enumerate(small_base.columns.group_ids):
        found = small_base.search(vector=given(small_base.vectors[row]), k=3)
        near = sorted((float(np.linalg.norm(vectors[row] - other)), n) for n, other in enumerate(vectors))
        others = [n for _, n in near if small_base.columns.group_ids[n] != group]
        assert found.case_ids == [small_base.columns.case_ids[n] for n in others[:3]]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda vector: vector[None], r"has shape \(1, 337\), not \(337,\); give one row of it"),
        (lambda vector: vector[:-1], r"has shape \(336,\), not \(337,\)"),
        (lambda vector: vector * np.nan, "NaN or infinity"),
        (lambda vector: np.where(np.arange(337) == 3, np.inf, vector), "NaN or infinity"),
        (lambda vector: vector.astype(str), "must be 337 numbers"),
        (lambda vector: vector.astype(complex), "must be 337 numbers"),
        (lambda vector: vector > 0, "must be 337 numbers"),
        (lambda vector: [1.0, [2.0]], "must be 337 numbers"),
        (lambda vector: "photo.jpg", "must be 337 numbers"),
        (lambda vector: 3.0, r"has shape \(\), not"),
    ],
)
def test_what_is_no_vector_of_this_case_base_is_refused_in_one_line(small_base: CaseBase, change, says: str) -> None:
    for door in DOORS.values():
        with pytest.raises(QueryError, match=says) as caught:
            door(small_base, change(small_base.vectors[5]))
        assert "\n" not in str(caught.value)
