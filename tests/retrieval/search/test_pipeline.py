"""A search equals a naive one over all cases: guard, filter, caps and diversity included."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.cases.case import Case, Task
from dermtools.cases.columns import CaseColumns
from dermtools.errors import QueryError
from dermtools.prediction import Query
from dermtools.retrieval.search.index import FlatIndex
from dermtools.retrieval.search.neighbors import Neighbors
from dermtools.retrieval.search.pipeline import SearchOptions, search
from dermtools.retrieval.search.snapshot import Snapshot

MakeColumns = Callable[..., CaseColumns]
SITE = Task(name="site", question="Where?", labels=("arm", "back", "face"))


def no_jpegs(_: Sequence[str]) -> dict[str, bytes]:
    raise AssertionError("no picture is needed here")


class Base:
    """Some random cases, and the naive search over them."""

    def __init__(self, data: st.DataObject, case_columns: MakeColumns) -> None:
        # Up to 120 cases so that FAISS ranks, and below that everything is computed; few distinct values
        # make many equal vectors and equal distances.
        n = data.draw(st.sampled_from([0, 1, 5, 12, 30, 120]), label="cases")
        rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1), label="seed"))
        self.vectors = rng.integers(-1, 2, (n, 4)).astype(np.float32) / np.float32(rng.choice([1, 3]))
        self.cases = [
            Case(
                case_id=f"case-{i}",
                group_id=f"group-{rng.integers(max(1, n // 3))}",
                split=("train", "test", None)[rng.integers(3)],
                labels={"site": tuple(sorted(rng.choice(SITE.labels, size, replace=False)))}
                if (size := rng.integers(3))
                else {},
                attributes={"age": int(rng.integers(20, 60))},
            )
            for i in rng.permutation(n)
        ]
        self.hashes = [f"hash-{rng.integers(max(1, 2 * n))}" for _ in range(n)]
        columns = case_columns(self.cases, self.hashes, tasks=["site"])
        self.snapshot = Snapshot(columns, FlatIndex.build(self.vectors, columns.case_ids), (SITE,))
        self.rng = rng

    def query(self, kind: str) -> tuple[Query, np.ndarray]:
        row = int(self.rng.integers(len(self.cases))) if self.cases else None
        vector = self.rng.integers(-1, 2, 4).astype(np.float32)
        if row is None or kind == "unknown":
            return Query(name="q"), vector
        case = self.cases[row]
        if kind == "case":
            return Query(name="q", case_id=case.case_id), self.vectors[row]
        if kind == "group":
            return Query(name="q", group_id=case.group_id), vector
        if kind == "content":
            return Query(name="q", content_hash=self.hashes[row]), vector
        if kind == "text":
            return Query(name="q", text="red"), self.vectors[row]
        return Query(name="q"), self.vectors[row]

    def own(self, query: Query, vector: np.ndarray) -> set[int]:
        """Rows that the guard should leave out, from its description."""
        contents = {query.content_hash} | {
            digest for case, digest in zip(self.cases, self.hashes, strict=True) if case.case_id == query.case_id
        }
        groups = {query.group_id} | {
            case.group_id for case, digest in zip(self.cases, self.hashes, strict=True) if digest in contents
        }
        groups.discard(None)
        if not groups and query.text is None:
            limit = 0.02 * math.sqrt((vector.astype(float) ** 2).sum())
            groups = {case.group_id for i, case in enumerate(self.cases) if self.distance(i, vector) <= limit}
        return {i for i, case in enumerate(self.cases) if case.group_id in groups}

    def distance(self, row: int, vector: np.ndarray) -> float:
        return float(np.sqrt(np.square(self.vectors[row].astype(float) - vector.astype(float)).sum()))

    def naive(self, query: Query, vector: np.ndarray, options: SearchOptions) -> list[tuple[str, float]]:
        left_out = self.own(query, vector) if options.leak_guard else set()
        rows = [
            i
            for i, case in enumerate(self.cases)
            if i not in left_out
            and case.group_id not in options.exclude_groups
            and case.case_id not in options.exclude_cases
            and (options.where is None or (case.attributes["age"] >= 40 and "arm" in case.labels.get("site", ())))
        ]
        order = sorted(rows, key=lambda i: (self.distance(i, vector), self.cases[i].case_id))
        if options.diversity == "balanced":
            chosen = self.naive_balanced(order, vector, options)
        else:
            chosen, groups = [], Counter()
            for i in order:
                if options.max_per_group is None or groups[self.cases[i].group_id] < options.max_per_group:
                    groups[self.cases[i].group_id] += 1
                    chosen.append(i)
            if options.diversity == "mmr":
                chosen = self.naive_mmr(chosen[: 4 * options.k], vector, options)
            chosen = chosen[: options.k]
        pairs = [(self.cases[i].case_id, self.distance(i, vector)) for i in chosen]
        return sorted(pairs, key=lambda pair: (pair[1], pair[0]))

    def naive_mmr(self, pool: list[int], vector: np.ndarray, options: SearchOptions) -> list[int]:
        chosen: list[int] = []
        while pool and len(chosen) < options.k:

            def score(i: int) -> float:
                apart = min((self.distance(i, self.vectors[j]) for j in chosen), default=0)
                return (1 - options.mmr_relevance) * apart - options.mmr_relevance * self.distance(i, vector)

            best = max(pool, key=score)
            pool = [i for i in pool if i != best]
            chosen.append(best)
        return chosen

    def naive_balanced(self, order: list[int], vector: np.ndarray, options: SearchOptions) -> list[int]:
        queues = {label: [i for i in order if label in self.cases[i].labels.get("site", ())] for label in SITE.labels}
        queues = {label: queue for label, queue in queues.items() if queue}
        labels = sorted(queues, key=lambda label: (self.distance(queues[label][0], vector), label))
        chosen: list[int] = []
        groups: Counter[str] = Counter()
        while any(queues.values()) and len(chosen) < options.k:
            for label in labels:
                while queues[label] and len(chosen) < options.k:
                    i = queues[label].pop(0)
                    group = self.cases[i].group_id
                    if i not in chosen and (options.max_per_group is None or groups[group] < options.max_per_group):
                        chosen.append(i)
                        groups[group] += 1
                        break
        return chosen


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_search_equals_a_naive_search(data: st.DataObject, case_columns: MakeColumns) -> None:
    base = Base(data, case_columns)
    query, vector = base.query(data.draw(st.sampled_from(["case", "group", "content", "text", "unknown", "vector"])))
    options = SearchOptions(
        k=data.draw(st.integers(1, 12)),
        where=data.draw(st.sampled_from([None, "age >= 40 AND site = 'arm'"])) if base.cases else None,
        exclude_groups=data.draw(st.sampled_from([(), ("group-0", "group-1", "nobody")])),
        exclude_cases=data.draw(st.sampled_from([(), ("case-0", "case-3", "nobody")])),
        max_per_group=data.draw(st.sampled_from([None, 1, 2])),
        diversity=data.draw(st.sampled_from([None, None, "mmr", "balanced"])),
        task="site",
        mmr_relevance=data.draw(st.sampled_from([0.0, 0.3, 1.0])),
        leak_guard=data.draw(st.sampled_from([True, True, False])),
    )
    expected = base.naive(query, vector, options)
    found = search(base.snapshot, query, vector, options, no_jpegs)
    assert [(neighbor.case.case_id, neighbor.distance) for neighbor in found] == expected
    assert [neighbor.rank for neighbor in found] == list(range(1, len(found) + 1))


@pytest.fixture(scope="module")
def line(case_columns: MakeColumns) -> Snapshot:
    """60 cases of 20 patients on a line, at 1, 2, ... 60; the arm up to 30, then the back."""
    cases = [
        Case(case_id=f"c{i:02d}", group_id=f"p{i // 3}", labels={"site": ("arm" if i < 30 else "back",)})
        for i in range(60)
    ]
    columns = case_columns(cases)
    vectors = np.arange(1, 61, dtype=np.float32)[:, None]
    return Snapshot(columns, FlatIndex.build(vectors, columns.case_ids), (SITE,))


def ask(snapshot: Snapshot, place: float, query: Query | None = None, **options: object) -> Neighbors:
    vector = np.array([place], np.float32)
    return search(snapshot, query or Query(name="q"), vector, SearchOptions(**options), no_jpegs)


def test_the_guard_never_shortens_the_result(line: Snapshot) -> None:
    found = ask(line, 1.0, Query(name="c00", case_id="c00"), k=5)
    assert found.case_ids == ["c03", "c04", "c05", "c06", "c07"]
    assert "3 cases of the query's own group or picture left out" in found.notes[0]


def test_k_larger_than_what_is_left_gives_what_is_left_and_says_so(line: Snapshot) -> None:
    found = ask(line, 1.0, Query(name="c00", case_id="c00"), k=1000)
    assert len(found) == 57
    assert found.notes[-1] == "57 neighbours instead of 1000: no more are left"


def test_without_the_guard_the_query_meets_itself_and_the_notes_say_so(line: Snapshot) -> None:
    found = ask(line, 1.0, Query(name="c00", case_id="c00"), k=2, leak_guard=False)
    assert found.case_ids == ["c00", "c01"]
    assert "leak guard off" in found.notes[0]


def test_a_bare_vector_does_not_meet_the_case_at_its_place_nor_that_group(line: Snapshot) -> None:
    assert ask(line, 5.01, k=3).case_ids == ["c06", "c02", "c07"]


def test_a_copy_that_the_filter_hides_still_gives_its_group_away(line: Snapshot) -> None:
    assert ask(line, 5.01, k=2, where="case_id != 'c04'").case_ids == ["c06", "c02"]


def test_a_query_whose_group_is_known_may_meet_others_at_its_place(line: Snapshot) -> None:
    assert ask(line, 5.0, Query(name="q", group_id="new patient"), k=1).case_ids == ["c04"]


def test_max_per_group_goes_on_until_k_are_found(line: Snapshot) -> None:
    found = ask(line, 0.0, k=20, max_per_group=1)
    assert found.case_ids == [f"c{i:02d}" for i in range(0, 60, 3)]


def test_several_conditions_must_all_hold(line: Snapshot) -> None:
    found = ask(line, 0.0, k=60, where=["site = 'back'", "case_id < 'c33'"])
    assert found.case_ids == ["c30", "c31", "c32"]
    assert found.notes[0] == "where: 3 of 60 cases satisfy it"


def test_balanced_spreads_over_labels_and_mmr_over_places(line: Snapshot) -> None:
    assert ask(line, 0.0, k=4, diversity="balanced", task="site").case_ids == ["c00", "c01", "c30", "c31"]
    assert ask(line, 0.0, k=3, diversity="mmr", mmr_relevance=0.2).case_ids == ["c00", "c05", "c11"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "k must be a whole number of at least 1, not 0"),
        ({"k": None}, "k must be a whole number"),
        ({"k": True}, "k must be a whole number"),
        ({"k": 2.0}, "k must be a whole number"),
        ({"max_per_group": 0}, "max_per_group must be"),
        ({"diversity": "most"}, "no diversity 'most'; there are: mmr, balanced"),
        ({"diversity": "balanced"}, "name it \\(--task, task='location'\\)"),
        ({"task": "colour"}, "no task 'colour'; there are: site"),
        ({"mmr_relevance": 1.1}, "between 0 and 1"),
        ({"exclude_groups": "p1"}, "takes a list of ids"),
        ({"where": "size > 3"}, "no column 'size'"),
    ],
)
def test_an_option_out_of_range_is_refused(line: Snapshot, options: dict[str, object], message: str) -> None:
    with pytest.raises(QueryError, match=message):
        ask(line, 0.0, **options)
