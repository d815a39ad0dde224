"""Search through Lance's index, against numpy's sort of all distances."""

from __future__ import annotations

import lance
import numpy as np
import pytest
from numpy.typing import NDArray

from dermtools.cases.fragments import dataset_of
from dermtools.cases.manifest import LanceSearch
from dermtools.cases.store import CaseStore
from dermtools.cases.vector_search import INDEX, is_indexed, scanned, taken
from dermtools.errors import QueryError
from dermtools.retrieval import CaseBase
from dermtools.retrieval.search.lance_index import EXACT_ROWS, LanceIndex
from dermtools.retrieval.search.pipeline import SearchOptions
from dermtools.retrieval.views import search_views

CASES, DIMENSION, NEW = 6000, 32, 40


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[CaseStore, NDArray[np.float32]]:
    """Clustered vectors, indexed but for the last NEW rows."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(60, DIMENSION))
    vectors = (centres[random.integers(0, 60, CASES)] + 0.3 * random.normal(size=(CASES, DIMENSION))).astype(np.float32)
    case_base = CaseBase.create(
        tmp_path_factory.mktemp("indexed"), embedder=f"given:model?dimension={DIMENSION}&normalized=false"
    )
    rows = [{"case_id": f"c{row}", "group_id": f"g{row // 3}", "split": "train", "site": "arm"} for row in range(CASES)]
    case_base.add(rows[:-NEW], vectors=vectors[:-NEW], tasks=["site"])
    dataset_of(case_base.store.table).create_index("vector", "IVF_PQ", name=INDEX, num_partitions=40, num_sub_vectors=8)
    case_base.add(rows[-NEW:], vectors=vectors[-NEW:], tasks=["site"])
    case_base.store.version  # noqa: B018 - moves to the last version
    return case_base.store, vectors


def _index(store: CaseStore, *, probes: int = 8, refine: int = 10) -> LanceIndex:
    columns = store.columns()
    return LanceIndex(store.table, columns.case_ids, columns.row_of, DIMENSION, probes, refine, note="approximate")


def _exact(vectors: NDArray[np.float32], query: NDArray[np.float32], allowed: NDArray[np.bool_]) -> list[int]:
    distances = np.linalg.norm(vectors.astype(np.float64) - query, axis=1)
    return [row for row in np.argsort(distances, kind="stable").tolist() if allowed[row]]


def test_the_vectors_are_read_as_they_are(stored: tuple[CaseStore, NDArray[np.float32]]) -> None:
    store, vectors = stored
    assert is_indexed(store.table)
    np.testing.assert_array_equal(np.concatenate(list(scanned(store.table))), vectors)
    np.testing.assert_array_equal(taken(store.table, [5, 3, CASES - 1], DIMENSION), vectors[[5, 3, CASES - 1]])


def test_it_finds_nearly_all_of_the_nearest_and_says_that_it_is_approximate(
    stored: tuple[CaseStore, NDArray[np.float32]],
) -> None:
    store, vectors = stored
    index, everybody, hits = _index(store), np.ones(CASES, np.bool_), 0
    for row in range(0, CASES, 300):
        query = vectors[row] + np.float32(0.01)
        ranking = index.rank(query, first=5)
        found = [next_row for (next_row, _), _ in zip(ranking, range(5), strict=False)]
        hits += len(set(found) & set(_exact(vectors, query, everybody)[:5]))
        assert ranking.note == "approximate"
    assert hits >= 0.95 * 5 * 20


def test_rows_that_came_after_the_index_are_found(stored: tuple[CaseStore, NDArray[np.float32]]) -> None:
    store, vectors = stored
    for row in range(CASES - NEW, CASES):
        assert next(iter(_index(store, probes=1).rank(vectors[row])))[0] == row


@pytest.mark.parametrize("left", [3, EXACT_ROWS, EXACT_ROWS + 500, CASES - 6])
def test_only_allowed_rows_come_each_once_and_all_of_them(
    stored: tuple[CaseStore, NDArray[np.float32]], left: int
) -> None:
    store, vectors = stored
    query = vectors[7]
    # The nearest of all are not allowed, as a query's own cases are not.
    allowed = np.zeros(CASES, np.bool_)
    allowed[_exact(vectors, query, np.ones(CASES, np.bool_))[-left:]] = True
    ranking = _index(store).rank(query, allowed, first=5)
    found = list(ranking)
    assert sorted(row for row, _ in found) == np.flatnonzero(allowed).tolist()
    distances = np.linalg.norm(vectors.astype(np.float64) - query, axis=1)
    np.testing.assert_allclose([distance for _, distance in found], distances[[row for row, _ in found]], rtol=1e-6)
    assert list(ranking) == found
    if left <= EXACT_ROWS:
        assert [row for row, _ in found] == _exact(vectors, query, allowed)
        assert ranking.note == ""


def test_a_query_of_another_shape_is_refused(stored: tuple[CaseStore, NDArray[np.float32]]) -> None:
    with pytest.raises(QueryError, match="shape"):
        _index(stored[0]).rank(np.zeros(3, np.float32))
    with pytest.raises(QueryError, match="NaN"):
        _index(stored[0]).rank(np.full(DIMENSION, np.nan, np.float32))


def test_lance_itself_sees_the_index(stored: tuple[CaseStore, NDArray[np.float32]]) -> None:
    described = lance.dataset(dataset_of(stored[0].table).uri).describe_indices()
    assert [(one.name, one.num_rows_indexed) for one in described] == [(INDEX, CASES - NEW)]


def test_a_search_goes_through_it_with_the_guard_and_filters_and_says_so(
    stored: tuple[CaseStore, NDArray[np.float32]],
) -> None:
    store, vectors = stored
    how = LanceSearch(probes=40, refine=40, recall=0.99, low=0.98, high=1.0, queries=100)
    store.update_manifest(lance_search=how)
    case_base = CaseBase.open(store.path)
    assert isinstance(case_base.snapshot.index, LanceIndex)
    for row in (7, 3000, CASES - 1):
        for where, allowed in ((None, np.ones(CASES, np.bool_)), ("group_id = 'g5'", np.arange(CASES) // 3 == 5)):
            found = case_base.search(case_id=f"c{row}", k=5, where=where, max_per_group=None)
            wanted = [
                f"c{near}" for near in _exact(vectors, vectors[row], allowed & (np.arange(CASES) // 3 != row // 3))
            ]
            assert [one.case.case_id for one in found] == wanted[:5]
            assert (how.note in found.notes) == (where is None)
    views = [case_base.query(case_id="c7"), case_base.query(case_id="c3000")]
    alone = [case_base.search(query=view, k=5).case_ids for view in views]
    assert [found.case_ids for found in case_base.search_many(views, k=5)] == alone
    together = search_views(case_base, views, SearchOptions(k=8))
    wide = vectors.astype(np.float64)
    for case_id, view in zip(together.neighbors.case_ids, together.nearest_views, strict=True):
        row = int(case_id[1:])
        assert view == np.argmin([np.linalg.norm(wide[row] - wide[asked]) for asked in (7, 3000)])
    assert "exact" not in vars(case_base.snapshot.index)  # which would read all vectors
    np.testing.assert_array_equal(np.asarray(case_base.snapshot.index.vectors), vectors)
    assert case_base.snapshot.index.vectors[5].tolist() == vectors[5].tolist()
    store.update_manifest(lance_search=None)
    assert not isinstance(CaseBase.open(store.path).snapshot.index, LanceIndex)
