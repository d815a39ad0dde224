"""`CaseBase`: what opens, what is refused, what a query may be, and whose writes are seen."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dermtools.cases.case import SourceData
from dermtools.errors import CaseBaseError, ImageError, QueryError
from dermtools.images import ImageLimits
from dermtools.prediction import Query
from dermtools.retrieval import CaseBase
from tests.support.mean_colour import MeanColour


def jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def test_a_new_case_base_is_empty_and_can_be_searched(tmp_path: Path) -> None:
    case_base = CaseBase.create(tmp_path / "base")
    assert len(case_base) == 0
    assert case_base.info()["cases"] == 0
    found = case_base.search(vector=np.eye(case_base.identity.dimension)[0], k=3)
    assert list(found) == []
    assert found.notes == ("0 neighbours instead of 3: no more are left",)


def test_it_says_where_it_is_and_what_it_holds(small_base: CaseBase) -> None:
    shown = repr(small_base)
    assert str(small_base.path) in shown
    assert f"{len(small_base)} cases" in shown
    assert small_base.identity.name in shown
    assert all(task.name in shown for task in small_base.tasks)


def test_info_counts_cases_groups_splits_and_labels(small_base: CaseBase) -> None:
    info = json.loads(json.dumps(small_base.info()))
    assert (info["cases"], info["groups"], info["version"]) == (18, 9, small_base.version)
    assert info["splits"] == {"train": {"cases": 12, "groups": 6}, "test": {"cases": 6, "groups": 3}}
    assert info["tasks"] == {"site": {"arm": 6, "back": 4, "face": 4, "neck": 4, "scalp": 4}}
    assert info["embedder"]["name"] == "descriptor"
    assert info["sources"] == [{"name": "small", "notes": []}]


def test_a_case_comes_back_as_it_went_in(small_base: CaseBase, small_source: SourceData) -> None:
    assert small_base.case("c07") == small_source.cases[7].case
    assert Image.open(io.BytesIO(small_base.jpeg("c07"))).size == (96, 96)
    with pytest.raises(QueryError, match="no case 'c99' in this case base of 18 cases"):
        small_base.case("c99")


def test_an_embedder_of_another_identity_is_refused_by_both_names(small_base: CaseBase) -> None:
    with pytest.raises(
        CaseBaseError, match=r"made with descriptor .* not with mean-colour .* use the embedder descrip"
    ):
        CaseBase.open(small_base.path, embedder=MeanColour())


def test_a_spec_that_loads_another_embedder_now_is_refused(small_base: CaseBase) -> None:
    manifest = small_base.path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"revision": "1"', '"revision": "0"'))
    case_base = CaseBase.open(small_base.path)
    with pytest.raises(CaseBaseError, match=r"revision 0.*not with descriptor .*revision 1"):
        case_base.query(Image.new("RGB", (64, 64)))


def test_the_embedder_is_loaded_only_when_something_must_be_embedded(tmp_path: Path, small_source: SourceData) -> None:
    CaseBase.create(tmp_path / "base", embedder=MeanColour()).add(small_source)
    # Nobody can load the spec `mean-colour`; stored cases and vectors are searched all the same.
    case_base = CaseBase.open(tmp_path / "base")
    assert len(case_base.search(case_id="c00", k=3)) == 3
    assert len(case_base.search(vector=np.zeros(3), k=3)) == 3


def test_open_or_create_makes_what_is_not_there_and_opens_what_is(tmp_path: Path, small_source: SourceData) -> None:
    CaseBase.open_or_create(tmp_path / "base").add(small_source)
    assert len(CaseBase.open_or_create(tmp_path / "base", embedder="descriptor")) == 18
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(CaseBaseError, match="is not a case base"):
        CaseBase.open_or_create(tmp_path / "other")


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


@pytest.mark.parametrize("seconds_ago", [0, 60])
def test_what_another_process_writes_is_seen_at_the_next_call(small_base: CaseBase, seconds_ago: int) -> None:
    last_write = time.time() - seconds_ago
    os.utime(small_base.path / "cases.lance" / "_versions", (last_write, last_write))
    nearest = small_base.search(case_id="c00", k=1).case_ids[0]
    code = "import sys; from dermtools.retrieval import CaseBase; CaseBase.open(sys.argv[1]).delete([sys.argv[2]])"
    subprocess.run([sys.executable, "-c", code, small_base.path, nearest], check=True)
    assert len(small_base) == 17
    assert small_base.search(case_id="c00", k=1).case_ids[0] != nearest


def test_vectors_are_given_read_only(small_base: CaseBase) -> None:
    assert small_base.vectors.shape == (18, small_base.identity.dimension)
    with pytest.raises(ValueError, match="read-only"):
        small_base.vectors[0] = 0
