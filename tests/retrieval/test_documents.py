"""Documents as cases: they come back as they were; what cannot is refused before any is stored."""

from __future__ import annotations

import base64
import io
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document
from PIL import Image

from dermtools.cases.case import Case
from dermtools.errors import EmbeddingError, ImageError, QueryError, SourceError
from dermtools.retrieval import CaseBase
from dermtools.retrieval.documents import add_documents, found_document, neighbor_document, stored_document
from dermtools.retrieval.search.neighbors import Neighbor
from tests.support.mean_colour import MeanColour, shade, source, source_case
from tests.support.paths import bytes_below


@pytest.fixture
def case_base(tmp_path: Path) -> CaseBase:
    """Two cases with pictures, labels, and a private attribute."""
    made = CaseBase.create(tmp_path / "base", embedder=MeanColour())
    made.add(source(source_case(0), source_case(1)))
    return made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> CaseBase:
    return CaseBase.create(tmp_path_factory.mktemp("documents") / "base", embedder=MeanColour())


def add(case_base: CaseBase, *documents: Document) -> list[str]:
    return add_documents(case_base, documents, [None] * len(documents), 64)


def stored(case_base: CaseBase, case_id: str) -> Document:
    return stored_document(case_base.case(case_id), case_base.attributes.shown)


def test_retrieved_text_is_short_and_without_control_characters() -> None:
    case = Case(case_id="a\nb", group_id="g", attributes={"story": "x\x1b[2J\n" + "y" * 5000})
    lines = neighbor_document(Neighbor(1, case, 0.5, frozenset({"story"}))).page_content.splitlines()
    assert lines[0].startswith("Case a b, ")
    assert lines[1].startswith("story: x [2J yyy")
    assert len(lines) == 2
    assert len(lines[1]) < 250
    assert all(line.isprintable() for line in lines)


NAMES = st.text(min_size=1, max_size=8).filter(
    lambda name: name not in ("case_id", "split", "page_content", "image", "group_id")
)
VALUES = (
    st.text(max_size=12)
    | st.integers(-(2**63), 2**63 - 1)
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=40).filter(str.strip), metadata=st.dictionaries(NAMES, VALUES, max_size=4))
def test_text_and_metadata_come_back_exactly(shared: CaseBase, text: str, metadata: dict[str, Any]) -> None:
    (made,) = add(shared, Document(text, metadata=metadata))
    back = stored(shared, made)
    assert back == Document(text, metadata=metadata, id=made)
    assert {name: type(value) for name, value in back.metadata.items()} == {
        name: type(value) for name, value in metadata.items()
    }


def test_a_document_is_a_case_without_a_picture_at_the_place_of_its_text(case_base: CaseBase) -> None:
    (made,) = add(case_base, Document("red and blue", metadata={"group_id": "p7", "page": 3, "unknown": None}))
    assert case_base.vectors[case_base.columns.row_of[made]].tolist() == [255, 0, 255]
    assert case_base.columns.widths[case_base.columns.row_of[made]] == 0
    case = case_base.case(made)
    assert (case.group_id, case.attributes, case.labels) == ("p7", {"page_content": "red and blue", "page": 3}, {})
    assert {"page_content", "page"} <= case_base.attributes.shown
    assert stored(case_base, made).metadata == {"group_id": "p7", "page": 3}


@pytest.mark.parametrize("kind", ["bytes", "path", "data URL", "Pillow"])
def test_a_document_with_a_picture_lies_at_its_place(case_base: CaseBase, tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.png").write_bytes(shade(200))
    given = {
        "bytes": shade(200),
        "path": str(tmp_path / "a.png"),
        "data URL": "data:image/png;base64," + base64.b64encode(shade(200)).decode(),
        "Pillow": Image.open(io.BytesIO(shade(200))),
    }[kind]
    document = Document("red", id="d", metadata={"image": given, "page": 1})
    add(case_base, document)
    assert case_base.vectors[case_base.columns.row_of["d"]].tolist() == [200, 55, 90]
    assert Image.open(io.BytesIO(case_base.jpeg("d"))).size == (40, 30)
    assert stored(case_base, "d") == Document("red", id="d", metadata={"page": 1})
    assert document.metadata["image"] is given
    assert str(tmp_path / "a.png").encode() not in bytes_below(case_base.path)


def test_other_cases_come_as_a_retriever_tells_them(case_base: CaseBase) -> None:
    case_base.attributes.show("age")
    (neighbor,) = case_base.search(case_id="case0", k=1, leak_guard=False, exclude_cases=["case0"])
    told, told_with_distance = stored(case_base, neighbor.case.case_id), found_document(neighbor)
    assert told_with_distance == neighbor_document(neighbor)
    assert told.page_content.splitlines() == ["Case case1.", "location: hand", "age: 1"]
    assert told.page_content.splitlines()[1:] == told_with_distance.page_content.splitlines()[1:]
    known = {name: value for name, value in told_with_distance.metadata.items() if name not in ("rank", "distance")}
    assert told.metadata == known
    case_base.attributes.hide("age")
    assert stored(case_base, "case1").page_content == "Case case1.\nlocation: hand"
    assert stored(case_base, "case1").metadata["attributes"] == {}


def test_what_was_hidden_later_stays_out(case_base: CaseBase) -> None:
    add(case_base, Document("red thing", id="d", metadata={"page": 3}))
    case_base.attributes.hide("page")
    assert stored(case_base, "d") == Document("red thing", id="d")
    case_base.attributes.hide("page_content")
    (neighbor,) = case_base.search(text="red", k=1)
    assert neighbor.case.case_id == "d"
    assert "red thing" not in f"{stored(case_base, 'd')}{found_document(neighbor)}"


HALF = "\ud800"
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"page_content": " "}, "document 1 has neither text nor a picture"),
    ({"metadata": {"a": [1]}}, "document 1: metadata 'a' is of the kind list"),
    ({"metadata": {"a": float("nan")}}, "document 1: metadata 'a' is no number that can be stored"),
    ({"metadata": {"a": 2**63}}, "document 1: metadata 'a' is no number that can be stored"),
    ({"metadata": {"a": HALF}}, "document 1: metadata 'a' holds half of a character"),
    ({"page_content": HALF}, "document 1: its text holds half of a character"),
    ({"id": HALF}, "document 1: its id holds half of a character"),
    ({"metadata": {"": 1}}, "metadata '' must have a text for its name"),
    ({"metadata": {1: 1}}, "metadata 1 must have a text for its name"),
    ({"metadata": {"split": "train"}}, "'split' is a column of every case"),
    ({"metadata": {"page_content": "b"}}, "'page_content' is a column of every case"),
    ({"metadata": {"group_id": 3}}, "an id and a group_id are texts"),
    ({"id": ""}, "an id and a group_id are texts"),
    ({"metadata": {"Location": "face"}}, "called as the task 'location'"),
    ({"metadata": {"age": 40}}, r"private attribute of the case base.* case_base.attributes.show\('age'\)"),
    ({"id": "first"}, "the id 'first' comes twice"),
    ({"id": "case1"}, "'case1' is a case that came otherwise"),
]


