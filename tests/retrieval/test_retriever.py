"""The LangChain retriever: LangChain's own tests, and what a query may name."""

from __future__ import annotations

import asyncio
import io
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.retrievers import BaseRetriever
from langchain_core.tracers.context import collect_runs
from PIL import Image

from dermtools.errors import ImageError, QueryError
from dermtools.images import content_hash, data_url
from dermtools.retrieval import CaseBase, SimilarCaseRetriever
from tests.support.langchain_suites import RetrieversIntegrationTests
from tests.support.langsmith_server import pictures_in
from tests.support.mean_colour import TEN, MeanColour

WAYS = "ask with case:ID, a picture (bytes, a data: URL, a Pillow picture), or a path below a folder that allow= names"


class TestStandard(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _case_base(self, shared_base: CaseBase) -> None:
        self.case_base = shared_base

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


async def test_async_gives_the_same_and_takes_k(shared_base: CaseBase) -> None:
    retriever = SimilarCaseRetriever(case_base=shared_base)
    assert await retriever.ainvoke("case:c04", k=3) == retriever.invoke("case:c04", k=3)
    assert len(await retriever.ainvoke("case:c04", k=3)) == 3


def test_options_go_into_the_search(shared_base: CaseBase) -> None:
    retriever = SimilarCaseRetriever(case_base=shared_base, k=18, where="split = 'train'", max_per_group=1)
    documents = retriever.invoke("case:c02")
    groups = [document.metadata["group_id"] for document in documents]
    assert len(groups) == len(set(groups)) == 5


@pytest.mark.parametrize(
    "name", ["outside/secret.png", "granted/../outside/secret.png", "granted/link.png", "granted", "nothing"]
)
def test_a_path_outside_the_granted_folders_is_refused_in_the_same_words(
    shared_base: CaseBase, tmp_path: Path, name: str
) -> None:
    secret = tmp_path / "outside" / "secret.png"
    granted = tmp_path / "granted"
    secret.parent.mkdir()
    granted.mkdir()
    secret.write_bytes(shared_base.jpeg("c01"))
    (granted / "link.png").symlink_to(secret)
    with pytest.raises(QueryError) as caught:
        SimilarCaseRetriever(case_base=shared_base, allow=(granted,)).invoke(str(tmp_path / name))
    assert str(caught.value) == f"no picture that may be read; {WAYS}"


@pytest.mark.parametrize("path", ["/photos/1.png", "photo.JPG", "C:\\photos\\1", "~/photo", "\\\\server\\share\\a"])
def test_a_path_is_never_taken_for_words(path: str, tmp_path: Path) -> None:
    case_base = CaseBase.create(tmp_path / "base", embedder=MeanColour())
    case_base.add(TEN)
    retriever = SimilarCaseRetriever(case_base=case_base)
    assert retriever.invoke("green or blue, on the arm/leg") != []
    with pytest.raises(QueryError) as caught:
        retriever.invoke(path)
    assert str(caught.value) == f"no picture that may be read; {WAYS}"


def test_a_path_is_read_only_where_it_was_granted(shared_base: CaseBase, tmp_path: Path) -> None:
    picture = tmp_path / "query.jpg"
    picture.write_bytes(shared_base.jpeg("c01"))
    assert len(SimilarCaseRetriever(case_base=shared_base, allow=(tmp_path,), k=4).invoke(str(picture))) == 4
    with pytest.raises(QueryError, match=r"a path below a folder that allow= names$"):
        SimilarCaseRetriever(case_base=shared_base).invoke(str(picture))


def _ways(jpeg: bytes) -> dict[str, Any]:
    return {"bytes": jpeg, "data URL": data_url(jpeg), "Pillow": Image.open(io.BytesIO(jpeg))}


@pytest.mark.parametrize("way", ["bytes", "data URL", "Pillow", "path"])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_picture_is_asked_about_and_callbacks_see_its_name_alone(
    shared_base: CaseBase, tmp_path: Path, way: str, is_async: bool
) -> None:
    """Whatever handlers are told of a run is kept as it comes."""

    class Watch(BaseCallbackHandler):
        def __init__(self) -> None:
            self.told: list[str] = []

        def on_retriever_start(self, serialized: Any, query: str, **more: Any) -> None:
            self.told.append(query)

    jpeg = shared_base.jpeg("c04")
    (tmp_path / "query.jpg").write_bytes(jpeg)
    asked = {**_ways(jpeg), "path": Path("query.jpg")}[way]
    retriever, watch = SimilarCaseRetriever(case_base=shared_base, k=3, allow=(tmp_path,)), Watch()
    with collect_runs() as collected:
        config: Any = {"callbacks": [watch]}
        found = asyncio.run(retriever.ainvoke(asked, config)) if is_async else retriever.invoke(asked, config)
    assert [one.id for one in found] == shared_base.search(jpeg, k=3).case_ids
    assert all(one.metadata["group_id"] != shared_base.case("c04").group_id for one in found)
    name = f"[picture img_{content_hash(jpeg)[:16]}, {len(jpeg)} bytes, sha256 {sha256(jpeg).hexdigest()}]"
    size = "[picture of {} x {} pixels]".format(*Image.open(io.BytesIO(jpeg)).size)
    seen = {"bytes": name, "data URL": name, "Pillow": size, "path": "query.jpg"}[way]
    assert watch.told == [seen]
    assert [run.inputs for run in collected.traced_runs] == [{"query": seen}]
    assert pictures_in(repr(collected.traced_runs).encode(), [jpeg]) == 0


def test_pictures_in_a_batch_and_a_sequence_are_asked_about(shared_base: CaseBase) -> None:
    jpegs = [shared_base.jpeg("c04"), shared_base.jpeg("c10")]
    retriever = SimilarCaseRetriever(case_base=shared_base, k=2)
    found = [shared_base.search(jpeg, k=2).case_ids for jpeg in jpegs]
    assert [[one.id for one in documents] for documents in retriever.batch(jpegs)] == found
    ids = retriever | (lambda documents: [one.id for one in documents])
    assert ids.invoke(jpegs[0]) == found[0]


@pytest.mark.parametrize("asked", [b"no picture", "data:image/png;base64,####", "data:image/png;base64,AAAA"])
def test_what_is_no_picture_is_one_line_to_the_caller_and_to_callbacks(
    shared_base: CaseBase, asked: str | bytes
) -> None:
    with collect_runs() as collected, pytest.raises(ImageError) as caught:
        SimilarCaseRetriever(case_base=shared_base).invoke(asked)
    assert "\n" not in str(caught.value)
    assert str(caught.value) in (collected.traced_runs[0].error or "")


@pytest.mark.parametrize("asked", [None, 3, {"image": b""}, ["case:c04"]])
def test_what_is_no_query_is_refused_in_one_line(shared_base: CaseBase, asked: Any) -> None:
    with pytest.raises(QueryError, match=r"^what is of the kind \w+ is no query; ask with case:ID, a picture"):
        SimilarCaseRetriever(case_base=shared_base).invoke(asked)


def test_search_kwargs_go_into_the_search_and_a_calls_own_before(shared_base: CaseBase) -> None:
    kwargs = {"k": 6, "where": "split = 'train'", "filter": {"site": "arm"}, "exclude_cases": ["c00"], "group_id": "p4"}
    retriever = SimilarCaseRetriever(case_base=shared_base, where="site != 'neck'", search_kwargs=kwargs)
    chosen: dict[str, Any] = {"exclude_cases": ["c00"], "exclude_groups": ["p4"]}
    where = ["site != 'neck'", "split = 'train'", "site = 'arm'"]
    found = retriever.invoke(shared_base.jpeg("c04"))
    assert 0 < len(found) < 6
    assert [one.id for one in found] == shared_base.search(shared_base.jpeg("c04"), k=6, where=where, **chosen).case_ids
    assert len(retriever.invoke("case:c04", k=1)) == 1
    assert [one.id for one in retriever.invoke("case:c04", filter="case_id < 'c08'", where="age > 30")] == ["c01"]
    assert retriever.invoke("case:c04", filter="case_id < 'c08'", where="age > 31") == []


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({"kk": 3}, "no option 'kk'"),
        ({"leak_guard": False}, "no option 'leak_guard'"),
        ({"where": "nothing = 1"}, "no column 'nothing'"),
        ({"filter": {"age": 31}}, "no column 'age'"),
        ({"filter": {"site": "nose"}}, "has no 'nose'"),
        ({"filter": 3}, "not of the kind int"),
    ],
)
def test_bad_search_kwargs_are_refused_at_once_and_in_a_call(
    shared_base: CaseBase, kwargs: dict[str, Any], says: str
) -> None:
    with pytest.raises(QueryError, match=says):
        SimilarCaseRetriever(case_base=shared_base, search_kwargs=kwargs)
    with pytest.raises(QueryError, match=says):
        SimilarCaseRetriever(case_base=shared_base).invoke("case:c04", **kwargs)


