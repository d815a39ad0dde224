"""Pictures within their budget: stored ones as they are, large ones as large as allowed."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from dermtools.errors import PromptError
from dermtools.prompting import PictureBudget, prompt_for
from dermtools.retrieval import CaseBase
from tests.support.chains import sent_pictures
from tests.support.pictures import picture


def test_a_stored_picture_goes_in_as_it_is_and_a_smaller_budget_shrinks_it(case_base: CaseBase) -> None:
    built = prompt_for("rag-3", case_base=case_base, task="location").build("c03")
    stored = [case_base.jpeg(exemplar.case_id) for exemplar in built.exemplars]
    assert sent_pictures(built.messages) == [*stored, case_base.jpeg("c03")]
    small = prompt_for("rag-3", case_base=case_base, task="location", budget=PictureBudget(max_side=64, detail="low"))
    built = small.build("c03")
    for jpeg in sent_pictures(built.messages):
        with Image.open(io.BytesIO(jpeg)) as image:
            assert max(image.size) == 64
    assert built.messages[1].content[0]["image_url"]["detail"] == "low"


def test_a_larger_budget_is_used_for_a_large_photograph(case_base: CaseBase) -> None:
    large = picture(5000, size=(1600, 1200))
    for method in ("zero-shot", "rag-2"):
        builder = prompt_for(method, case_base=case_base, task="location", budget=PictureBudget(max_side=1024))
        with Image.open(io.BytesIO(sent_pictures(builder.build(large).messages)[-1])) as image:
            assert image.size == (1024, 768)
            assert not image.getexif()


@pytest.mark.parametrize("options", [{"max_side": 8}, {"max_side": 9999}, {"quality": 0}, {"detail": "huge"}])
def test_a_senseless_picture_budget_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(PromptError):
        PictureBudget(**options)
