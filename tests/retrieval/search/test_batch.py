"""Many searches at once give what each gives alone, whatever the matrix product of float32 makes of distances."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.cases.case import Case, Task
from dermtools.cases.columns import CaseColumns
from dermtools.prediction import Query
from dermtools.retrieval.search import batch
from dermtools.retrieval.search.batch import search_many
from dermtools.retrieval.search.index import FlatIndex, Ranking
from dermtools.retrieval.search.neighbors import Neighbors
from dermtools.retrieval.search.pipeline import SearchOptions, search
from dermtools.retrieval.search.snapshot import Snapshot

MakeColumns = Callable[..., CaseColumns]
SITE = Task(name="site", question="Where?", labels=("arm", "back", "face"))
DIMENSION = 24
KINDS = ("case", "group", "content", "text", "unknown", "copy")


def no_jpegs(_: Sequence[str]) -> dict[str, bytes]:
    raise AssertionError("no picture is needed here")


def snapshot_of(vectors: np.ndarray, rng: np.random.Generator, case_columns: MakeColumns) -> Snapshot:
    n = len(vectors)
    cases = [
        Case(
            case_id=f"case-{number}",
            group_id=f"group-{rng.integers(max(1, n // 3))}",
            split=("train", "test")[rng.integers(2)],
            labels={"site": (SITE.labels[rng.integers(3)],)},
            attributes={"age": int(rng.integers(20, 60))},
        )
        for number in rng.permutation(n)
    ]
    columns = case_columns(cases, [f"hash-{rng.integers(max(1, 2 * n))}" for _ in range(n)], tasks=["site"])
    return Snapshot(columns, FlatIndex.build(vectors, columns.case_ids), (SITE,))


def asked(snapshot: Snapshot, kind: str, rng: np.random.Generator) -> tuple[Query, np.ndarray]:
    vectors, columns = snapshot.index.vectors, snapshot.columns
    row = int(rng.integers(len(vectors)))
    vector = vectors[rng.integers(len(vectors))] + rng.standard_normal(DIMENSION).astype(np.float32) / 8
    known = {
        "case": {"case_id": columns.case_ids[row]},
        "group": {"group_id": columns.group_ids[row]},
        "content": {"content_hash": columns.content_hashes[row]},
        "text": {"text": "red"},
    }
    return Query(name=kind, **known.get(kind, {})), vectors[row] if kind in ("case", "copy") else vector


def said(found: Neighbors) -> tuple[object, ...]:
    pairs = [(one.rank, one.case.case_id, one.distance) for one in found]
    return found.query, pairs, found.notes, found.left_out


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_many_searches_equal_each_alone(data: st.DataObject, case_columns: MakeColumns) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1), label="seed"))
    n = data.draw(st.sampled_from([1, 5, 30, 150, 600]), label="cases")
    vectors = rng.standard_normal((n, DIMENSION)).astype(np.float32)
    if data.draw(st.booleans(), label="equal vectors"):
        vectors = vectors[rng.integers(max(1, n // 4), size=n)]
    # Far from the origin, where |x|^2 - 2xy + |y|^2 says hardly anything in float32.
    vectors += np.float32(data.draw(st.sampled_from([0, 0, 50, 3000]), label="offset"))
    snapshot = snapshot_of(vectors, rng, case_columns)
    queries = [
        asked(snapshot, KINDS[rng.integers(len(KINDS))], rng) for _ in range(data.draw(st.sampled_from([2, 40])))
    ]
    options = SearchOptions(
        k=data.draw(st.sampled_from([1, 5, 12])),
        where=data.draw(st.sampled_from([None, "age >= 40", "age >= 58", "age > 99"])),
        exclude_groups=data.draw(st.sampled_from([(), ("group-0", "group-1", "nobody")])),
        max_per_group=data.draw(st.sampled_from([None, 1])),
        diversity=data.draw(st.sampled_from([None, None, "mmr", "balanced"])),
        task="site",
        leak_guard=data.draw(st.sampled_from([True, True, False])),
    )
    alone = [search(snapshot, query, vector, options, no_jpegs) for query, vector in queries]
    together = search_many(snapshot, queries, options, no_jpegs)
    assert [said(found) for found in together] == [said(found) for found in alone]


@pytest.mark.parametrize("where", [None, "age >= 40"])
def test_distances_and_order_are_those_of_float64(
    where: str | None, case_columns: MakeColumns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against numpy, over several blocks of rows and of queries."""
    monkeypatch.setattr(batch, "ROWS_AT_ONCE", 100)
    monkeypatch.setattr(batch, "AT_ONCE", 32)
    rng = np.random.default_rng(3)
    vectors = np.repeat(rng.standard_normal((500, DIMENSION)).astype(np.float32), 2, axis=0)
    snapshot = snapshot_of(vectors, rng, case_columns)
    ids = snapshot.columns.case_ids
    allowed = [where is None or snapshot.columns.case(row).attributes["age"] >= 40 for row in range(len(ids))]
    queries = [
        (Query(name=str(i), group_id="nobody"), rng.standard_normal(DIMENSION).astype(np.float32)) for i in range(70)
    ]
    for (_, vector), found in zip(
        queries, search_many(snapshot, queries, SearchOptions(9, where), no_jpegs), strict=True
    ):
        distances = np.sqrt(((vectors.astype(np.float64) - vector) ** 2).sum(axis=1))
        expected = sorted((d, ids[row]) for row, d in enumerate(distances.tolist()) if allowed[row])[:9]
        assert [(one.distance, one.case.case_id) for one in found] == [(pytest.approx(d), one) for d, one in expected]


def test_a_tuned_index_is_asked_for_each_query(case_columns: MakeColumns) -> None:
    """What many searches give is what that index gives for one, not what the exact one would."""

    class Tuned:
        note = "approximate"

        def __init__(self, exact: FlatIndex) -> None:
            self.exact, self.case_ids, self.vectors = exact, exact.case_ids, exact.vectors

        def __len__(self) -> int:
            return len(self.exact)

        def rank(self, vector: np.ndarray, allowed: np.ndarray | None = None, *, first: int = 1) -> Ranking:
            seen = np.arange(len(self)) % 2 == 0  # it misses every other row
            return self.exact.rank(vector, seen if allowed is None else seen & allowed, first=first)

    rng = np.random.default_rng(5)
    exact = snapshot_of(rng.standard_normal((300, DIMENSION)).astype(np.float32), rng, case_columns)
    tuned = Snapshot(exact.columns, Tuned(exact.index), (SITE,))
    queries = [asked(exact, "group", rng) for _ in range(30)]
    together = search_many(tuned, queries, SearchOptions(), no_jpegs)
    assert [said(found) for found in together] == [
        said(search(tuned, query, vector, SearchOptions(), no_jpegs)) for query, vector in queries
    ]
    assert [said(found) for found in together] != [
        said(one) for one in search_many(exact, queries, SearchOptions(), no_jpegs)
    ]


def test_no_query_gives_no_result(case_columns: MakeColumns) -> None:
    rng = np.random.default_rng(0)
    snapshot = snapshot_of(rng.standard_normal((9, DIMENSION)).astype(np.float32), rng, case_columns)
    assert search_many(snapshot, [], SearchOptions(), no_jpegs) == []
