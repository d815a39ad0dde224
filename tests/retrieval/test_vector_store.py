"""The LangChain vector store: LangChain's own tests, distances, filters, the leak guard, and what it erases."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.indexing import InMemoryRecordManager, index

from dermtools.errors import DermtoolsError, QueryError
from dermtools.retrieval import CaseBase, CaseVectorStore, SimilarCaseRetriever
from tests.support.langchain_embedder import LangChainEmbedder
from tests.support.langchain_suites import VectorStoreIntegrationTests
from tests.support.mean_colour import TEN, MeanColour, shade
from tests.support.paths import bytes_below


class TestStandard(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, tmp_path: Path) -> CaseVectorStore:
        embedder = LangChainEmbedder(self.get_embeddings())
        return CaseVectorStore(CaseBase.create(tmp_path / "base", embedder=embedder))


COLOURS = {"r": "red", "rg": "red green", "rgb": "red green blue", "b": "blue", "k": "nothing"}
"""Documents by id; where they lie is read off their words."""


def filled(folder: Path, *, cases: bool = False) -> CaseVectorStore:
    store = CaseVectorStore(CaseBase.create(folder / "base", embedder=MeanColour()))
    if cases:
        store.case_base.add(TEN)
    metadatas = [{"words": len(text.split()), "start": text[0]} for text in COLOURS.values()]
    assert store.add_texts(iter(COLOURS.values()), metadatas, ids=list(COLOURS)) == list(COLOURS)
    return store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CaseVectorStore:
    """Five documents."""
    return filled(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> CaseVectorStore:
    """Five documents and ten cases with pictures, whose age is private."""
    return filled(tmp_path_factory.mktemp("mixed"), cases=True)


def ids(documents: list[Document]) -> list[str | None]:
    return [document.id for document in documents]


def test_scores_are_euclidean_distances_nearest_first(store: CaseVectorStore) -> None:
    at = {
        name: np.array([255.0 * (word in text) for word in ("red", "green", "blue")]) for name, text in COLOURS.items()
    }
    expected = sorted((float(np.linalg.norm(place - at["rg"])), name) for name, place in at.items())
    found = store.similarity_search_with_score("green and red", k=5)
    assert [one.id for one, _ in found] == [name for _, name in expected]
    assert [score for _, score in found] == pytest.approx([distance for distance, _ in expected], abs=1e-3)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"words": 1}, ["r", "k", "b"]),
        ({"words": 1, "start": "b"}, ["b"]),
        ("words >= 2 AND start LIKE 'r%'", ["rg", "rgb"]),
        ({}, ["r", "k", "rg", "b", "rgb"]),
        (None, ["r", "k", "rg", "b", "rgb"]),
    ],
)
def test_a_filter_is_a_condition_or_values(store: CaseVectorStore, given: Any, found: list[str]) -> None:
    assert ids(store.similarity_search("red", k=5, filter=given)) == found
    assert ids(asyncio.run(store.asimilarity_search("red", k=5, filter=given))) == found


def test_a_filter_sees_what_is_shown_alone_and_where_all(mixed: CaseVectorStore) -> None:
    with pytest.raises(QueryError, match="no column 'age'"):
        mixed.similarity_search("red", filter={"age": 3})
    found = mixed.similarity_search("red", k=9, where="age < 3", filter={"location": "hand"})
    assert sorted(filter(None, ids(found))) == ["case0", "case1", "case2"]
    assert "'age'" not in str(found)


def test_other_cases_come_as_the_retriever_gives_them(mixed: CaseVectorStore) -> None:
    told = SimilarCaseRetriever(case_base=mixed.case_base, k=3, where="age < 9").invoke("green")
    assert mixed.similarity_search("green", k=3, where="age < 9") == told
    assert mixed.similarity_search("case:case4", k=3, where="age < 9") == SimilarCaseRetriever(
        case_base=mixed.case_base, k=3, where="age < 9"
    ).invoke("case:case4")


def test_a_picture_and_its_vector_never_meet_their_own_group_unless_told(mixed: CaseVectorStore) -> None:
    """case4 and case5 are group2."""
    vector = mixed.case_base.vectors[mixed.case_base.columns.row_of["case4"]].tolist()
    for found in (
        mixed.similarity_search_by_image(shade(40), k=15),
        asyncio.run(mixed.asimilarity_search_by_image(shade(40), k=15)),
        mixed.similarity_search_by_vector(vector, k=15),
    ):
        assert not {"case4", "case5"} & set(ids(found))
        assert len(found) == 13
    assert ids(mixed.similarity_search_by_image(shade(40), k=1, leak_guard=False)) == ["case4"]
    assert ids(mixed.similarity_search_by_vector(vector, k=1, leak_guard=False)) == ["case4"]
    assert "case8" not in ids(mixed.similarity_search_by_image(shade(40), k=15, group_id="group4"))


def test_mmr_spreads_over_documents_unlike_each_other(store: CaseVectorStore) -> None:
    """Of the four nearest to red (r, k, rg at 255, b at 361), b and rg lie farthest from r."""
    assert ids(store.max_marginal_relevance_search("red", k=2, fetch_k=2, lambda_mult=0)) == ["r", "k"]
    assert ids(store.max_marginal_relevance_search("red", k=2, fetch_k=5, lambda_mult=0)) == ["r", "b"]
    assert ids(store.max_marginal_relevance_search("red", k=3, fetch_k=5, lambda_mult=1)) == ids(
        store.similarity_search("red", k=3)
    )
    by_vector = store.max_marginal_relevance_search_by_vector([255, 0, 0], 2, 5, 0, leak_guard=False)
    assert ids(by_vector) == ["r", "b"]
    assert ids(asyncio.run(store.amax_marginal_relevance_search("red", k=1, filter={"start": "b"}))) == ["b"]


def test_relevance_goes_from_0_to_1(store: CaseVectorStore, shared_base: CaseBase) -> None:
    (near, far) = store.similarity_search_with_relevance_scores("red", k=5)[::4]
    assert (near[0].id, near[1], far[0].id) == ("r", 1.0, "rgb")
    assert far[1] == pytest.approx(1 / (1 + 255 * 2**0.5))
    score = CaseVectorStore(shared_base)._select_relevance_score_fn()
    assert shared_base.identity.normalized
    assert [score(distance) for distance in (0, 2**0.5, 2, 2 + 1e-6)] == pytest.approx([1, 0.5, 0, 0])
    assert score(2 + 1e-6) >= 0


@pytest.mark.parametrize("search_type", ["similarity", "similarity_score_threshold", "mmr"])
@pytest.mark.parametrize("is_async", [False, True])
def test_its_retriever_honours_search_kwargs(store: CaseVectorStore, search_type: str, is_async: bool) -> None:
    def found(**kwargs: Any) -> list[str | None]:
        retriever = store.as_retriever(search_type=search_type, search_kwargs=needed | kwargs)
        return ids(asyncio.run(retriever.ainvoke("red")) if is_async else retriever.invoke("red"))

    needed: dict[str, Any] = {"score_threshold": 0.0} if search_type == "similarity_score_threshold" else {}
    assert found(k=1) == ["r"]
    assert found(k=5, filter={"start": "b"}) == ["b"]
    if search_type != "mmr":
        assert found(k=5, score_threshold=0.5) == ["r"]


def test_the_same_again_changes_nothing_and_langchains_index_keeps_it_up(tmp_path: Path) -> None:
    store = CaseVectorStore(CaseBase.create(tmp_path / "base", embedder=MeanColour()))
    records = InMemoryRecordManager("test")
    records.create_schema()
    documents = [Document(text, metadata={"source": name}) for name, text in COLOURS.items()]

    def indexed(documents: list[Document]) -> tuple[int, int, int]:
        done = index(documents, records, store, cleanup="full", source_id_key="source", key_encoder="sha256")
        return done["num_added"], done["num_skipped"], done["num_deleted"]

    assert indexed(documents) == (5, 0, 0)
    version = store.case_base.version
    found = store.similarity_search("red", k=9)
    store.add_documents(found)
    assert store.case_base.version == version
    assert indexed(documents[1:]) == (0, 4, 1)
    assert "red" not in {one.page_content for one in store.similarity_search("red", k=9)}


def test_what_is_deleted_is_on_the_disk_no_more(tmp_path: Path) -> None:
    store = CaseVectorStore(CaseBase.create(tmp_path / "base", embedder=MeanColour()))
    store.add_documents([Document("a wish of Hans", id="1"), Document("blue", id="2")])
    store.add_documents([Document("a wish of Hans, twice", id="1")])
    assert b"wish of Hans" in bytes_below(store.case_base.path)
    assert store.delete(["1", "nothing"]) is True
    assert b"wish of Hans" not in bytes_below(store.case_base.path)
    assert ids(store.get_by_ids(["2", "1", "2"])) == ["2"]
    with pytest.raises(QueryError, match=r"delete\(ids="):
        store.delete()
    assert len(store.case_base) == 1


def test_from_texts_opens_or_creates_a_case_base(tmp_path: Path) -> None:
    embedder = MeanColour()
    store = CaseVectorStore.from_texts(["red", "blue"], embedder, ids=["1", "2"], path=tmp_path / "base")
    documents = [Document("green", id="3", metadata={"page": 1})]
    again = CaseVectorStore.from_documents(documents, store.embeddings, path=tmp_path / "base")
    assert ids(again.similarity_search("green", k=3))[0] == "3"
    assert len(store.case_base) == 3


@pytest.mark.parametrize("path", [None, "base"])
def test_from_texts_needs_a_folder_and_an_embedder_of_pictures(tmp_path: Path, path: str | None) -> None:
    given = MeanColour() if path is None else TestStandard.get_embeddings()
    assert isinstance(given, Embeddings) == (path is not None)
    with pytest.raises(QueryError, match="a case base needs a folder and an embedder of pictures and texts"):
        CaseVectorStore.from_texts(["red"], given, path=path and tmp_path / path)
    assert not (tmp_path / "base").exists()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (lambda store: store.similarity_search("red", kk=3), "no option 'kk'"),
        (lambda store: store.similarity_search("red", k=0), "k must be a whole number"),
        (lambda store: store.similarity_search(" "), "the text is empty"),
        (lambda store: store.similarity_search("case:nobody"), None),
        (lambda store: store.similarity_search_by_vector([1.0]), r"has shape \(1,\)"),
        (lambda store: store.similarity_search_by_image("nothing.png"), "no such file"),
        (lambda store: store.max_marginal_relevance_search("red", lambda_mult=2), "between 0 and 1"),
        (lambda store: store.add_texts(["a", "b"], ids=["1"]), "2 documents and 1 ids; give as many"),
        (lambda store: store.add_texts(["a", "b"], [{}]), "2 texts and 1 metadatas; give as many"),
        (lambda store: store.add_documents([Document("a")], vectors=[1]), "no option 'vectors'"),
        (lambda store: store.add_documents([Document("a")], batch_size=0), "batch_size must be"),
    ],
)
def test_what_cannot_be_done_is_one_line(store: CaseVectorStore, asked: Any, says: str | None) -> None:
    if says is None:  # words that only begin like the name of a case
        assert len(asked(store)) == 4
        return
    with pytest.raises(DermtoolsError, match=says) as caught:
        asked(store)
    assert "\n" not in str(caught.value)
    assert len(store.case_base) == 5


def test_adding_nothing_writes_nothing(store: CaseVectorStore) -> None:
    version = store.case_base.version
    assert store.add_documents([]) == store.add_texts([]) == []
    assert store.case_base.version == version
