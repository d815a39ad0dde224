"""The LangChain retriever: LangChain's own tests, and what a query may name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

from dermtools.cases.case import Case
from dermtools.errors import ImageError, QueryError
from dermtools.retrieval import CaseBase, SimilarCaseRetriever
from dermtools.retrieval.retriever import _document
from dermtools.retrieval.search.neighbors import Neighbor


class TestStandard(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _case_base(self, small_base: CaseBase) -> None:
        self.case_base = small_base

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return SimilarCaseRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"case_base": self.case_base, "k": 2}

    @property
    def retriever_query_example(self) -> str:
        return "case:c04"


def test_a_document_holds_the_case_as_text_and_as_data(small_base: CaseBase) -> None:
    small_base.attributes.show("age")
    (document,) = SimilarCaseRetriever(case_base=small_base, k=1).invoke("case:c04")
    (neighbor,) = small_base.search(case_id="c04", k=1)
    case = neighbor.case
    assert document.id == case.case_id
    assert document.metadata == {
        "case_id": case.case_id,
        "group_id": case.group_id,
        "rank": 1,
        "distance": neighbor.distance,
        "labels": {"site": list(case.labels["site"])},
        "attributes": case.attributes,
    }
    assert document.page_content.startswith(f"Case {case.case_id}, similar case number 1, distance ")
    assert f"site: {', '.join(case.labels['site'])}" in document.page_content


def test_retrieved_text_is_short_and_without_control_characters() -> None:
    case = Case(case_id="a\nb", group_id="g", attributes={"story": "x\x1b[2J\n" + "y" * 5000})
    lines = _document(Neighbor(1, case, 0.5, frozenset({"story"}))).page_content.splitlines()
    assert lines[0].startswith("Case a b, ")
    assert lines[1].startswith("story: x [2J yyy")
    assert len(lines) == 2
    assert len(lines[1]) < 250
    assert all(line.isprintable() for line in lines)


async def test_async_gives_the_same_and_takes_k(small_base: CaseBase) -> None:
    retriever = SimilarCaseRetriever(case_base=small_base)
    assert await retriever.ainvoke("case:c04", k=3) == retriever.invoke("case:c04", k=3)
    assert len(await retriever.ainvoke("case:c04", k=3)) == 3


def test_options_go_into_the_search(small_base: CaseBase) -> None:
    retriever = SimilarCaseRetriever(case_base=small_base, k=18, where="split = 'train'", max_per_group=1)
    documents = retriever.invoke("case:c02")
    groups = [document.metadata["group_id"] for document in documents]
    assert len(groups) == len(set(groups)) == 5


@pytest.mark.parametrize(
    "name", ["outside/secret.png", "granted/../outside/secret.png", "granted/link.png", "granted", "nothing"]
)
def test_a_path_outside_the_granted_folders_is_refused_in_the_same_words(
    small_base: CaseBase, tmp_path: Path, name: str
) -> None:
    secret = tmp_path / "outside" / "secret.png"
    granted = tmp_path / "granted"
    secret.parent.mkdir()
    granted.mkdir()
    secret.write_bytes(small_base.jpeg("c01"))
    (granted / "link.png").symlink_to(secret)
    with pytest.raises(QueryError) as caught:
        SimilarCaseRetriever(case_base=small_base, allow=(granted,)).invoke(str(tmp_path / name))
    assert str(caught.value) == (
        "descriptor reads no text; ask with case:ID, or with a picture's path below an allowed folder"
    )


def test_a_path_is_read_only_where_it_was_granted(small_base: CaseBase, tmp_path: Path) -> None:
    picture = tmp_path / "query.jpg"
    picture.write_bytes(small_base.jpeg("c01"))
    assert len(SimilarCaseRetriever(case_base=small_base, allow=(tmp_path,), k=4).invoke(str(picture))) == 4
    with pytest.raises(QueryError, match=r"ask with case:ID$"):
        SimilarCaseRetriever(case_base=small_base).invoke(str(picture))


def test_a_path_relative_to_a_granted_folder_is_read_as_in_the_toolkit(small_base: CaseBase, tmp_path: Path) -> None:
    (tmp_path / "query.jpg").write_bytes(small_base.jpeg("c01"))
    retriever = SimilarCaseRetriever(case_base=small_base, allow=(tmp_path,), k=4)
    assert retriever.invoke("query.jpg") == retriever.invoke(str(tmp_path / "query.jpg"))


def test_a_file_swapped_for_a_link_while_it_is_opened_is_not_read(
    small_base: CaseBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = tmp_path / "granted"
    granted.mkdir()
    victim, secret = granted / "query.jpg", tmp_path / "secret.jpg"
    victim.write_bytes(small_base.jpeg("c01"))
    secret.write_bytes(small_base.jpeg("c02"))
    retriever = SimilarCaseRetriever(case_base=small_base, allow=(granted,))
    honest = os.path.realpath

    def realpath(path: Any, **options: Any) -> str:
        answer = honest(path, **options)
        victim.unlink()
        victim.symlink_to(secret)
        return answer

    monkeypatch.setattr(os.path, "realpath", realpath)
    with pytest.raises(ImageError, match="cannot be read"):
        retriever.invoke("query.jpg")


def test_a_granted_file_that_is_no_picture_is_said_to_be_none(small_base: CaseBase, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(ImageError):
        SimilarCaseRetriever(case_base=small_base, allow=(tmp_path,)).invoke("notes.txt")