@pytest.mark.parametrize(("change", "says"), REFUSED, ids=[says for _, says in REFUSED])
def test_what_would_not_come_back_is_refused_before_any_is_stored(
    case_base: CaseBase, change: dict[str, Any], says: str
) -> None:
    version = case_base.version
    with pytest.raises(QueryError, match=says) as caught:
        add(case_base, Document("red", id="first"), Document(**({"page_content": "blue"} | change)))
    assert "\n" not in str(caught.value)
    assert (case_base.version, len(case_base)) == (version, 2)


@pytest.mark.parametrize("image", [b"no picture", "nothing.png", "data:image/png;base64,####", 3, "https://a.b/c.png"])
def test_a_picture_that_cannot_be_read_is_refused_before_any_is_stored(case_base: CaseBase, image: Any) -> None:
    with pytest.raises(ImageError, match=r"^document 1: ") as caught:
        add(case_base, Document("red"), Document("blue", metadata={"image": image}))
    assert "\n" not in str(caught.value)
    assert len(case_base) == 2


def test_a_picture_that_fails_in_the_embedder_is_named(tmp_path: Path) -> None:
    def before(vectors: Any) -> None:
        if (vectors[:, 0] == 200).any():
            raise EmbeddingError("too red")

    case_base = CaseBase.create(tmp_path / "base", embedder=MeanColour(before))
    documents = [Document("", id=str(level), metadata={"image": shade(level)}) for level in (10, 200)]
    with pytest.raises(SourceError, match=r"^1 of 2 documents are not stored, the others are; 200: too red$"):
        add(case_base, *documents)
    assert case_base.columns.case_ids == ["10"]


def test_text_needs_an_embedder_that_reads_it(tmp_path: Path) -> None:
    case_base = CaseBase.create(tmp_path / "base", embedder="descriptor")
    with pytest.raises(QueryError, match="descriptor reads no text; give each document a picture"):
        add(case_base, Document("red"))
    (made,) = add(case_base, Document("", metadata={"image": shade(3)}))
    assert stored(case_base, made) == Document("", id=made)


def test_a_document_in_place_of_another_keeps_its_split_and_labels(case_base: CaseBase) -> None:
    add(case_base, Document("red", id="d", metadata={"old": 1}))
    case_base.split({"case:d": "train"})
    case_base.relabel({"d": {"location": ["face"]}})
    add(case_base, Document("blue", id="d", metadata={"new": 2}))
    case = case_base.case("d")
    assert (case.split, case.labels) == ("train", {"location": ("face",)})
    assert stored(case_base, "d") == Document("blue", id="d", metadata={"new": 2})


def test_a_case_base_that_had_no_audiences_gets_them(case_base: CaseBase) -> None:
    case_base.store.update_manifest(shown=None)
    assert case_base.attributes.shown == {"age"}
    add(case_base, Document("red", id="d", metadata={"page": 3}))
    assert case_base.attributes.shown == {"age", "page", "page_content"}
    assert stored(case_base, "d") == Document("red", id="d", metadata={"page": 3})


def test_what_looks_doubtful_is_logged_and_never_what_it_says(
    case_base: CaseBase, caplog: pytest.LogCaptureFixture
) -> None:
    told = [Document(f"text {number}", metadata={"email": f"h.mueller{number}@example.org"}) for number in range(8)]
    with caplog.at_level(logging.WARNING, "dermtools.retrieval.documents"):
        add(case_base, *told)
    assert any("attribute email" in record.getMessage() for record in caplog.records)
    assert "mueller" not in caplog.text
