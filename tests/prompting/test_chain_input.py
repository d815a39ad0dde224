"""What a chain is asked, in every form: pictures, cases, queries; and clear refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dermtools.errors import ImageError, QueryError
from dermtools.images import data_url
from dermtools.prediction import Query
from dermtools.prompting import prompt_for
from dermtools.retrieval import CaseBase
from tests.support.chains import sent_pictures
from tests.support.pictures import picture


def test_a_picture_may_come_in_every_form(case_base: CaseBase, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(picture(3))
    builder = prompt_for("rag-3", case_base=case_base, task="location")
    forms: list[Any] = [
        path, str(path), picture(3), data_url(picture(3)), Image.open(path),
        {"image": path}, {"image": str(path), "note": ""}, {"query": case_base.query(image=path)},
    ]  # fmt: skip
    built = [builder.build(form) for form in forms]
    assert {tuple(exemplar.case_id for exemplar in one.exemplars) for one in built} == {
        tuple(exemplar.case_id for exemplar in built[0].exemplars)
    }
    assert {sent_pictures(one.messages)[-1] for one in built} == {sent_pictures(built[0].messages)[-1]}


def test_a_case_may_be_named_in_every_way(case_base: CaseBase) -> None:
    builder = prompt_for("rag-3", case_base=case_base, task="location")
    for form in ("c03", "case:c03", {"image": "c03"}, {"case_id": "c03"}, case_base.query(case_id="c03")):
        built = builder.build(form)
        assert (built.query.case_id, built.query.group_id) == ("c03", "p03")
        assert sent_pictures(built.messages)[-1] == case_base.jpeg("c03")


def test_a_group_that_is_known_is_left_out(case_base: CaseBase) -> None:
    free = prompt_for("rag-12", case_base=case_base, task="location").build({"image": picture(999)})
    nearest = free.exemplars[-1].group_id
    kept = prompt_for("rag-12", case_base=case_base, task="location").build(
        {"image": picture(999), "group_id": nearest}
    )
    assert nearest not in {exemplar.group_id for exemplar in kept.exemplars}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"picture": "a.jpg"}, "it may have image, case_id, query, note, group_id"),
        ({}, "give one of image, case_id and query, not none"),
        ({"image": "a", "case_id": "b"}, "not image and case_id"),
        ("no_such_thing", "neither a file nor a case of"),
        ("case:none", "no case 'none'"),
        ("img_7", "neither a file nor a case of"),
        ({"query": "c03"}, "give a picture as image"),
        (Query(name="words", text="red plaque"), "has no picture"),
        ({"image": "c03", "note": 7}, "note and group_id are texts"),
        ("\0", "neither a file nor a case"),
    ],
)
def test_what_cannot_be_resolved_is_told_in_one_line(case_base: CaseBase, value: Any, reason: str) -> None:
    with pytest.raises(QueryError, match=reason) as caught:
        prompt_for("zero-shot", case_base=case_base, task="location").build(value)
    assert "\n" not in str(caught.value)


def test_an_unreadable_picture_is_an_image_error(case_base: CaseBase, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_text("not a picture")
    for method in ("zero-shot", "rag-3"):
        with pytest.raises(ImageError, match=r"photo\.jpg"):
            prompt_for(method, case_base=case_base, task="location").build(path)
