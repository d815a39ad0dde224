"""Several views of one patient, searched together: each case at its smallest distance, and nobody's own met."""

from __future__ import annotations

import numpy as np
import pytest

from dermtools.errors import QueryError
from dermtools.prediction import Query
from dermtools.retrieval import CaseBase
from dermtools.retrieval.search.pipeline import SearchOptions
from dermtools.retrieval.views import MAX_VIEWS, search_views


def views(case_base: CaseBase, *seeds: int) -> list[Query]:
    """Pictures of nobody: random vectors in the embedder's space, as far from each other as cases are."""
    vectors = case_base.vectors
    mixed = [np.random.default_rng(seed).dirichlet(np.ones(len(vectors))) @ vectors for seed in seeds]
    if case_base.identity.normalized:
        mixed = [vector / np.linalg.norm(vector) for vector in mixed]
    return [case_base.query(vector=vector.astype(np.float32)) for vector in mixed]


@pytest.mark.parametrize("where", [None, "split = 'train'"])
@pytest.mark.parametrize("max_per_group", [None, 1])
def test_each_case_is_as_near_as_to_the_view_nearest_to_it(
    shared_base: CaseBase, where: str | None, max_per_group: int | None
) -> None:
    asked = views(shared_base, 1, 2, 3)
    apart = [
        {one.case.case_id: one.distance for one in shared_base.search(query=view, k=99, where=where)} for view in asked
    ]
    nearest = sorted((min(of[case_id] for of in apart), case_id) for case_id in apart[0])
    if max_per_group:
        met: set[str] = set()
        groups = {case.case_id: case.group_id for case in shared_base.cases()}
        nearest = [one for one in nearest if groups[one[1]] not in met and not met.add(groups[one[1]])]  # type: ignore[func-returns-value]
    options = SearchOptions(k=7, where=where, max_per_group=max_per_group)
    found = search_views(shared_base, asked, options)
    assert [(one.distance, one.case.case_id) for one in found.neighbors] == nearest[:7]
    for one, view in zip(found.neighbors, found.nearest_views, strict=True):
        assert apart[view][one.case.case_id] == one.distance


def test_one_view_finds_what_a_search_finds(shared_base: CaseBase) -> None:
    view = shared_base.query(case_id="c04")
    for diversity in (None, "mmr", "balanced"):
        options = {"k": 6, "diversity": diversity, "task": "site"}
        alone = shared_base.search(query=view, **options)  # type: ignore[arg-type]
        assert search_views(shared_base, [view], SearchOptions(**options)).neighbors.case_ids == alone.case_ids  # type: ignore[arg-type]


def test_balanced_and_mmr_work_over_views(shared_base: CaseBase) -> None:
    asked = views(shared_base, 1, 2)
    spread = search_views(shared_base, asked, SearchOptions(k=5, diversity="balanced", task="site")).neighbors
    assert {label for one in spread for label in one.case.labels["site"]} == {"arm", "back", "face", "neck", "scalp"}
    assert len(search_views(shared_base, asked, SearchOptions(k=5, diversity="mmr")).neighbors) == 5


def test_what_is_one_views_own_is_left_out_for_all_and_says_why(shared_base: CaseBase) -> None:
    known, unknown = shared_base.query(case_id="c04"), views(shared_base, 3)[0]
    found = search_views(shared_base, [unknown, known], SearchOptions(k=99)).neighbors
    assert found.left_out == {"c04": "the query itself", "c05": "of the query's own group"}
    assert len(found) == 16
    assert not {"c04", "c05"} & set(found.case_ids)


def test_none_and_too_many_are_refused(shared_base: CaseBase) -> None:
    for asked in ([], views(shared_base, *range(MAX_VIEWS + 1))):
        with pytest.raises(QueryError, match="1 to 16 views"):
            search_views(shared_base, asked, SearchOptions())
