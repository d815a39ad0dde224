"""`CaseBase`: what a query may be, what is found, and what is written."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dermtools.cases.case import SourceData
from dermtools.errors import ImageError, QueryError
from dermtools.images import ImageLimits
from dermtools.prediction import Query
from dermtools.retrieval import CaseBase
from tests.support.mean_colour import MeanColour


def jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def test_a_new_case_base_is_empty_and_can_be_searched(tmp_path: Path) -> None:
    case_base = CaseBase.create(tmp_path / "base", embedder="descriptor")
    assert len(case_base) == 0
    assert case_base.info()["cases"] == 0
    found = case_base.search(vector=np.eye(case_base.identity.dimension)[0], k=3)
    assert list(found) == []
    assert found.notes == ("0 neighbours instead of 3: no more are left",)


def test_info_counts_cases_groups_splits_and_labels(small_base: CaseBase) -> None:
    info = json.loads(json.dumps(small_base.info()))
    assert (info["cases"], info["groups"], info["version"]) == (18, 9, small_base.version)
    assert info["splits"] == {"train": {"cases": 12, "groups": 6}, "test": {"cases": 6, "groups": 3}}
    assert info["tasks"] == {"site": {"arm": 6, "back": 4, "face": 4, "neck": 4, "scalp": 4}}
    assert info["embedder"]["name"] == "descriptor"
    assert info["sources"] == [{"name": "small", "notes": []}]


@pytest.mark.parametrize("kinds", [{}, {"case_id": "c01", "text": "x"}, {"vector": [0], "case_id": "c01"}])
def test_not_exactly_one_kind_of_query_is_refused(small_base: CaseBase, kinds: dict[str, object]) -> None:
    with pytest.raises(QueryError, match=r"ask with exactly one of image, vector, case_id, text; given: "):
        small_base.search(**kinds)


def test_a_query_and_its_parts_together_are_refused(small_base: CaseBase) -> None:
    with pytest.raises(QueryError, match="query already says"):
        small_base.search(query=small_base.query(case_id="c01"), group_id="p1")


def test_text_is_refused_by_an_embedder_that_reads_none(small_base: CaseBase) -> None:
    with pytest.raises(QueryError, match=r"descriptor reads no text; .* CLIP"):
        small_base.search(text="red plaque")


def test_text_is_searched_where_the_embedder_reads_it(tmp_path: Path, small_source: SourceData) -> None:
    case_base = CaseBase.create(tmp_path / "base", embedder=MeanColour())
    case_base.add(small_source)
    reddest = max(
        case_base.columns.case_ids, key=lambda c: -np.linalg.norm(case_base.query(case_id=c).vector - [255, 0, 0])
    )
    found = case_base.search(text="something  red", k=1)
    assert (found.query, found.case_ids) == ("something red", [reddest])
    with pytest.raises(QueryError, match="the text is empty"):
        case_base.search(text=" ")


def test_a_picture_may_come_as_path_bytes_data_url_or_open(small_base: CaseBase, tmp_path: Path) -> None:
    from dermtools.images import data_url

    content = jpeg(Image.effect_mandelbrot((80, 80), (-2, -1, 1, 1), 20).convert("RGB"), 90)
    path = tmp_path / "new.jpg"
    path.write_bytes(content)
    results = [small_base.search(source, k=4) for source in (path, str(path), content, data_url(content))]
    assert [result.query for result in results] == ["new.jpg", "new.jpg", "picture", "data URL"]
    assert all(result.case_ids == results[0].case_ids for result in results)
    assert small_base.search(Image.open(path), k=4).case_ids == results[0].case_ids


def test_limits_on_a_picture_are_taken_by_query_and_add(small_base: CaseBase, small_source: SourceData) -> None:
    picture, tight = jpeg(Image.new("RGB", (60, 50), "brown"), 90), ImageLimits(max_pixels=2_999)
    with pytest.raises(ImageError, match="60 x 50 pixels, more than the 2,999 allowed"):
        small_base.query(picture, limits=tight)
    assert small_base.query(picture, limits=ImageLimits(max_pixels=3_000)).image is not None
    fresh = replace(
        small_source.cases[0], case=small_source.cases[0].case.model_copy(update={"case_id": "new"}), image=picture
    )
    added = small_base.add(replace(small_source, cases=(fresh,)), limits=tight)
    assert [problem.where for problem in added.problems] == ["new"]
    assert "raise --max-pixels" in added.problems[0].reason


def test_a_picture_that_cannot_be_read_is_named(small_base: CaseBase, tmp_path: Path) -> None:
    (tmp_path / "note.jpg").write_text("no picture")
    with pytest.raises(ImageError, match=r"note\.jpg"):
        small_base.search(tmp_path / "note.jpg")
    with pytest.raises(ImageError, match=r"missing\.jpg"):
        small_base.search(tmp_path / "missing.jpg")


def test_a_picture_that_is_in_the_case_base_does_not_meet_itself_nor_its_patient(
    small_base: CaseBase, small_source: SourceData
) -> None:
    found = small_base.search(small_source.cases[6].image, k=18)
    assert set(found.case_ids) == set(small_base.columns.case_ids) - {"c06", "c07"}


@pytest.mark.parametrize("quality", [95, 60, 30])
def test_a_recompressed_copy_does_not_meet_its_original_nor_its_patient(
    small_base: CaseBase, small_source: SourceData, quality: int
) -> None:
    original = Image.open(io.BytesIO(small_source.cases[6].image))
    copy = jpeg(original.resize((70, 70)), quality)
    assert small_base.search(copy, k=1, leak_guard=False).case_ids == ["c06"]
    found = small_base.search(copy, k=18)
    assert set(found.case_ids) == set(small_base.columns.case_ids) - {"c06", "c07"}


def test_a_query_without_a_vector_is_embedded_when_searched(small_base: CaseBase) -> None:
    stored = small_base.jpeg("c04")
    found = small_base.search(query=Query(name="q", jpeg=stored, group_id="new"), k=1)
    assert found.case_ids == ["c04"]
    with pytest.raises(QueryError, match="no vector, picture or text"):
        small_base.search(query=Query(name="q"))


def test_deleted_cases_are_found_no_more(small_base: CaseBase) -> None:
    nearest = small_base.search(case_id="c00", k=1).case_ids
    assert small_base.delete([*nearest, "nobody"]) == 1
    assert small_base.search(case_id="c00", k=1).case_ids != nearest
    with pytest.raises(QueryError, match="not one text"):
        small_base.delete("c01")


def test_the_vectors_of_deleted_cases_leave_the_disk(small_base: CaseBase) -> None:
    vector = small_base.query(case_id="c01").vector.tobytes()

    def is_on_disk() -> bool:
        return any(vector in path.read_bytes() for path in small_base.path.rglob("*.faiss"))

    assert is_on_disk()
    small_base.delete(["c01"])
    assert not is_on_disk()