def test_a_path_relative_to_a_granted_folder_is_read_as_in_the_toolkit(shared_base: CaseBase, tmp_path: Path) -> None:
    (tmp_path / "query.jpg").write_bytes(shared_base.jpeg("c01"))
    retriever = SimilarCaseRetriever(case_base=shared_base, allow=(tmp_path,), k=4)
    assert retriever.invoke("query.jpg") == retriever.invoke(str(tmp_path / "query.jpg"))


def test_a_file_swapped_for_a_link_while_it_is_opened_is_not_read(
    shared_base: CaseBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = tmp_path / "granted"
    granted.mkdir()
    victim, secret = granted / "query.jpg", tmp_path / "secret.jpg"
    victim.write_bytes(shared_base.jpeg("c01"))
    secret.write_bytes(shared_base.jpeg("c02"))
    retriever = SimilarCaseRetriever(case_base=shared_base, allow=(granted,))
    honest = os.path.realpath

    def realpath(path: Any, **options: Any) -> str:
        answer = honest(path, **options)
        victim.unlink()
        victim.symlink_to(secret)
        return answer

    monkeypatch.setattr(os.path, "realpath", realpath)
    with pytest.raises(ImageError, match="cannot be read"):
        retriever.invoke("query.jpg")


def test_a_granted_file_that_is_no_picture_is_said_to_be_none(shared_base: CaseBase, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(ImageError):
        SimilarCaseRetriever(case_base=shared_base, allow=(tmp_path,)).invoke("notes.txt")
